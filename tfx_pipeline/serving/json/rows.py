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
from tfx_pipeline.serving.types import RequestRows, Signature


class JsonRows(RequestRows):
    """Rows in row form, for the inputs of a signature.

    Attributes:
        instances: the rows.
        signature: what they are for.
        count: how many there are.
        answer: the response, once a batch has written it; none: the arrays say it.
    """

    __slots__ = ("answer", "count", "instances", "signature")

    kind = "JSON"

    def __init__(self, instances: Sequence[Any], signature: Signature) -> None:
        self.instances = instances
        self.signature: Signature = signature
        self.count = len(instances)
        self.answer: bytes | None = None

    def part(self, start: int, stop: int) -> JsonRows:
        """See `RequestRows`."""
        return JsonRows(self.instances[start:stop], self.signature)

    def arrays(self) -> dict[str, Any]:
        """See `RequestRows`."""
        if self.count == 1:
            arrays = arrays_of_row(self.instances[0], self.signature)
            if arrays is not None:
                return arrays
        inputs = self.signature.inputs
        by_alias, _ = predict_inputs({"instances": self.instances}, inputs)
        return {inputs[alias].name: array for alias, array in by_alias.items()}

    @staticmethod
    def merged(parts: Sequence[JsonRows], padding: int) -> dict[str, Any]:
        """See `RequestRows`."""
        instances = [row for part in parts for row in part.instances]
        instances += [parts[-1].instances[0]] * padding
        return JsonRows(instances, parts[0].signature).arrays()

    @staticmethod
    def write_answers(
        parts: Sequence[JsonRows], fetches: Sequence[str], arrays: Sequence[Any]
    ) -> None:
        """Write the response of each part."""
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
