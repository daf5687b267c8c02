"""Searching in ascending numbers, of which each row of values has its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfx_pipeline.export.onnx.graph import Graph, column

_COMPARED_AT_ONCE = 64


def counted_below(graph: Graph, values: str, tables: Sequence[Any], dtype: Any) -> str:
    """Count how many of a row's ascending numbers are at most a value: int32 `[rows, batch]`.

    `values` are `[rows, batch]`, `tables` a row's numbers each; of `dtype`, float64 or int64.
    """
    widest = max(1, *map(len, tables))
    if widest > _COMPARED_AT_ONCE:
        return _by_halves(graph, values, _filled(tables, 2 ** widest.bit_length() - 1, dtype))
    compared = _filled(tables, widest, dtype).T[:, :, np.newaxis]
    is_below = graph.add("GreaterOrEqual", values, graph.table(compared))
    # Of floats, which are added up in one go where integers are not.
    counts = graph.cast(is_below, np.float32)
    counts = graph.add("ReduceSum", counts, graph.table([0], np.int64), keepdims=0)
    return graph.cast(counts, np.int32)


def _filled(tables: Sequence[Any], width: int, dtype: Any) -> Any:
    """Make one table `[rows, width]`, with what no value reaches behind each row's numbers."""
    beyond = np.inf if dtype == np.float64 else np.iinfo(np.int64).max
    filled = np.full((len(tables), width), beyond, dtype)
    for row, table in zip(filled, tables, strict=True):
        row[: len(table)] = table
    return filled


def _by_halves(graph: Graph, values: str, table: Any) -> str:
    """Halve what remains until the count is known."""
    rows, width = table.shape
    # A count of n asks for the number before place n: so one more stands in front.
    flat = graph.table(np.concatenate([table[0, :1], table.ravel()]))
    starts = graph.table(column(np.arange(rows) * width, np.int32))
    counted, step = starts, (width + 1) // 2
    while step:
        more = graph.add("Add", counted, graph.table(step, np.int32))
        is_below = graph.add("GreaterOrEqual", values, graph.add("Gather", flat, more, axis=0))
        counted = graph.add("Where", is_below, more, counted)
        step //= 2
    return graph.add("Sub", counted, starts)
