"""Cells as the values that the pipeline stores: by Arrow where plain, else as the scan has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.ingestion.columns.cells import Block
from tfx_pipeline.ingestion.columns.number_text import FLOAT32_MAX, FLOAT64_WHOLE, MISSING_MARKS
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.columns.types import ColumnPlan, plan_column
from tfx_pipeline.ingestion.needs import TableNeeds
from tfx_pipeline.ingestion.reading.arrow_arrays import (
    booleans,
    codes_of,
    missing_of,
    numbers,
    numbers_of,
)
from tfx_pipeline.ingestion.reading.parquet import as_texts

Values = Any
"""An Arrow array of a stored type: int64, float32 or string."""


class NotPlainError(Exception):
    """Cells that must be looked at with care."""


@dataclass(frozen=True)
class Column:
    """A column of successive rows.

    Attributes:
        values: as stored; null where the cell is missing or unfit.
        source: as `reading.blocks` gives it.
        mark: what stands before the fraction of a number that is text.
        unfit: where a cell is none of the column's type, or none that a model may get, as an Arrow
            array of truth values; none: nowhere.
    """

    values: Values
    source: Any
    mark: str = "."
    unfit: Any | None = None

    @property
    def texts(self) -> Any:
        """The cells as written: `dictionary<int32, string>`, null where one is empty."""
        return as_texts(self.source, self.mark)


@dataclass(frozen=True)
class TypedBlock:
    """Successive rows of a file.

    Attributes:
        path: of the file.
        indices: `[rows]`, of their records in the file.
        columns: by name.
    """

    path: Path
    indices: Any
    columns: dict[str, Column]

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.indices)


Convert = Callable[[Any], Column]
"""Makes values of a column as it was read.

Raises:
    NotPlainError: they must be looked at with care.
"""


def strings(column: Any, mark: str) -> Column:
    """Take any text; a blank one is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = as_texts(column, mark)
    values = texts.dictionary
    sizes = pc.utf8_length(pc.utf8_trim_whitespace(values))
    if pc.min_max(sizes)["min"].as_py() == 0:
        blank = pc.equal(sizes, pa.scalar(0, sizes.type))
        values = pc.if_else(blank, pa.scalar(None, pa.string()), values)
    return Column(pc.take(values, texts.indices), column, mark)


def integers(column: Any, mark: str) -> Column:
    """Take whole numbers, each in its one spelling."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(column.type):
        return Column(pc.cast(column, pa.int64()), column, mark)
    texts = as_texts(column, mark)
    values = _cast(texts.dictionary, pa.int64())
    written = pc.cast(values, pa.string())  # Arrow also reads `0x1F` and `007`
    if pc.all(pc.equal(written, texts.dictionary)).as_py() is False:
        raise NotPlainError("spelled as no other integer is")
    return Column(pc.take(values, texts.indices), column, mark)


def whole_names(column: Any, mark: str) -> Column:
    """Take whole numbers that a served model can tell apart."""
    import pyarrow.compute as pc

    found = integers(column, mark)
    limits = pc.min_max(found.values).as_py()
    if max(abs(limits["min"] or 0), abs(limits["max"] or 0)) > FLOAT64_WHOLE:
        raise NotPlainError("beyond 64-bit floats")
    return found


def floats(column: Any, mark: str) -> Column:
    """Take finite numbers that a 32-bit float holds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return Column(_as_float32(column), column, mark)
    texts = as_texts(column, mark)
    values = _as_float32(_cast(texts.dictionary, pa.float64()), has_nan=False)
    return Column(pc.take(values, texts.indices), column, mark)


def float_names(column: Any, mark: str) -> Column:
    """Take codes such as `8.0`; what else a name may be is looked at with care."""
    import pyarrow.compute as pc

    texts = as_texts(column, mark)
    plain = pc.match_substring_regex(texts.dictionary, r"^-?(0|[1-9][0-9]{0,6})\.0$")
    if pc.all(plain).as_py() is False:
        raise NotPlainError("not written as a whole number with a point")
    return floats(texts, mark)


def by_plan(scan: ColumnScan, plan: ColumnPlan, needs: TableNeeds, mark: str) -> Convert:
    """Make what converts each different cell as the staged copy has it, and tells unfit ones."""
    known: dict[str, tuple[Any, bool]] = {}

    def convert(column: Any) -> Column:
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = as_texts(column, mark)
        cells = texts.dictionary.to_pylist()
        for cell in cells:
            if cell not in known:
                known[cell] = _value(cell, scan, plan, needs)
        found = [known[cell] for cell in cells]
        types = {"int64": pa.int64(), "float32": pa.float32(), "string": pa.string()}
        values = pc.take(pa.array([x for x, _ in found], types[plan.type]), texts.indices)
        is_unfit = np.array([*(unfit for _, unfit in found), False])  # the last one is for -1
        unfit = booleans(is_unfit[codes_of(texts)]) if is_unfit.any() else None
        return Column(values, column, mark, unfit)

    return convert


def _cast(texts: Any, type_: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return pc.cast(texts, type_)
    except pa.ArrowInvalid as error:
        raise NotPlainError(str(error)) from error


def _as_float32(column: Any, *, has_nan: bool = True) -> Any:
    """Round numbers; NaN, where a file may have it, is missing."""
    found, is_missing = numbers_of(column), missing_of(column)
    if has_nan and found.dtype.kind == "f":
        is_missing = is_missing | np.isnan(found)
    known = found[~is_missing] if is_missing.any() else found
    if len(known) and not (known.min() >= -FLOAT32_MAX and known.max() <= FLOAT32_MAX):
        raise NotPlainError("beyond 32-bit floats")
    with np.errstate(over="ignore", invalid="ignore"):  # of what is missing
        return numbers(found.astype(np.float32), is_missing)


def _value(cell: str, scan: ColumnScan, plan: ColumnPlan, needs: TableNeeds) -> tuple[Any, bool]:
    """Give the stored value of a cell, and whether it is unfit; None: missing, or unfit."""
    text = cell.strip()
    if not text or (plan.is_number and text in MISSING_MARKS):
        return None, False
    if not _fits(cell, scan, plan, needs):
        return None, True
    plain = plan.style.plain(text if plan.is_number else cell)
    if plan.type == "int64":
        return int(plain.partition(".")[0]), False
    return (_rounded(float(plain)), False) if plan.type == "float32" else (cell, False)


def _rounded(number: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.float32(number))


def _fits(cell: str, scan: ColumnScan, plan: ColumnPlan, needs: TableNeeds) -> bool:
    """Ask the scan whether the type of the column can hold a cell, were it the only one."""
    alone = ColumnScan(scan.name, scan.use, plan.style if plan.is_number else scan.style)
    alone.add(Block([cell], np.array([0], np.int32), Path(), [0]))
    _, problems, _ = plan_column(alone, needs, lambda _: "")
    return not (problems or alone.wrong or alone.overflows)
