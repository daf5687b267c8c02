"""What computes each head."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.heads.inputs import HeadInputs
from tfx_pipeline.export.numpy_form.heads.linear import linear_logits
from tfx_pipeline.export.numpy_form.heads.mlp import mlp_logits
from tfx_pipeline.export.numpy_form.heads.network import network_logits
from tfx_pipeline.export.numpy_form.heads.trees import trees_logits
from tfx_pipeline.modules.description import heads as described

Logits: TypeAlias = NDArray[np.float32]


def head_logits(head: described.Head, inputs: HeadInputs) -> Logits:
    """Give logits: `[rows, outputs]`."""
    return HEADS[type(head)](head, inputs)


def _blend_logits(head: described.BlendHead, inputs: HeadInputs) -> Logits:
    members = [head_logits(member, inputs) for member in head.members]
    weighed = [np.float32(x) * y for x, y in zip(head.weights, members, strict=True)]
    return np.sum(weighed, axis=0, dtype=np.float32)


HEADS: dict[type[Any], Callable[[Any, HeadInputs], Logits]] = {
    described.LinearHead: linear_logits,
    described.MlpHead: mlp_logits,
    described.NetworkHead: network_logits,
    described.TreesHead: trees_logits,
    described.BlendHead: _blend_logits,
}
"""By the type of a head."""
