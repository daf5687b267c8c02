"""What writes each head."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.heads.inputs import HeadInputs
from tfx_pipeline.export.tflite.heads.linear import write_linear
from tfx_pipeline.export.tflite.heads.network import write_mlp, write_network
from tfx_pipeline.export.tflite.heads.trees import write_trees
from tfx_pipeline.modules.description.heads import (
    BlendHead,
    Head,
    LinearHead,
    MlpHead,
    NetworkHead,
    TreesHead,
)


def write_head(head: Head, inputs: HeadInputs) -> Tensor:
    """Write any head: logits `[rows, outputs] float32`."""
    return WRITERS[type(head)](head, inputs)


def has_network(head: Head) -> bool:
    """Tell whether a head has layers, which can be quantised."""
    if isinstance(head, BlendHead):
        return any(map(has_network, head.members))
    return isinstance(head, MlpHead | NetworkHead)


def _write_blend(head: BlendHead, inputs: HeadInputs) -> Tensor:
    """Add the members' logits, each times its weight."""
    writer = inputs.writer
    parts = [
        writer.two("MUL", write_head(member, inputs), np.array(weight))
        for member, weight in zip(head.members, head.weights, strict=True)
    ]
    total = parts[0]
    for part in parts[1:]:
        total = writer.two("ADD", total, part)
    return total


WRITERS: Mapping[Any, Callable[[Any, HeadInputs], Tensor]] = {
    LinearHead: write_linear,
    NetworkHead: write_network,
    MlpHead: write_mlp,
    TreesHead: write_trees,
    BlendHead: _write_blend,
}
"""What writes a head, by its type."""
