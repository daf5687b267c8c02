"""What hidden layers apply to each unit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.writer import Writer

_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""Klambauer et al., Self-Normalizing Neural Networks (2017)."""
_FARTHEST = 20.0
"""From here on mish is the identity in float32."""


def activated(writer: Writer, values: Tensor, name: str) -> Tensor:
    """Apply an activation to what a layer gave; `relu` is part of the layer."""
    if name in ("relu", "linear"):
        return values
    if name == "gelu":
        return writer.one("GELU", values, "GeluOptions", approximate=False)
    if name == "silu":
        return writer.two("MUL", values, writer.one("LOGISTIC", values))
    if name == "mish":
        return _mish(writer, values)
    if name == "selu":
        negative = writer.two("MUL", writer.one("ELU", values), np.array(_SELU_ALPHA))
        is_positive = writer.two("GREATER", values, np.zeros(()))
        chosen = writer.where(is_positive, values, negative)
        return writer.two("MUL", chosen, np.array(_SELU_SCALE))
    return writer.one({"elu": "ELU", "tanh": "TANH"}[name], values)


def _mish(writer: Writer, values: Tensor) -> Tensor:
    """Give x tanh(log(1 + e)) with e = exp x, which is x n / (n + 2) with n = e (e + 2)."""
    e = writer.one("EXP", writer.two("MINIMUM", values, np.array(_FARTHEST)))
    n = writer.two("MUL", e, writer.two("ADD", e, np.array(2.0)))
    share = writer.two("DIV", n, writer.two("ADD", n, np.array(2.0)))
    return writer.two("MUL", values, share)


def computed(values: NDArray[Any], name: str) -> NDArray[np.float32]:
    """Apply an activation to numbers, where the model needs none of its inputs."""
    x = np.asarray(values, np.float64)
    exp = np.exp(np.minimum(x, _FARTHEST))
    found = {
        "linear": lambda: x,
        "relu": lambda: np.maximum(x, 0),
        "gelu": lambda: x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
        "silu": lambda: x / (1 + np.exp(-x)),
        "mish": lambda: x * np.tanh(np.log1p(exp)),
        "selu": lambda: _SELU_SCALE * np.where(x > 0, x, _SELU_ALPHA * np.expm1(np.minimum(x, 0))),
        "elu": lambda: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
        "tanh": lambda: np.tanh(x),
    }[name]()
    return found.astype(np.float32)
