"""Rows of a request that are JSON on both ends, read and written with those of other requests.

Here rows become arrays that are answered in a batch or at once: one plain row in a way of its own,
all others, and requests that are answered in a task, by `request`.

Arrays of one row cost ten times as much a row as arrays of many, and their text twice as much.
For one row of plain scalars there is a way that takes a third of the time of `request`. It says
only that a row is not plain; what is wrong with it is for `request` to find.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import numpy as np

from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.json.columns import STRING
from tfx_pipeline.serving.json.request import predict_inputs
from tfx_pipeline.serving.json.response import body_of_rows, row_texts
from tfx_pipeline.serving.types import RequestRows, Signature

_CODES = {1: "f", 2: "d", 9: "q"}  # float32, float64, int64: codes of `struct` and of NumPy
_KINDS = {"f": frozenset({int, float}), "d": frozenset({int, float}), "q": frozenset({int})}


class JsonRows(RequestRows):
    """Rows in row form, for the inputs of a signature.

    Attributes:
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


class _Numbers:
    """The inputs of one data type."""

    def __init__(self, names: Sequence[str], feeds: Sequence[str], code: str) -> None:
        self._feeds = feeds
        self._dtype = np.dtype(code)
        self._kinds = _KINDS[code]
        self._pack = struct.Struct(f"{len(names)}{code}").pack
        self._pick = _picker(names)

    def add(self, row: Mapping[str, Any], arrays: dict[str, Any]) -> bool:
        """Add the arrays; false if a value is of another type."""
        values = self._pick(row)
        if not self._kinds.issuperset(map(type, values)):
            return False
        block = np.frombuffer(self._pack(*values), self._dtype)
        arrays.update(zip(self._feeds, block.reshape(len(values), 1), strict=True))
        return True


class _Strings:
    """The inputs that are strings."""

    def __init__(self, names: Sequence[str], feeds: Sequence[str]) -> None:
        self._feeds = feeds
        self._pick = _picker(names)

    def add(self, row: Mapping[str, Any], arrays: dict[str, Any]) -> bool:
        """Add the arrays; false if a value is no plain string."""
        for feed, value in zip(self._feeds, self._pick(row), strict=True):
            if type(value) is not str:
                return False
            arrays[feed] = np.array([value.encode()], object)
        return True


def arrays_of_row(row: Any, signature: Signature) -> dict[str, Any] | None:
    """Make the arrays of shape [1], by tensor name; none unless the row is an object of scalars."""
    try:
        columns = signature.remembered["one row"]
    except KeyError:
        columns = signature.remembered["one row"] = _columns_of(signature)
    if columns is None or type(row) is not dict or len(row) != len(signature.inputs):
        return None
    arrays: dict[str, Any] = {}
    try:
        for column in columns:
            if not column.add(row, arrays):
                return None
    except (KeyError, OverflowError, struct.error, UnicodeEncodeError):
        return None
    return arrays


def _columns_of(signature: Signature) -> list[_Numbers | _Strings] | None:
    by_dtype: dict[int, list[str]] = {}
    for name, spec in signature.inputs.items():
        by_dtype.setdefault(spec.dtype, []).append(name)
    columns: list[_Numbers | _Strings] = []
    for dtype, names in by_dtype.items():
        feeds = [signature.inputs[name].name for name in names]
        if dtype == STRING:
            columns.append(_Strings(names, feeds))
        elif dtype in _CODES:
            columns.append(_Numbers(names, feeds, _CODES[dtype]))
        else:
            return None
    # An object whose only member is `b64` stands for bytes.
    return columns if columns and "b64" not in signature.inputs else None


def _picker(names: Sequence[str]) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    name = names[0]
    return lambda row: (row[name],)
