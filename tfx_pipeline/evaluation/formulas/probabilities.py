"""Metrics of probabilities: how far they are from what happened."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes

ECE_BINS = 15
"""As in Guo et al., ICML 2017, but of equally many rows: Nixon et al., CVPR workshops 2019."""


def log_losses(rows: ScoredRows) -> NDArray[Any]:
    """Give the log-loss of each row: `[rows] float64`.

    As scikit-learn, probabilities are clipped by the machine epsilon of their own data type: the
    model's 1 in float32 means more than 1 - 6e-8, and 0 less than 6e-8 beside it.
    """
    answers = rows.answers
    if answers.dtype.kind != "f":
        answers = answers.astype(np.float64)
    if rows.task == "binary":
        of_label = np.where(rows.labels == 1, answers, 1 - answers)
    else:
        of_label = answers[np.arange(len(answers)), rows.labels.astype(int)]
    epsilon = np.finfo(answers.dtype).eps
    return -np.log(np.clip(of_label, epsilon, 1 - epsilon).astype(np.float64))


def brier_losses(rows: ScoredRows) -> NDArray[Any]:
    """Give the squared error of each row's probabilities: `[rows] float64`.

    Binary: of the second class's, 0 to 1; multi-class: summed over the classes, 0 to 2 (Brier,
    Monthly Weather Review 78, 1950).
    """
    answers = rows.answers.astype(np.float64)
    if rows.task == "binary":
        return np.square(answers - rows.labels)
    of_label = answers[np.arange(len(answers)), rows.labels.astype(int)]
    return np.square(answers).sum(axis=1) - 2 * of_label + 1


def confidences(rows: ScoredRows) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give a probability of each row, and whether what it is of happened: `[rows]`, each.

    Binary: of the second class; multi-class: of the class that is answered, the likeliest.
    """
    if rows.task == "binary":
        return rows.answers.astype(np.float64), rows.labels == 1
    return rows.answers.max(axis=1).astype(np.float64), chosen_classes(rows) == rows.labels


def equal_mass_bins(scores: NDArray[Any], bins: int) -> NDArray[Any]:
    """Number the bin of each row: `[rows] int`; equally many rows a bin, equal scores in one."""
    edges = np.quantile(scores, np.linspace(0, 1, bins + 1)[1:-1], method="lower")
    return np.searchsorted(np.unique(edges), scores, side="left")


def expected_calibration_error(rows: ScoredRows) -> float:
    """Average |mean probability - share that happened| over `ECE_BINS` bins, by their rows."""
    scores, happened = confidences(rows)
    bins = equal_mass_bins(scores, ECE_BINS)
    gaps = np.bincount(bins, scores) - np.bincount(bins, happened)
    return float(np.abs(gaps).sum() / len(scores))
