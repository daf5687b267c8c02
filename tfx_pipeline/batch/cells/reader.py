"""From Arrow's columns to the cells that a model takes, and to those that it does not.

The rule is that of a model server, applied to tables as `ingestion` reads them: a number may be
written as text, a number is a text where the model takes texts, and null, "" and the usual marks
of missing numbers are missing. What a server refuses of a value makes a bad row: see `bad_rows`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.batch.cells.bad_rows import NOT_TEXT, TOO_BIG, refusal
from tfx_pipeline.export.rows import CELL_DTYPES
from tfx_pipeline.ingestion.columns.number_text import (
    MISSING_MARKS,
    PLAIN,
    NumberStyle,
    is_infinite,
)
from tfx_pipeline.ingestion.reading.arrow_arrays import codes_of, missing_of, numbers_of
from tfx_pipeline.ingestion.reading.parquet import as_texts
from tfx_pipeline.modules.description.columns import CellType


@dataclass(frozen=True)
class BadCell:
    """A cell that the model does not take: its place in the column, its value, and why."""

    place: int
    value: str
    reason: str


@dataclass(frozen=True)
class CellReader:
    """Reads the cells of a column of the model.

    Attributes:
        type: of the cells.
        missing: texts that mean missing, beside "".
        style: how numbers are written where they are texts.
    """

    type: CellType
    missing: frozenset[str] = frozenset()
    style: NumberStyle = PLAIN

    def read(self, column: Any) -> tuple[NDArray[Any], list[BadCell]]:
        """Give the cells, `[rows]` as `export.rows` has them, and those that are none of the type.

        `column` is one of Arrow's, of any type without parts; where a cell is bad there is any.
        """
        import pyarrow as pa

        type_ = column.type
        if pa.types.is_null(type_):
            return absent(self.type, len(column)), []
        is_number = pa.types.is_floating(type_) or pa.types.is_integer(type_)
        if self.type != "string" and pa.types.is_boolean(type_):
            return self._refused(column)
        if self.type != "string" and is_number:
            return self._numbers(column), []
        if self.type != "string" and pa.types.is_decimal(type_):
            return self._numbers(column.cast(pa.float64())), []
        values, codes = _distinct(column)
        read = self._texts if self.type == "string" else self._parsed
        return read(values, codes)

    def _numbers(self, column: Any) -> NDArray[Any]:
        """Take numbers; what is beyond float32 becomes infinite, as in a server."""
        found, is_missing = numbers_of(column), missing_of(column)
        with np.errstate(over="ignore", invalid="ignore"):
            numbers = found.astype(np.float64).astype(CELL_DTYPES[self.type])
        if is_missing.any():
            numbers[is_missing] = np.nan
        return numbers

    def _refused(self, column: Any) -> tuple[NDArray[Any], list[BadCell]]:
        """Refuse truth values."""
        reasons = {value: refusal(value, self.type) for value in (True, False)}
        bad = [
            BadCell(place, str(value).lower(), reasons[value])
            for place, value in enumerate(column.to_pylist())
            if value is not None
        ]
        return absent(self.type, len(column)), bad

    def _texts(
        self, values: Sequence[bytes], codes: NDArray[np.int32]
    ) -> tuple[NDArray[Any], list[BadCell]]:
        texts = np.full(len(values) + 1, "", object)  # the last one is that of a missing cell
        wrong: dict[int, str] = {}
        for place, value in enumerate(values):
            try:
                text = value.decode()
            except UnicodeDecodeError:
                wrong[place] = NOT_TEXT
                continue
            blank = text.strip()
            texts[place] = "" if not blank or not self.missing.isdisjoint((text, blank)) else text
        return texts[codes], _bad_cells(values, codes, wrong)

    def _parsed(
        self, values: Sequence[bytes], codes: NDArray[np.int32]
    ) -> tuple[NDArray[Any], list[BadCell]]:
        numbers = np.full(len(values) + 1, np.nan)
        wrong: dict[int, str] = {}
        for place, value in enumerate(values):
            try:
                numbers[place] = self._number(value.decode())
            except UnicodeDecodeError:
                wrong[place] = NOT_TEXT
            except ValueError as error:
                wrong[place] = str(error)
        with np.errstate(over="ignore"):
            cells = numbers.astype(CELL_DTYPES[self.type])[codes]
        return cells, _bad_cells(values, codes, wrong)

    def _number(self, cell: str) -> float:
        """Read a number as the table of the training does; ValueError: it is none."""
        text = cell.strip()
        if not text or text in MISSING_MARKS or not self.missing.isdisjoint((cell, text)):
            return math.nan
        if is_infinite(text):
            return float(text)
        if not self.style.reads(f"{text}\n"):
            raise ValueError(refusal(cell, self.type))
        number = float(self.style.plain(text))
        if math.isinf(number):
            raise ValueError(TOO_BIG)
        return number


def absent(type_: CellType, rows: int) -> NDArray[Any]:
    """Give cells that are all missing."""
    fill = "" if type_ == "string" else np.nan
    return np.full(rows, fill, CELL_DTYPES[type_])


def _distinct(column: Any) -> tuple[list[bytes], NDArray[np.int32]]:
    """Give the different values of a column as CSV has them, and the place of each; -1: missing."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type) and _is_text(column.type.value_type):
        values = column.dictionary
    elif _is_text(column.type):
        column = column.dictionary_encode()
        values = column.dictionary
    else:
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        column = as_texts(column, ".")
        values = column.dictionary
    large = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
    texts = values.view(pa.large_binary() if large else pa.binary())
    if column.indices.type != pa.int32():
        column = pa.DictionaryArray.from_arrays(column.indices.cast(pa.int32()), values)
    return texts.to_pylist(), codes_of(column)


def _is_text(type_: Any) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_string, pa.types.is_binary)
    more = (pa.types.is_large_string, pa.types.is_large_binary)
    return any(test(type_) for test in (*tests, *more))


def _bad_cells(
    values: Sequence[bytes], codes: NDArray[np.int32], wrong: dict[int, str]
) -> list[BadCell]:
    """Find the cells whose values are bad, by their places."""
    if not wrong:
        return []
    places = np.flatnonzero(np.isin(codes, list(wrong)))
    return [
        BadCell(place, values[code].decode("utf-8", "backslashreplace"), wrong[code])
        for place, code in zip(places.tolist(), codes[places].tolist(), strict=True)
    ]
