"""Rows of a request that are still JSON, to become arrays together with those of other requests.

Arrays of one row cost ten times as much a row as arrays of many.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfx_pipeline.serving.json_request import predict_inputs
from tfx_pipeline.serving.types import Signature


class JsonRows:
    """Rows in row form, for the inputs of a signature.

    Attributes:
        instances: the rows.
        signature: what they are for.
    """

    __slots__ = ("instances", "signature")

    def __init__(self, instances: Sequence[Any], signature: Signature) -> None:
        self.instances = instances
        self.signature = signature

    @property
    def names(self) -> tuple[str, ...]:
        """Tensor names of the inputs."""
        return tuple([spec.name for spec in self.signature.inputs.values()])

    def part(self, start: int, stop: int) -> JsonRows:
        """Take the rows from `start` to before `stop`."""
        return JsonRows(self.instances[start:stop], self.signature)

    def arrays(self) -> dict[str, Any]:
        """Make the arrays, by tensor name.

        Raises:
            ServingError: INVALID_ARGUMENT, the rows do not fit the signature, or each other.
        """
        inputs = self.signature.inputs
        by_alias, _ = predict_inputs({"instances": self.instances}, inputs)
        return {inputs[alias].name: array for alias, array in by_alias.items()}


def merged(parts: Sequence[JsonRows], padding: int) -> dict[str, Any]:
    """Make one array for each input of the rows of all parts, filled up by `padding` real rows.

    Raises:
        ServingError: INVALID_ARGUMENT, some rows do not fit the signature, or the others.
    """
    instances = [row for part in parts for row in part.instances]
    instances += [parts[-1].instances[0]] * padding
    return JsonRows(instances, parts[0].signature).arrays()
