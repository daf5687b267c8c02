"""What the columns of a table hold, with the types that TFX's CSV reader will give them.

Terms:
    missing: an empty cell.
    finite: held by the 32-bit float that a `tf.Example` has for it; neither NaN nor infinite.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ColumnType = Literal["empty", "int", "float", "string"]

_INT64 = range(-(2**63), 2**63)
_FLOAT32_MAX = 3.4028234663852886e38


@dataclass(frozen=True)
class Cell:
    """Where a value stands.

    Attributes:
        path: the file.
        index: of its record in the file; the first one after the header is 0.
        value: as written.
    """

    path: Path
    index: int
    value: str


@dataclass(frozen=True)
class ColumnSummary:
    """One column of all files together.

    Attributes:
        name: from the header.
        type: `empty` without any value; else the narrowest type that takes all values. One
            integer beyond 64 bits makes the column `string`, as it does in TFX.
        missing: number of empty cells.
        non_finite: number of values that are not finite; 0 unless the type is `float`.
        first_non_finite: the first of them.
    """

    name: str
    type: ColumnType
    missing: int
    non_finite: int
    first_non_finite: Cell | None


def value_type(value: str) -> ColumnType:
    """Tell what TFX's reader takes a value for (`tfx_bsl.coders.csv_decoder`)."""
    if not value:
        return "empty"
    text = value.encode()  # bytes, as in TFX: Python reads other scripts' digits in a str only
    try:
        return "int" if int(text) in _INT64 else "string"
    except ValueError:
        pass
    try:
        float(text)
    except ValueError:
        return "string"
    return "float"


def is_finite(value: str) -> bool:
    """Tell whether a number, as text, fits in 32 bits."""
    return abs(float(value)) <= _FLOAT32_MAX  # False for NaN too


class ColumnScan:
    """Sums up one column, block by block; faster than `value_type` by working on whole blocks."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._type: ColumnType = "empty"
        self._missing = 0
        self._non_finite = 0
        self._first_non_finite: Cell | None = None

    def add(self, cells: Sequence[str], path: Path, indices: Sequence[int]) -> None:
        """Take in a block.

        Args:
            cells: values of successive records.
            path: their file.
            indices: the index of each one's record.
        """
        self._missing += cells.count("")
        if self._type == "string":
            return
        values = [value.encode() for value in set(cells) if value]
        if not values or (self._type != "float" and self._add_integers(values)):
            return
        try:
            size = sum(map(abs, map(float, values)))
        except ValueError:
            self._type = "string"
            return
        self._type = "float"
        if not size <= _INT64[-1]:  # rare: something is huge or infinite, or NaN
            self._add_rare(cells, path, indices)

    def summary(self) -> ColumnSummary:
        """Give what is known so far."""
        if self._type != "float":
            return ColumnSummary(self._name, self._type, self._missing, 0, None)
        return ColumnSummary(
            self._name, self._type, self._missing, self._non_finite, self._first_non_finite
        )

    def _add_integers(self, values: Sequence[bytes]) -> bool:
        try:
            numbers = [int(value) for value in values]
        except ValueError:
            return False
        is_int64 = min(numbers) in _INT64 and max(numbers) in _INT64
        self._type = "int" if is_int64 else "string"
        return True

    def _add_rare(self, cells: Sequence[str], path: Path, indices: Sequence[int]) -> None:
        for index, value in zip(indices, cells, strict=True):
            if value_type(value) == "string":
                self._type = "string"
                return
            if value and not is_finite(value):
                self._non_finite += 1
                self._first_non_finite = self._first_non_finite or Cell(path, index, value)
