"""How well predictions are, and whether one way's are better than another's on the same rows."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
_SMALLEST = 1e-7  # a probability of 0 that comes true would make every log-loss infinite


def metrics(label: NDArray[Any], predictions: Floats) -> dict[str, float]:
    """Compute the metrics of a task: `rmse`, or `auc`, `log_loss`, `ece` and `accuracy`."""
    weight = np.ones(len(label))
    if predictions.ndim == 1:
        return {"rmse": rmse(label, predictions, weight)}
    return {
        "auc": auc(label, predictions, weight),
        "log_loss": log_loss(label, predictions, weight),
        "ece": calibration_error(label, predictions),
        "accuracy": float((predictions.argmax(1) == label).mean()),
    }


def rmse(label: NDArray[Any], predictions: Floats, weight: Floats) -> float:
    """Compute the root of the mean squared error, in the label's unit."""
    squares = (predictions - label.astype(np.float64)) ** 2
    return float(np.sqrt(np.average(squares, weights=weight)))


def log_loss(label: NDArray[Any], probabilities: Floats, weight: Floats) -> float:
    """Compute the mean of -log of the probability of what came true, in nats."""
    shares = np.clip(probabilities, _SMALLEST, 1)
    shares = shares / shares.sum(1, keepdims=True)
    of_label = shares[np.arange(len(label)), label.astype(int)]
    return float(np.average(-np.log(of_label), weights=weight))


def auc(label: NDArray[Any], probabilities: Floats, weight: Floats) -> float:
    """Compute the area under the ROC curve; of more classes, the mean of each against the rest.

    Classes that no row has are left out of the mean.
    """
    classes = probabilities.shape[1]
    of = [1] if classes == 2 else [x for x in range(classes) if (label == x).any()]
    return float(np.mean([_auc(label == x, probabilities[:, x], weight) for x in of]))


def _auc(is_it: NDArray[np.bool_], score: Floats, weight: Floats) -> float:
    """Compute the share of pairs in order, ties as a half (Mann and Whitney 1947)."""
    _, place = np.unique(score, return_inverse=True)
    positive = np.bincount(place, weight * is_it)
    negative = np.bincount(place, weight * ~is_it)
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs else 0.5


def calibration_error(label: NDArray[Any], probabilities: Floats, bins: int = 15) -> float:
    """Compute the expected calibration error over bins of equal width.

    Of two classes: of the second one's probability. Of more: of the most probable class's, as in
    Guo et al., On Calibration of Modern Neural Networks, ICML 2017, section 2.
    """
    if probabilities.shape[1] == 2:
        share, is_it = probabilities[:, 1], label == 1
    else:
        share, is_it = probabilities.max(1), probabilities.argmax(1) == label
    place = np.minimum((share * bins).astype(int), bins - 1)
    gaps = np.bincount(place, is_it - share, bins)
    return float(np.abs(gaps).sum() / len(label))
