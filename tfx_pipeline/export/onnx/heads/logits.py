"""Logits of any head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfx_pipeline.export.onnx.graph import Graph
from tfx_pipeline.export.onnx.heads.linear import linear_logits
from tfx_pipeline.export.onnx.heads.mlp import mlp_logits
from tfx_pipeline.export.onnx.heads.networks import network_logits
from tfx_pipeline.export.onnx.heads.trees import trees_logits
from tfx_pipeline.export.onnx.transformed import Transformed
from tfx_pipeline.modules.description.heads import (
    BlendHead,
    Head,
    LinearHead,
    MlpHead,
    NetworkHead,
    TreesHead,
)


def logits(graph: Graph, head: Head, rows: Transformed) -> str:
    """Make the logits of a head: `[batch, outputs] float32`."""
    return HEADS[type(head)](graph, head, rows)


def _blend_logits(graph: Graph, head: BlendHead, rows: Transformed) -> str:
    """Add up the members' logits by their weights."""
    parts = [
        graph.add("Mul", logits(graph, member, rows), graph.table(weight, np.float32))
        for member, weight in zip(head.members, head.weights, strict=True)
    ]
    return parts[0] if len(parts) == 1 else graph.add("Sum", *parts)


HEADS: Mapping[type[Head], Callable[[Graph, Any, Transformed], str]] = {
    LinearHead: linear_logits,
    MlpHead: mlp_logits,
    NetworkHead: network_logits,
    TreesHead: trees_logits,
    BlendHead: _blend_logits,
}
"""By type of head, what makes its logits."""
