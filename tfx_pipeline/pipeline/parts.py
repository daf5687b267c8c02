"""What the parts of a pipeline hand to the next: their nodes, and the channels that it reads."""

from __future__ import annotations

from dataclasses import dataclass

from tfx import types
from tfx.dsl.components.base import base_node


@dataclass(frozen=True)
class DataPart:
    """From the table to the transform graph; nodes in order."""

    nodes: tuple[base_node.BaseNode, ...]
    examples: types.BaseChannel
    schema: types.BaseChannel
    transform_graph: types.BaseChannel


@dataclass(frozen=True)
class ModelPart:
    """From the Trainer to the last check before the push; nodes in order."""

    nodes: tuple[base_node.BaseNode, ...]
    model: types.BaseChannel
    blessing: types.BaseChannel
    infra_blessing: types.BaseChannel | None
