"""Metrics of the classes that are answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes


def accuracy(rows: ScoredRows) -> float:
    """Give the share of rows answered rightly."""
    return float((chosen_classes(rows) == rows.labels).mean())


def in_top(rows: ScoredRows, count: int) -> NDArray[np.bool_]:
    """Say of each row whether its class is among the `count` likeliest.

    Of equal probabilities the first class comes first.
    """
    likeliest = np.argsort(-rows.answers, axis=1, kind="stable")[:, :count]
    return np.asarray((likeliest == rows.labels[:, np.newaxis]).any(axis=1))


def top_accuracy(count: int) -> Callable[[ScoredRows], float]:
    """Make the metric: the share of rows whose class is among the `count` likeliest."""
    return lambda rows: float(in_top(rows, count).mean())


def class_counts(rows: ScoredRows) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Count by class, `[classes] int` each: answered rightly, answered, there are."""
    chosen, labels = chosen_classes(rows), rows.labels.astype(int)
    right = np.bincount(chosen[chosen == labels], minlength=rows.classes)
    answered = np.bincount(chosen, minlength=rows.classes)
    return right, answered, np.bincount(labels, minlength=rows.classes)


def _of_task(rows: ScoredRows) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Keep the positive class of a binary task; else the classes that have rows or answers."""
    right, answered, there = class_counts(rows)
    used = slice(1, 2) if rows.task == "binary" else (answered + there) > 0
    return right[used], answered[used], there[used]


def precision(rows: ScoredRows) -> float:
    """Give the share of rightly answered rows among those answered so; macro if multi-class."""
    right, answered, _ = _of_task(rows)
    return float((right / answered).mean())


def recall(rows: ScoredRows) -> float:
    """Give the share of rightly answered rows among those that are so; macro if multi-class."""
    right, _, there = _of_task(rows)
    return float((right / there).mean())


def f1(rows: ScoredRows) -> float:
    """Give the harmonic mean of precision and recall; macro if multi-class."""
    right, answered, there = _of_task(rows)
    return float((2 * right / (answered + there)).mean())


def specificity(rows: ScoredRows) -> float:
    """Give the recall of the first class of a binary task."""
    right, _, there = class_counts(rows)
    return float(right[0] / there[0])


def balanced_accuracy(rows: ScoredRows) -> float:
    """Average the recall of the classes that have rows."""
    right, _, there = class_counts(rows)
    return float((right[there > 0] / there[there > 0]).mean())


def weighted_precision(rows: ScoredRows) -> float:
    """Average the precision of the classes by their rows."""
    right, answered, there = class_counts(rows)
    used = there > 0
    return float(np.average(right[used] / answered[used], weights=there[used]))


def weighted_f1(rows: ScoredRows) -> float:
    """Average the F1 of the classes by their rows."""
    right, answered, there = class_counts(rows)
    used = there > 0
    return float(np.average(2 * right[used] / (answered + there)[used], weights=there[used]))
