"""The head mlp: members behind one encoding, and their mean."""

from __future__ import annotations

import math

import numpy as np

from tfx_pipeline.export.onnx.graph import Graph, column
from tfx_pipeline.export.onnx.heads.layers import (
    Floats,
    Part,
    activated,
    embedded,
    first_layer,
    side_by_side,
)
from tfx_pipeline.export.onnx.transformed import Transformed
from tfx_pipeline.modules.description.heads import (
    Dense,
    MlpHead,
    MlpIds,
    MlpNumbers,
    PeriodicEmbedding,
)


def mlp_logits(graph: Graph, head: MlpHead, rows: Transformed) -> str:
    """Encode rows, send them through the layers of each member, and take the mean."""
    parts = []
    if head.numbers is not None and rows.numbers is not None:
        parts += _encoded_numbers(graph, head.numbers, rows.numbers)
    if head.ids is not None and rows.ids is not None:
        parts += _encoded_ids(graph, head.ids, rows.ids)
    first, *others = (*head.hidden, head.last)
    values = _first_layer(graph, parts, head.factors, first)
    for layer in others:
        values = activated(graph, values, head.activation)
        product = graph.add("MatMul", values, graph.table(layer.kernel, np.float32))
        values = graph.add("Add", product, graph.table(layer.bias[:, np.newaxis], np.float32))
    logits = graph.add("ReduceMean", values, axes=[0], keepdims=0)
    if head.limits is None:
        return logits
    return graph.add("Clip", logits, *(graph.table(x, np.float32) for x in head.limits))


def _first_layer(graph: Graph, parts: list[Part], factors: Floats, layer: Dense) -> str:
    """Multiply with the kernels of all members at once: `[members, batch, units]`."""
    members, _, units = layer.kernel.shape
    kernel = np.moveaxis(layer.kernel * factors[:, np.newaxis], 0, 1)
    kernel = kernel.reshape(-1, members * units)
    values = first_layer(graph, parts, kernel, layer.bias.reshape(-1))
    shape = graph.table([-1, members, units], np.int64)
    return graph.add("Transpose", graph.add("Reshape", values, shape), perm=[1, 0, 2])


def _encoded_numbers(graph: Graph, numbers: MlpNumbers, value: str) -> list[Part]:
    count = len(numbers.places)
    if not count:
        return []
    taken = graph.add("Gather", value, graph.table(numbers.places, np.int64), axis=0)
    moved = graph.add("Sub", taken, graph.table(column(numbers.medians, np.float32)))
    scaled = graph.add("Mul", moved, graph.table(column(numbers.factors, np.float32)))
    share = graph.add("Div", scaled, graph.table(numbers.farthest, np.float32))
    square = graph.add("Add", graph.add("Mul", share, share), graph.table(1, np.float32))
    scaled = graph.add("Div", scaled, graph.add("Sqrt", square))
    parts = [Part(scaled, count, stands=True)]
    if numbers.periodic is not None:
        many = graph.taken(scaled, numbers.many.tolist(), count)
        parts.append(_periodic(graph, numbers.periodic, many))
    return parts


def _periodic(graph: Graph, embedding: PeriodicEmbedding, values: str) -> Part:
    """Embed numbers `[columns, batch]`."""
    columns, _, width = embedding.weights.shape

    def table(array: Floats) -> str:
        return graph.table(array[:, np.newaxis], np.float32)

    each = graph.add("Unsqueeze", values, graph.table([2], np.int64))
    angles = graph.add("Mul", each, table(embedding.frequencies))
    angles = graph.add("Add", angles, table(embedding.phases))
    waves = graph.add("Cos", graph.add("Mul", angles, graph.table(2 * math.pi, np.float32)))
    vectors = graph.add("MatMul", waves, graph.table(embedding.weights, np.float32))
    vectors = graph.add("Add", vectors, table(embedding.biases))
    lying = graph.add("Transpose", vectors, perm=[1, 0, 2])
    return Part(side_by_side(graph, lying, columns * width), columns * width, stands=False)


def _encoded_ids(graph: Graph, encoding: MlpIds, ids: str) -> list[Part]:
    parts = []
    if count := len(encoding.one_hot):
        columns, wanted = np.transpose(encoding.one_hot)
        taken = graph.add("Gather", ids, graph.table(columns, np.int64), axis=0)
        is_it = graph.add("Equal", taken, graph.table(column(wanted, np.int32)))
        parts.append(Part(graph.cast(is_it, np.float32), count, stands=True))
    if encoding.table is not None:
        taken = graph.add("Gather", ids, graph.table(encoding.embedded, np.int64), axis=0)
        table_rows = graph.add("Gather", graph.table(encoding.rows, np.int32), taken, axis=0)
        parts.append(embedded(graph, encoding.table, table_rows, len(encoding.embedded)))
    return parts
