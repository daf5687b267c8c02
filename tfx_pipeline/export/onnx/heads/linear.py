"""The heads that add up: the linear one, and the blend of others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.onnx.graph import Graph, column
from tfx_pipeline.export.onnx.transformed import Transformed
from tfx_pipeline.modules.description.heads import LinearHead


def linear_logits(graph: Graph, head: LinearHead, rows: Transformed) -> str:
    """Add up what pieces of numbers and ids say."""
    parts = []
    if len(head.columns):
        assert rows.numbers is not None
        taken = graph.add("Gather", rows.numbers, graph.table(head.columns, np.int64), axis=0)
        distance = graph.add("Sub", taken, graph.table(column(head.lows, np.float32)))
        share = graph.add("Div", distance, graph.table(column(head.widths, np.float32)))
        limits = graph.table(0, np.float32), graph.table(1, np.float32)
        share = graph.add("Clip", share, *limits)
        parts.append(graph.add("Gemm", share, graph.table(head.rises, np.float32), transA=1))
    if rows.ids is not None:
        parts.append(added_weights(graph, head.weights, rows.ids))
    return sum_of(graph, parts, head.intercept)


def added_weights(graph: Graph, weights: NDArray[np.float32], ids: str) -> str:
    """Add up the weights of a row's ids: `[batch, outputs]`."""
    found = graph.add("Gather", graph.table(weights, np.float32), ids, axis=0)
    return graph.add("ReduceSum", found, graph.table([0], np.int64), keepdims=0)


def sum_of(graph: Graph, parts: list[str], constant: NDArray[np.float32]) -> str:
    """Add parts, `[batch, outputs]` each, and a constant to each row."""
    total = graph.table(constant, np.float32)
    if not parts:
        shape = graph.joined([graph.rows, graph.table([len(constant)], np.int64)])
        return graph.add("Expand", total, shape)
    for part in parts:
        total = graph.add("Add", part, total)
    return total
