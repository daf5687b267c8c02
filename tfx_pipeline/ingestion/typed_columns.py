"""From cells to values: what was read, as texts or numbers, becomes what ExampleGen stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from tfx_pipeline.ingestion.columns.number_text import MISSING_MARKS
from tfx_pipeline.ingestion.columns.types import ColumnPlan
from tfx_pipeline.ingestion.reading.parquet import as_texts


def typed_batch(columns: Iterable[Any], plans: Sequence[ColumnPlan], mark: str) -> Any:
    """Give a record batch of strings, int64 and float32; null is missing.

    Args:
        columns: as `reading.blocks` gives them, in the order of the plans.
        plans: how cells become values.
        mark: what stands before the fraction of a number that is text.
    """
    import pyarrow as pa

    typed = [typed_column(x, plan, mark) for x, plan in zip(columns, plans, strict=True)]
    return pa.RecordBatch.from_arrays(typed, names=[plan.name for plan in plans])


def typed_column(column: Any, plan: ColumnPlan, mark: str) -> Any:
    """Give the values of a column: `[rows]` of its type.

    Args:
        column: texts, or numbers of Parquet.
        plan: how they become values.
        mark: see `typed_batch`.

    Raises:
        ValueError: a cell is no value of that type.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        return _of_texts(column.dictionary, plan).take(column.indices)
    # As texts, 32-bit floats are the shortest decimals that they can be: so they were looked at.
    if plan.type == "string" or (plan.type == "int64" and column.type == pa.float32()):
        return typed_column(as_texts(column, mark), plan, mark)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    if plan.type == "int64":
        return column.cast(pa.int64())
    return _as_float32(column.cast(pa.float64(), safe=False))


def _of_texts(texts: Any, plan: ColumnPlan) -> Any:
    """Read different texts by Arrow where it reads all as Python does, else by Python."""
    import pyarrow as pa

    if not plan.is_rewritten:
        try:
            if plan.type == "string":
                return texts
            if plan.type == "int64":
                return texts.cast(pa.int64())
            return _as_float32(texts.cast(pa.float64()))
        except pa.ArrowInvalid:
            pass  # `+17`
    rewrite = _rewriter(plan)
    cells = [rewrite(text) for text in texts.to_pylist()]
    if plan.type == "string":
        return pa.array([cell or None for cell in cells], pa.string())
    if plan.type == "int64":
        return pa.array([int(cell) if cell else None for cell in cells], pa.int64())
    return _as_float32(pa.array([float(cell) if cell else None for cell in cells], pa.float64()))


def _as_float32(numbers: Any) -> Any:
    """Round 64-bit floats; those that are too large become infinite."""
    import pyarrow as pa

    with np.errstate(over="ignore"):
        rounded = numbers.fill_null(0.0).to_numpy(zero_copy_only=False).astype(np.float32)
    mask = numbers.is_null().to_numpy(zero_copy_only=False) if numbers.null_count else None
    return pa.array(rounded, pa.float32(), mask=mask)


def _rewriter(plan: ColumnPlan) -> Callable[[str], str]:
    """Make what turns a cell into the plain writing of its type."""

    def whole(text: str) -> str:
        return text.partition(".")[0]

    def number(cell: str) -> str:
        text = cell.strip()
        if not text or text in MISSING_MARKS:
            return ""
        text = plan.style.plain(text)
        return whole(text) if plan.type == "int64" else text

    def name(cell: str) -> str:
        if not cell.strip():
            return ""
        return whole(cell) if plan.type == "int64" else cell

    return number if plan.is_number else name
