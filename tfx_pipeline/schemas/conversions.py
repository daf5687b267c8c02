"""Cells as the values that the pipeline stores: by Arrow where plain, else as the scan has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.ingestion.columns.number_text import FLOAT32_MAX, FLOAT64_WHOLE, MISSING_MARKS
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.columns.types import ColumnPlan, plan_column
from tfx_pipeline.ingestion.needs import TableNeeds
from tfx_pipeline.schemas.text_blocks import NotPlainError

Values = Any
"""An Arrow array of a stored type."""


@dataclass(frozen=True)
class Column:
    """A column of successive rows.

    Attributes:
        values: as stored; null where the cell is missing or unfit.
        texts: the cells as written, see `text_blocks`.
        unfit: where a cell is none of the column's type, or none that a model may get, as an Arrow
            array of truth values; none: nowhere.
    """

    values: Values
    texts: Any
    unfit: Any | None = None


Convert = Callable[[Any], Column]
"""Makes values of an Arrow array of texts.

Raises:
    NotPlainError: they must be looked at with care.
"""


def _without_blanks(texts: Any) -> Any:
    """Put null in place of cells that are empty or blank."""
    import pyarrow as pa
    import pyarrow.compute as pc

    empty = pc.equal(texts, "")
    if not pc.any(empty).as_py() and not pc.any(pc.starts_with(texts, " ")).as_py():
        return texts
    blank = pc.equal(pc.utf8_trim_whitespace(texts), "")
    return pc.if_else(blank, pa.scalar(None, pa.string()), texts)


def strings(texts: Any) -> Column:
    """Take any text."""
    return Column(_without_blanks(texts), texts)


def _cast(texts: Any, type_: Any) -> Any:
    """Cast cells without blanks around them.

    Raises:
        NotPlainError: one is none of that type.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    try:
        return filled.cast(type_)
    except pa.ArrowInvalid as error:
        raise NotPlainError(str(error)) from error


def integers(texts: Any) -> Column:
    """Take whole numbers, each in its one spelling."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = _cast(texts, pa.int64())
    written = values.cast(pa.string())  # Arrow also reads `0x1F` and `007`
    if pc.all(pc.equal(written, texts), skip_nulls=True).as_py() not in (True, None):
        raise NotPlainError("spelled as no other integer is")
    return Column(values, texts)


def whole_names(texts: Any) -> Column:
    """Take whole numbers that a served model can tell apart."""
    import pyarrow.compute as pc

    column = integers(texts)
    limits = pc.min_max(column.values).as_py()
    if max(abs(limits["min"] or 0), abs(limits["max"] or 0)) > FLOAT64_WHOLE:
        raise NotPlainError("beyond 64-bit floats")
    return column


def floats(texts: Any) -> Column:
    """Take finite numbers that a 32-bit float holds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = _cast(texts, pa.float64())
    limits = pc.min_max(values).as_py()
    if limits["min"] is not None and not (
        limits["min"] >= -FLOAT32_MAX and limits["max"] <= FLOAT32_MAX
    ):
        raise NotPlainError("beyond 32-bit floats")
    if pc.any(pc.is_nan(values)).as_py():
        raise NotPlainError("NaN")
    return Column(values.cast(pa.float32(), safe=False), texts)


def float_names(texts: Any) -> Column:
    """Take codes such as `8.0`; what else a name may be is looked at with care."""
    import pyarrow.compute as pc

    plain = pc.match_substring_regex(texts, r"^(-?(0|[1-9][0-9]{0,6})\.0)?$")
    if not pc.all(plain).as_py() and len(texts):
        raise NotPlainError("not written as a whole number with a point")
    return floats(texts)


def by_plan(column: ColumnScan, plan: ColumnPlan, needs: TableNeeds) -> Convert:
    """Make what converts each different cell as the staged copy has it, and tells unfit ones."""
    import pyarrow as pa

    known: dict[str, tuple[Any, bool]] = {}
    types = {"int64": pa.int64(), "float32": pa.float32(), "string": pa.string()}

    def convert(texts: Any) -> Column:
        coded = texts.dictionary_encode()
        cells = coded.dictionary.to_pylist()
        for cell in cells:
            if cell not in known:
                known[cell] = _value(cell, column, plan, needs)
        found = [known[cell] for cell in cells]
        values = pa.array([value for value, _ in found], types[plan.type])
        unfit = pa.array([is_unfit for _, is_unfit in found], pa.bool_())
        has_unfit = any(is_unfit for _, is_unfit in found)
        codes = coded.indices
        return Column(values.take(codes), texts, unfit.take(codes) if has_unfit else None)

    return convert


def _value(cell: str, column: ColumnScan, plan: ColumnPlan, needs: TableNeeds) -> tuple[Any, bool]:
    """Give the stored value of a cell, and whether it is unfit; None: missing, or unfit."""
    text = cell.strip()
    if not text or (plan.is_number and text in MISSING_MARKS):
        return None, False
    if not _fits(cell, column, plan, needs):
        return None, True
    plain = plan.style.plain(text if plan.is_number else cell)
    if plan.type == "int64":
        return int(plain.partition(".")[0]), False
    return (float(plain), False) if plan.type == "float32" else (cell, False)


def _fits(cell: str, column: ColumnScan, plan: ColumnPlan, needs: TableNeeds) -> bool:
    """Ask the scan whether the type of the column can hold a cell, were it the only one."""
    alone = ColumnScan(column.name, column.use, plan.style if plan.is_number else column.style)
    alone.add([cell], Path(), [0])
    _, problems, _ = plan_column(alone, needs, lambda _: "")
    return not (problems or alone.wrong or alone.overflows)
