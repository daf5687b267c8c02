"""Activations of networks, by name, as Keras and the family mlp compute them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
_SELU_SCALE, _SELU_ALPHA = np.float32(1.0507009873554805), np.float32(1.6732632423543772)
"""Klambauer et al., Self-Normalizing Neural Networks (2017)."""


def _elu(x: Floats) -> Floats:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def _selu(x: Floats) -> Floats:
    return _SELU_SCALE * np.where(x > 0, x, _SELU_ALPHA * _elu(x))


def _gelu(x: Floats) -> Floats:
    from scipy.special import erf

    return np.float32(0.5) * x * (1 + erf(x * np.float32(0.5**0.5)))


def _silu(x: Floats) -> Floats:
    power = np.exp(-np.abs(x))
    return x * np.where(x < 0, power, np.float32(1)) / (1 + power)


def _mish(x: Floats) -> Floats:
    return x * np.tanh(np.logaddexp(np.float32(0), x))


ACTIVATIONS: dict[str, Callable[[Floats], Floats]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "elu": _elu,
    "selu": _selu,
    "gelu": _gelu,
    "silu": _silu,
    "tanh": np.tanh,
    "mish": _mish,
}
