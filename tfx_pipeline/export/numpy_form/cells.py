"""Cells, read as the exported model reads them: see `modules.description.columns`."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.parsing import parsed
from tfx_pipeline.export.numpy_form.texts import ASCII_BLANKS, texts_of_floats
from tfx_pipeline.export.rows import CELL_DTYPES, Rows
from tfx_pipeline.modules.description.columns import (
    AMBIGUOUS,
    FARTHEST_MOMENT,
    LARGEST_WHOLE,
    Column,
    NumberParse,
)
from tfx_pipeline.modules.features.missing_marks import MissingMarks, read_marks

_LEAST = np.float32(2.0**-126)  # nearer to 0, TensorFlow's threads take a number for it
_UNKNOWN = np.iinfo(np.int64).max


class Cells:
    """The cells of some rows; each column is read once."""

    def __init__(self, columns: Sequence[Column], rows: Rows) -> None:
        """Take the columns, and their cells by name, as `export.rows` says."""
        self._columns = {column.name: column for column in columns}
        self._rows = rows
        self.numbers = functools.cache(self._numbers)
        self.texts = functools.cache(self._texts)
        self._stored = functools.cache(self._read)

    def _numbers(self, name: str) -> NDArray[np.float64]:
        """Give numbers, `[rows]`; NaN where missing."""
        column = self._columns[name]
        if column.parse is None:
            values, missing = self._stored(name)
            return np.where(missing, np.nan, values.astype(np.float64))
        numbers = parsed(self.texts(name), column.parse)
        if isinstance(column.parse, NumberParse):
            marks = read_marks(column.marks).numbers
            numbers = np.where(np.isin(numbers, marks), np.nan, numbers)
        return np.where(np.isfinite(numbers), numbers, np.nan)

    def _texts(self, name: str) -> NDArray[Any]:
        """Give names, `[rows] object` of `str`; "" where missing."""
        values, missing = self._stored(name)
        if values.dtype == np.float32:
            values = texts_of_floats(np.where(missing, np.float32(0), values))
        texts = np.array([str(value) for value in values], object).reshape(len(values))
        texts[missing] = ""
        return texts

    def whole_numbers(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Give numbers cut off to whole ones below, 0 where missing; and where they are."""
        numbers = self.numbers(name)
        missing = np.isnan(numbers)
        column = self._columns[name]
        if column.parse is None and column.type == "int64":
            return np.where(missing, 0, self._stored(name)[0]), missing
        held = np.clip(np.floor(np.where(missing, 0, numbers)), -FARTHEST_MOMENT, FARTHEST_MOMENT)
        return held.astype(np.int64), missing

    def _read(self, name: str) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Read cells as their column stores them, without marks; and where they are missing."""
        column = self._columns[name]
        values = np.asarray(self._rows[name], CELL_DTYPES[column.type])
        missing = values == "" if column.type == "string" else ~np.isfinite(values)
        if column.type == "float32":
            values = np.where(np.abs(values) < _LEAST, np.float32(0), values)
        if column.type == "int64":
            values = _whole_numbers(np.where(missing, 0.0, values), is_name=column.is_name)
        if column.marks:
            missing = missing | _are_marks(values, read_marks(column.marks))
        return values, np.asarray(missing, bool)


def _whole_numbers(values: NDArray[np.float64], *, is_name: bool) -> NDArray[np.int64]:
    rounded = np.round(values)
    whole = np.clip(rounded, -LARGEST_WHOLE, LARGEST_WHOLE).astype(np.int64)
    if not is_name:
        return whole
    is_known = (rounded == values) & (np.abs(values) < AMBIGUOUS)
    return np.where(is_known, whole, _UNKNOWN)


def _are_marks(values: NDArray[Any], marks: MissingMarks) -> NDArray[np.bool_]:
    if values.dtype == object:
        found = {*marks.texts}
        are = [value.strip(ASCII_BLANKS) in found for value in values]
        return np.array(are, bool).reshape(len(values))
    if values.dtype == np.int64:
        return np.isin(values, np.array(marks.whole, np.int64))
    return np.isin(values, np.array(marks.held, np.float32))
