"""The heads dnn and wide_deep."""

from __future__ import annotations

import numpy as np

from tfx_pipeline.export.onnx.graph import Graph
from tfx_pipeline.export.onnx.heads.layers import Part, activated, embedded, first_layer
from tfx_pipeline.export.onnx.heads.linear import added_weights
from tfx_pipeline.export.onnx.transformed import Transformed
from tfx_pipeline.modules.description.heads import NetworkHead


def network_logits(graph: Graph, head: NetworkHead, rows: Transformed) -> str:
    """Send numbers and embedded ids through layers, and add the wide part."""
    parts = []
    if rows.numbers is not None:
        parts.append(Part(rows.numbers, rows.width, stands=True))
    if head.embeddings is not None and rows.ids is not None:
        parts.append(embedded(graph, head.embeddings, rows.ids, rows.columns))
    # A number that never varied has no say: its weights are what chance made them.
    said = np.ones((rows.width, 1)) if head.varies is None else np.reshape(head.varies, (-1, 1))
    first, *others = (*head.hidden, head.last)
    kernel = np.concatenate([first.kernel[: rows.width] * said, first.kernel[rows.width :]])
    values = first_layer(graph, parts, kernel, first.bias)
    for layer in others:
        values = activated(graph, values, head.activation)
        kernel, bias = (graph.table(x, np.float32) for x in (layer.kernel, layer.bias))
        values = graph.add("Gemm", values, kernel, bias)
    if head.wide_numbers is not None:
        kernel = head.wide_numbers.kernel * said
        wide = first_layer(graph, parts[:1], kernel, head.wide_numbers.bias)
        values = graph.add("Add", values, wide)
    if head.wide_ids is not None and rows.ids is not None:
        values = graph.add("Add", values, added_weights(graph, head.wide_ids, rows.ids))
    return values
