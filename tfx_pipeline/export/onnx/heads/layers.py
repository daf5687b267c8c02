"""Layers of networks.

Terms:
    part: some of what a layer reads; it stands, `[columns, batch]`, or lies, `[batch, columns]`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.onnx.graph import Graph

Floats: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """See the module's terms; `width` is the number of columns."""

    value: str
    width: int
    stands: bool


def first_layer(graph: Graph, parts: Sequence[Part], kernel: Floats, bias: Floats) -> str:
    """Multiply parts, in the order of the kernel's rows, and add the bias: `[batch, units]`."""
    value, start = graph.table(bias, np.float32), 0
    if not parts:
        shape = graph.joined([graph.rows, graph.table([len(bias)], np.int64)])
        return graph.add("Expand", value, shape)
    for part in parts:
        of_part = graph.table(kernel[start : start + part.width], np.float32)
        value = graph.add("Gemm", part.value, of_part, value, transA=int(part.stands))
        start += part.width
    return value


def embedded(graph: Graph, table: Floats, ids: str, columns: int) -> Part:
    """Take the vectors of ids `[columns, batch]`, side by side."""
    lying = graph.add("Transpose", ids, perm=[1, 0])
    vectors = graph.add("Gather", graph.table(table, np.float32), lying, axis=0)
    width = columns * table.shape[1]
    return Part(side_by_side(graph, vectors, width), width, stands=False)


def side_by_side(graph: Graph, vectors: str, width: int) -> str:
    """Make `[batch, width]` of `[batch, …]`."""
    return graph.add("Reshape", vectors, graph.table([-1, width], np.int64))


def activated(graph: Graph, values: str, name: str) -> str:
    """Apply an activation."""
    return ACTIVATIONS[name](graph, values)


def _gelu(graph: Graph, values: str) -> str:
    halves = graph.add("Mul", values, graph.table(0.5, np.float32))
    error = graph.add("Erf", graph.add("Mul", values, graph.table(math.sqrt(0.5), np.float32)))
    return graph.add("Mul", halves, graph.add("Add", error, graph.table(1, np.float32)))


def _mish(graph: Graph, values: str) -> str:
    return graph.add("Mul", values, graph.add("Tanh", graph.add("Softplus", values)))


ACTIVATIONS: Mapping[str, Callable[[Graph, str], str]] = {
    "elu": lambda graph, values: graph.add("Elu", values),
    "gelu": _gelu,
    "mish": _mish,
    "relu": lambda graph, values: graph.add("Relu", values),
    "selu": lambda graph, values: graph.add("Selu", values),
    "silu": lambda graph, values: graph.add("Mul", values, graph.add("Sigmoid", values)),
    "tanh": lambda graph, values: graph.add("Tanh", values),
}
