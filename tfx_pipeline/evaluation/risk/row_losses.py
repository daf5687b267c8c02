"""What each answer costs: the main metric of a task is the mean of that."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.metrics import log_losses
from tfx_pipeline.evaluation.scored_rows import ScoredRows


def row_losses(rows: ScoredRows) -> NDArray[np.float64]:
    """Give the log-loss of each row, or its squared error: `[rows]`; NaN: the answer is none."""
    if rows.task == "regression":
        return np.square(rows.answers.astype(np.float64) - rows.labels)
    return log_losses(rows)


def residuals(rows: ScoredRows) -> NDArray[np.float64]:
    """Give label less answer: `[rows, 1]`, or of a multi-class task `[rows, classes]`.

    The label of a class is 1 in the rows of that class and 0 in the others.
    """
    return targets(rows) - rows.answers.astype(np.float64).reshape(len(rows.labels), -1)


def targets(rows: ScoredRows) -> NDArray[np.float64]:
    """Give the labels in the form of the answers: `[rows, 1]` or `[rows, classes]`."""
    if rows.task != "multiclass":
        return rows.labels.astype(np.float64)[:, None]
    return np.eye(rows.classes)[rows.labels.astype(int)]


def explained_share(targets: NDArray[Any], answers: NDArray[Any], weights: NDArray[Any]) -> float:
    """Give the share of the targets' variance that answers explain: R² of weighted rows.

    Of probabilities, that is Brier's skill score. NaN: there are no rows, or they do not vary.
    """
    if not weights.sum() > 0:
        return float("nan")
    means = np.average(targets, axis=0, weights=weights)
    total = weights @ np.square(targets - means).sum(axis=1)
    missed = weights @ np.square(targets - answers).sum(axis=1)
    return float(1 - missed / total) if total > 0 else float("nan")
