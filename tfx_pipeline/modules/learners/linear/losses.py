"""Losses of tasks and their derivatives by the logits, in float64.

They equal `Task.loss`; written out, for a search calls them a thousand times, on a few rows each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, log_softmax

from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Task

Loss: TypeAlias = Callable[
    [NDArray[Any], NDArray[np.float64]], tuple[NDArray[np.float64], NDArray[np.float64]]
]
"""Makes of encoded labels and logits, `[rows, outputs]`, the losses `[rows]` and their derivatives
by the logits `[rows, outputs]`."""


def loss_of(task: Task) -> Loss:
    """Find the loss of a task."""
    if isinstance(task, Binary):
        return _binary
    return _multiclass if isinstance(task, Multiclass) else _squared


def _squared(
    labels: NDArray[Any], logits: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    errors = logits - labels
    return np.square(errors[:, 0]), 2 * errors


def _binary(
    labels: NDArray[Any], logits: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    losses = np.logaddexp(0, logits) - labels * logits
    return losses[:, 0], expit(logits) - labels


def _multiclass(
    labels: NDArray[Any], logits: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rows = np.arange(len(labels))
    logarithms = log_softmax(logits, axis=1)
    slopes = np.exp(logarithms)
    slopes[rows, labels] -= 1
    return -logarithms[rows, labels], slopes
