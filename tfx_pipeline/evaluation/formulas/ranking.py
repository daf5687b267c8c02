"""Metrics of the order that answers put rows in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows


def auc(rows: ScoredRows) -> float:
    """Compute the area under the ROC curve of a binary task."""
    return auc_of(rows.labels == 1, rows.answers)


def auc_of(positive: NDArray[Any], answers: NDArray[Any]) -> float:
    """Give the share of pairs in their order, ties half: Mann and Whitney's U."""
    _, place, sizes = np.unique(answers, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[place]
    count = int(positive.sum())
    above = ranks[positive].sum() - count * (count + 1) / 2
    return float(above / (count * (len(positive) - count)))


def class_aucs(rows: ScoredRows) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the AUC of each class against the others, and its rows: `[classes] float64`, each."""
    counts = np.bincount(rows.labels.astype(int), minlength=rows.classes)
    aucs = [auc_of(rows.labels == place, rows.answers[:, place]) for place in range(rows.classes)]
    return np.array(aucs), counts.astype(np.float64)


def macro_auc(rows: ScoredRows) -> float:
    """Average the AUC of the classes with equal weight."""
    return float(class_aucs(rows)[0].mean())


def weighted_auc(rows: ScoredRows) -> float:
    """Average the AUC of the classes by their rows."""
    aucs, counts = class_aucs(rows)
    return float(np.average(aucs, weights=counts))


def pr_auc(rows: ScoredRows) -> float:
    """Sum the precision at each threshold, weighted by the gain of recall: average precision."""
    order = np.argsort(-rows.answers, kind="stable")
    answers, positive = rows.answers[order], rows.labels[order] == 1
    last_of_equals = np.append(np.flatnonzero(np.diff(answers)), len(answers) - 1)
    hits = np.cumsum(positive)[last_of_equals]
    gains = np.diff(hits, prepend=0) / hits[-1]
    return float((gains * hits / (last_of_equals + 1)).sum())
