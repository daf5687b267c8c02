"""Operations on numbers: scaled ones, whether they are missing, and buckets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfx_pipeline.export.onnx.columns.cells import Cells
from tfx_pipeline.export.onnx.features.rows import Rows
from tfx_pipeline.export.onnx.graph import Graph, column
from tfx_pipeline.export.onnx.searching import counted_below
from tfx_pipeline.modules.description.operations import Bucket, IsMissing, Scaled


def scaled(graph: Graph, cells: Cells, operations: Sequence[Scaled]) -> list[Rows]:
    """Scale numbers, in float64 as long as it lasts."""
    parts = []
    for is_log in (False, True):
        if alike := [x for x in operations if x.is_log == is_log]:
            parts.append(_scaled(graph, cells, alike))
    return parts


def _scaled(graph: Graph, cells: Cells, operations: Sequence[Scaled]) -> Rows:
    numbers, missing = cells.numbers([x.column for x in operations])
    if operations[0].is_log:
        numbers = _log1p(graph, graph.add("Max", numbers, graph.table(0, np.float64)))

    def table(values: Sequence[float]) -> str:
        return graph.table(column(values, np.float64))

    filled = graph.add("Where", missing, table([x.fill for x in operations]), numbers)
    distance = graph.add("Sub", filled, table([x.origin for x in operations]))
    # What is divided by infinity is 0, as what has no unit shall be.
    share = graph.add("Div", distance, table([x.unit or np.inf for x in operations]))
    share = graph.add("Max", share, table([-x.farthest for x in operations]))
    share = graph.add("Min", share, table([x.farthest for x in operations]))
    return Rows(graph.cast(share, np.float32), [(x.output, 0) for x in operations])


def _log1p(graph: Graph, numbers: str) -> str:
    """Compute log(1 + x) of x >= 0, as exactly for small ones; ONNX has only the logarithm.

    With u = 1 + x as rounded it is log(u) x / (u - 1), and x where u is 1. Source: Kahan, in
    Goldberg, What every computer scientist should know about floating-point arithmetic (1991),
    theorem 4.
    """
    one = graph.table(1, np.float64)
    sum_of_both = graph.add("Add", numbers, one)
    over = graph.add("Sub", sum_of_both, one)
    is_one = graph.add("Equal", over, graph.table(0, np.float64))
    divisor = graph.add("Where", is_one, one, over)
    quotient = graph.add("Div", numbers, divisor)
    factor = graph.add("Where", is_one, one, graph.add("Log", sum_of_both))
    return graph.add("Mul", factor, quotient)


def are_missing(graph: Graph, cells: Cells, operations: Sequence[IsMissing]) -> list[Rows]:
    """Say where numbers are missing."""
    missing = cells.numbers([x.column for x in operations])[1]
    return [Rows(graph.cast(missing, np.float32), [(x.output, 0) for x in operations])]


def buckets(graph: Graph, cells: Cells, operations: Sequence[Bucket]) -> list[Rows]:
    """Find the buckets of numbers: int32; those with about as many boundaries together."""
    sizes: dict[int, list[Bucket]] = {}
    for each in operations:
        sizes.setdefault(len(each.boundaries).bit_length(), []).append(each)
    parts = []
    for alike in sizes.values():
        numbers, missing = cells.numbers([x.column for x in alike])
        below = counted_below(graph, numbers, [x.boundaries for x in alike], np.float64)
        ids = graph.add("Add", below, graph.table(1, np.int32))
        ids = graph.add("Where", missing, graph.table(0, np.int32), ids)
        parts.append(Rows(ids, [(x.output, 0) for x in alike]))
    return parts
