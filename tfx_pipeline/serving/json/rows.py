"""Rows of a request that are JSON on both ends, read and written with those of other requests.

Arrays of one row cost ten times as much a row as arrays of many, and their text twice as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.json.one_row import arrays_of_row
from tfx_pipeline.serving.json.request import predict_inputs
from tfx_pipeline.serving.json.response import body_of_rows, row_texts
from tfx_pipeline.serving.types import Signature


class JsonRows:
    """Rows in row form, for the inputs of a signature.

    Attributes:
        instances: the rows.
        signature: what they are for.
        count: how many there are.
        answer: the response, once a batch has written it; none: the arrays say it.
    """

    __slots__ = ("answer", "count", "instances", "signature")

    kind = "JSON"
    """What must be equal for requests to share a batch."""

    def __init__(self, instances: Sequence[Any], signature: Signature) -> None:
        self.instances = instances
        self.signature = signature
        self.count = len(instances)
        self.answer: bytes | None = None

    def part(self, start: int, stop: int) -> JsonRows:
        """Take the rows from `start` to before `stop`."""
        return JsonRows(self.instances[start:stop], self.signature)

    def arrays(self) -> dict[str, Any]:
        """Make the arrays, by tensor name.

        Raises:
            ServingError: INVALID_ARGUMENT, the rows do not fit the signature, or each other.
        """
        if self.count == 1:
            arrays = arrays_of_row(self.instances[0], self.signature)
            if arrays is not None:
                return arrays
        inputs = self.signature.inputs
        by_alias, _ = predict_inputs({"instances": self.instances}, inputs)
        return {inputs[alias].name: array for alias, array in by_alias.items()}

    @staticmethod
    def merged(parts: Sequence[JsonRows], padding: int) -> dict[str, Any]:
        """Make one array for each input of the rows of all parts, filled up by real rows.

        Args:
            parts: for one signature.
            padding: rows to add, each the first one of the last part.

        Raises:
            ServingError: INVALID_ARGUMENT, some rows do not fit the signature, or the others.
        """
        instances = [row for part in parts for row in part.instances]
        instances += [parts[-1].instances[0]] * padding
        return JsonRows(instances, parts[0].signature).arrays()


def write_answers(parts: Sequence[JsonRows], fetches: Sequence[str], arrays: Sequence[Any]) -> None:
    """Write the response of each part from the arrays of all; the rows after these are padding.

    Args:
        parts: in the order of their rows.
        fetches: tensor names of the arrays.
        arrays: outputs of the signature.
    """
    outputs = parts[0].signature.outputs_of(fetches, arrays)
    try:
        texts = row_texts(outputs)
    except ServingError:  # each request says so itself
        return
    row = 0
    for part in parts:
        end = row + part.count
        part.answer = body_of_rows(texts[row:end], len(outputs))
        row = end
