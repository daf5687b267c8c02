"""Labels and answers of rows, and the counts that say which metrics of them exist.

Terms:
    answer: what the model gives for a row: the probability of the second class, the probability of
        each class, or a number, by the task.
    positive: of a binary task, of the second class; answered positive: with more than 0.5.
    counts: numbers of rows by name, see `counts_of`. They can be kept beside the metrics, and then
        say without the rows why a metric does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Counts = Mapping[str, float]

ROWS = "rows"
BAD_LABELS = "rows_bad_label"
BAD_ANSWERS = "rows_bad_answer"
_SUM_SLACK = 0.01
_EDGE_SLACK = 1e-6
"""Rounding in float32 may leave a probability that much outside of 0 to 1; it is clipped."""


@dataclass(frozen=True)
class ScoredRows:
    """Labels and answers of a task.

    Attributes:
        task: `binary`, `multiclass` or `regression`.
        classes: how many; 2 for a binary task, 0 for regression.
        labels: `[rows] float64`: class ids, or numbers.
        answers: `[rows]`, or `[rows, classes]` of a multi-class task, of the model's own data type:
            what a probability of 1 may hide depends on it.
    """

    task: str
    classes: int
    labels: NDArray[Any]
    answers: NDArray[Any]

    @property
    def label_is_bad(self) -> NDArray[Any]:
        """Say of each row whether its label is none: no class id, or no finite number."""
        labels = self.labels
        if self.task == "regression":
            return ~np.isfinite(labels)
        with np.errstate(invalid="ignore"):
            return ~((labels >= 0) & (labels < self.classes) & (labels == np.floor(labels)))

    @property
    def answer_is_bad(self) -> NDArray[Any]:
        """Say of each row whether its answer is none: no finite number, or no probability."""
        answers = self.answers.astype(np.float64)
        if self.task == "regression":
            return ~np.isfinite(answers)
        with np.errstate(invalid="ignore"):
            good = (answers >= -_EDGE_SLACK) & (answers <= 1 + _EDGE_SLACK)
        if self.task == "multiclass":
            good = good.all(axis=1) & (np.abs(answers.sum(axis=1) - 1) <= _SUM_SLACK)
        return ~good


def chosen_classes(rows: ScoredRows) -> NDArray[Any]:
    """Give the class that each answer is for: the likeliest, of equals the first; `[rows] int`."""
    if rows.task == "binary":
        return (rows.answers > 0.5).astype(int)
    return rows.answers.argmax(axis=1)


def counts_of(rows: ScoredRows) -> dict[str, float]:
    """Count what decides which metrics exist.

    Returns:
        `rows`, `rows_bad_label`, `rows_bad_answer`, and of a binary task `rows_positive` and
        `rows_answered_positive`; of a multi-class one `classes_with_rows`, `classes_answered`, and
        `classes_with_both`; of regression `rows_label_zero`, `label_sum` and `label_spread` (the
        largest label less the smallest). The task's own are of the good rows alone.
    """
    bad_labels, bad_answers = rows.label_is_bad, rows.answer_is_bad
    good = ~(bad_labels | bad_answers)
    kept = ScoredRows(rows.task, rows.classes, rows.labels[good], rows.answers[good])
    counts = {
        ROWS: float(len(good)),
        BAD_LABELS: float(bad_labels.sum()),
        BAD_ANSWERS: float(bad_answers.sum()),
    }
    return counts | _COUNTS[rows.task](kept)


def _binary_counts(rows: ScoredRows) -> dict[str, float]:
    return {
        "rows_positive": float((rows.labels == 1).sum()),
        "rows_answered_positive": float((rows.answers > 0.5).sum()),
    }


def _multiclass_counts(rows: ScoredRows) -> dict[str, float]:
    labels, answered = set(rows.labels.astype(int).tolist()), set(chosen_classes(rows).tolist())
    return {
        "classes_with_rows": float(len(labels)),
        "classes_answered": float(len(answered)),
        "classes_with_both": float(len(labels & answered)),
    }


def _regression_counts(rows: ScoredRows) -> dict[str, float]:
    labels = rows.labels
    return {
        "rows_label_zero": float((labels == 0).sum()),
        "label_sum": float(labels.sum()),
        "label_spread": float(labels.max() - labels.min()) if len(labels) else 0.0,
    }


_COUNTS = {
    "binary": _binary_counts,
    "multiclass": _multiclass_counts,
    "regression": _regression_counts,
}
