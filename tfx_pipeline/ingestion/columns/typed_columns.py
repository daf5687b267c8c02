"""From cells to values: what was read, as texts or numbers, becomes what ExampleGen stores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.columns.number_text import MISSING_MARKS
from tfx_pipeline.ingestion.columns.types import ColumnPlan
from tfx_pipeline.ingestion.reading.arrow_arrays import cut, missing_of, numbers, numbers_of
from tfx_pipeline.ingestion.reading.parquet import as_texts
from tfx_pipeline.modules.label_rule.arithmetic import as_decimals


def typed_batch(
    columns: Iterable[Any],
    plans: Sequence[ColumnPlan],
    mark: str,
    *,
    as_dictionaries: bool = False,
) -> Any:
    """Give a record batch of strings, int64 and float32; null is missing.

    Args:
        columns: as `reading.blocks` gives them, in the order of the plans.
        plans: how cells become values.
        mark: what stands before the fraction of a number that is text.
        as_dictionaries: columns that were texts are dictionaries of values.
    """
    import pyarrow as pa

    read = dictionary_column if as_dictionaries else typed_column
    typed = [read(x, plan, mark) for x, plan in zip(columns, plans, strict=True)]
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
        return pc.take(_of_texts(column.dictionary, plan), column.indices)
    # As texts, 32-bit floats are the shortest decimals that they can be: so they were looked at.
    if plan.type == "string" or (plan.type == "int64" and column.type == pa.float32()):
        return typed_column(as_texts(column, mark), plan, mark)
    found, is_missing = numbers_of(column), missing_of(column)
    if pa.types.is_floating(column.type):
        is_missing = is_missing | np.isnan(found)
    if plan.type == "int64":
        return numbers(np.where(is_missing, 0, found).astype(np.int64), is_missing)
    return _as_float32(found, is_missing)


def dictionary_column(column: Any, plan: ColumnPlan, mark: str) -> Any:
    """Give the values of a column as `typed_column` does, of texts each that is different once."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return pa.DictionaryArray.from_arrays(column.indices, _of_texts(column.dictionary, plan))
    return typed_column(column, plan, mark)


def exact_column(column: Any, plan: ColumnPlan, mark: str) -> Any:
    """Give the values of a column as `typed_column` does, but fractions as written: of 64 bits.

    Raises:
        ValueError: a cell is no value of that type.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if plan.type != "float32":
        return typed_column(column, plan, mark)
    if pa.types.is_dictionary(column.type):
        return pc.take(_as_written(column.dictionary, plan), column.indices)
    found, is_missing = numbers_of(column), missing_of(column)
    if pa.types.is_floating(column.type):
        is_missing = is_missing | np.isnan(found)
    exact = as_decimals(found) if found.dtype == np.float32 else found.astype(np.float64)
    return numbers(exact, is_missing)


def _as_written(texts: Any, plan: ColumnPlan) -> Any:
    """Read different texts as numbers of 64 bits."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not plan.is_rewritten:
        try:
            return pc.cast(texts, pa.float64())
        except pa.ArrowInvalid:
            pass
    rewrite = _rewriter(plan)
    cells = [rewrite(text) for text in texts.to_pylist()]
    is_missing = np.array([not cell for cell in cells], bool)
    return numbers(np.array([float(cell or 0) for cell in cells], np.float64), is_missing)


def _of_texts(texts: Any, plan: ColumnPlan) -> Any:
    """Read different texts by Arrow where it reads all as Python does, else by Python."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not plan.is_rewritten:
        try:
            if plan.type == "string":
                return texts
            if plan.type == "int64":
                return pc.cast(texts, pa.int64())
            return _as_float32(numbers_of(pc.cast(texts, pa.float64())))
        except pa.ArrowInvalid:
            pass  # `+17`
    rewrite = _rewriter(plan)
    cells = [rewrite(text) for text in texts.to_pylist()]
    is_missing = np.array([not cell for cell in cells], bool)
    if plan.type == "string":
        return cut("".join(cells).encode(), _sizes(cells), is_missing).view(pa.string())
    if plan.type == "int64":
        return numbers(np.array([int(cell or 0) for cell in cells], np.int64), is_missing)
    return _as_float32(np.array([float(cell or 0) for cell in cells], np.float64), is_missing)


def _sizes(texts: Sequence[str]) -> NDArray[np.int64]:
    return np.array([len(text.encode()) for text in texts], np.int64)


def _as_float32(found: NDArray[Any], is_missing: NDArray[np.bool_] | None = None) -> Any:
    """Round numbers by way of 64-bit floats; those that are too large become infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        return numbers(found.astype(np.float64).astype(np.float32), is_missing)


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
