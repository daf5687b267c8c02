"""Metrics of numbers: errors, answer less label, in the label's unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows


def errors(rows: ScoredRows) -> NDArray[Any]:
    """Give the error of each row: `[rows] float64`."""
    return rows.answers.astype(np.float64) - rows.labels


def mse(rows: ScoredRows) -> float:
    """Average the squared errors."""
    return float(np.square(errors(rows)).mean())


def rmse(rows: ScoredRows) -> float:
    """Give the root of the mean squared error."""
    return float(np.sqrt(mse(rows)))


def mae(rows: ScoredRows) -> float:
    """Average the errors' sizes."""
    return float(np.abs(errors(rows)).mean())


def mape(rows: ScoredRows) -> float:
    """Average the errors' sizes as shares of the labels."""
    return float(np.abs(errors(rows) / rows.labels).mean())


def r2(rows: ScoredRows) -> float:
    """Give the share of the labels' variance that is explained."""
    spread = np.square(rows.labels - rows.labels.mean()).sum()
    return float(1 - np.square(errors(rows)).sum() / spread)


def mean_error(rows: ScoredRows) -> float:
    """Average the errors: above 0, answers are too high."""
    return float(errors(rows).mean())


def error_sd(rows: ScoredRows) -> float:
    """Give the standard deviation of the errors."""
    return float(errors(rows).std())


def max_error(rows: ScoredRows) -> float:
    """Give the size of the largest error."""
    return float(np.abs(errors(rows)).max())


def absolute_error_quantile(share: float) -> Callable[[ScoredRows], float]:
    """Make the metric: the size that this share of the errors does not exceed, interpolated."""

    def metric(rows: ScoredRows) -> float:
        return float(np.quantile(np.abs(errors(rows)), share))

    return metric


def pinball_losses(rows: ScoredRows, share: float) -> NDArray[Any]:
    """Give the loss of each answer as this quantile of the labels: `[rows] float64`.

    Koenker and Bassett, Econometrica 46 (1978): an error below costs `share`, above `1 - share`.
    """
    missing = -errors(rows)
    return np.maximum(share * missing, (share - 1) * missing)


def pinball(share: float) -> Callable[[ScoredRows], float]:
    """Make the metric: the mean of these."""
    return lambda rows: float(pinball_losses(rows, share).mean())


def calibration(rows: ScoredRows) -> float:
    """Divide the sum of the answers by that of the labels."""
    return float(rows.answers.sum(dtype=np.float64) / rows.labels.sum())
