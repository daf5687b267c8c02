"""Numbers of Parquet, summed up as the texts that they would be, without being written as such."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.columns.number_text import (
    FLOAT32_WHOLE,
    FLOAT64_WHOLE,
    INT64,
    PLAIN,
    Shape,
)
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.reading.arrow_arrays import missing_of, numbers, numbers_of
from tfx_pipeline.ingestion.reading.parquet import as_texts

_LARGEST = {4: FLOAT32_WHOLE, 8: 1e15}
"""By bytes of a float: beyond, its text is not all digits of its value."""
_SMALLEST = 1e-4
_SAMPLE = 64


def add_numbers(
    scan: ColumnScan, column: Any, path: Path, indices: Sequence[int] | NDArray[np.int64]
) -> bool:
    """Take in numbers; false: nothing was taken in, for their texts must be looked at.

    Args:
        scan: of the column.
        column: `[rows]` of int64 or floats; null is missing, and so is NaN.
        path: their file.
        indices: of their records in the file.
    """
    if scan.use not in ("number", "moment", "unused") or scan.style not in (None, PLAIN):
        return False
    block = _Numbers(column, path, indices)
    if not len(block.rows):
        scan.rows += len(column)
        scan.missing += len(column)
        return True
    if not block.is_float:
        _see(scan, "integer", block, block.rows)
        _see_whole(scan, block, block.rows)
    elif not _add_floats(scan, block):
        return False
    scan.rows += len(column)
    scan.missing += len(column) - len(block.rows)
    return True


class _Numbers:
    """The numbers of a block.

    Attributes:
        is_float: they are not integers.
        rows: that have one.
        values: of these rows.
    """

    def __init__(self, column: Any, path: Path, indices: Any) -> None:
        self._column, self._path, self._indices = column, path, indices
        found, is_missing = numbers_of(column), missing_of(column)
        self.is_float = found.dtype.kind == "f"
        if self.is_float:
            is_missing = is_missing | np.isnan(found)
        self.rows = np.flatnonzero(~is_missing)
        self.values = found[self.rows]

    def texts(self, rows: NDArray[Any]) -> list[str]:
        """Write the numbers of rows, each that is different once."""
        import pyarrow.compute as pc

        part = pc.take(self._column, numbers(rows.astype(np.int64)))
        texts: list[str] = as_texts(part, ".").dictionary.to_pylist()
        return texts

    def cell(self, row: int) -> Cell:
        """Name the cell of a row."""
        (text,) = self.texts(np.array([row]))
        return Cell(self._path, int(self._indices[row]), text)

    def see_point(self, scan: ColumnScan) -> None:
        """Note the first number that is written with a point: all are, but `1e-05`."""
        if self._path in scan.pointed:
            return
        for row in self.rows.tolist():
            if "." in (cell := self.cell(row)).value:
                scan.pointed[self._path] = cell
                return


def _add_floats(scan: ColumnScan, block: _Numbers) -> bool:
    values, sizes = block.values, np.abs(block.values)
    if sizes.max() >= _LARGEST[values.itemsize] or (np.signbit(values) & (values == 0)).any():
        return False
    sample = "\n".join(block.texts(block.rows[:_SAMPLE])) + "\n"
    if scan.is_number and any(x.decimal != "." and x.reads(sample) for x in scan.styles.styles):
        return False  # `1.125` may stand for 1125, if the others do not tell
    is_whole = values == np.floor(values)
    whole, fractions = block.rows[is_whole], block.rows[~is_whole]
    if scan.is_number:
        scan.styles.add(sample, plain=True)
    is_new = "fraction" not in scan.shapes or len(scan.shapes) < 2
    if len(fractions) and scan.is_number:
        scan.has_exponents |= bool(((sizes < _SMALLEST) & (sizes > 0)).any())
        block.see_point(scan)
    if len(whole) and (is_new or not scan.is_number or not len(fractions)):
        _see(scan, "whole", block, whole)
        _see_whole(scan, block, whole)
    if len(fractions) and (is_new or not scan.is_number):
        _see(scan, "fraction", block, fractions)
    return True


def _see(scan: ColumnScan, shape: Shape, block: _Numbers, rows: NDArray[Any]) -> None:
    if shape not in scan.shapes:
        scan.shapes[shape] = block.cell(int(rows[0]))


def _see_whole(scan: ColumnScan, block: _Numbers, rows: NDArray[Any]) -> None:
    """Take in whole numbers: their sizes."""
    values = block.values[np.searchsorted(block.rows, rows)]
    largest = max(abs(int(values.max())), abs(int(values.min())))  # -(2**63) has no abs of int64
    if largest <= scan.largest:
        return
    scan.largest = largest
    for limit in (FLOAT32_WHOLE, FLOAT64_WHOLE, INT64[-1]):
        if largest > limit and limit not in scan.beyond:
            beyond = rows[(values > limit) | (values < -limit)]
            scan.beyond[limit] = block.cell(int(beyond[0]))
