"""Labels and answers of rows, and the counts that say which metrics of them exist.

Terms:
    answer: what the model gives for a row: the probability of the second class, the probability of
        each class, or a number, by the task.
    positive: of a binary task, of the second class; answered positive: with more than the
        threshold, 0.5 unless the model carries another.
    counts: numbers of rows by name, see `counts_of`. They can be kept beside the metrics, and then
        say without the rows why a metric does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
        threshold: see above.
        costs: `[classes, classes] float64`: of answering the second class for a row of the first;
            None: nobody said.
    """

    task: str
    classes: int
    labels: NDArray[Any]
    answers: NDArray[Any]
    threshold: float = 0.5
    costs: NDArray[Any] | None = None

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
        return is_answered_positive(rows).astype(int)
    return rows.answers.argmax(axis=1)


def is_answered_positive(rows: ScoredRows) -> NDArray[np.bool_]:
    """Say of each row of a binary task whether the second class is answered."""
    answers = rows.answers
    if answers.dtype.kind != "f":
        return answers > rows.threshold
    return answers > answers.dtype.type(rows.threshold)  # as the model compares, in its own type


def counts_of(rows: ScoredRows) -> dict[str, float]:
    """Count what decides which metrics exist.

    Returns:
        `rows`, `rows_bad_label`, `rows_bad_answer`, `has_costs` (0 or 1), and of a binary task
        `rows_positive` and `rows_answered_positive`; of a multi-class one `classes`,
        `classes_with_rows`, `classes_answered`, and `classes_with_both`; of regression
        `rows_label_zero`, `label_sum` and `label_spread` (the largest label less the smallest). The
        task's own are of the good rows alone.
    """
    bad_labels, bad_answers = rows.label_is_bad, rows.answer_is_bad
    good = ~(bad_labels | bad_answers)
    kept = replace(rows, labels=rows.labels[good], answers=rows.answers[good])
    counts = {
        ROWS: float(len(good)),
        BAD_LABELS: float(bad_labels.sum()),
        BAD_ANSWERS: float(bad_answers.sum()),
        "has_costs": float(rows.costs is not None),
    }
    return counts | _COUNTS[rows.task](kept)


def _binary_counts(rows: ScoredRows) -> dict[str, float]:
    return {
        "rows_positive": float((rows.labels == 1).sum()),
        "rows_answered_positive": float(is_answered_positive(rows).sum()),
    }


def _multiclass_counts(rows: ScoredRows) -> dict[str, float]:
    there, answered = (
        np.bincount(ids, minlength=rows.classes) > 0
        for ids in (rows.labels.astype(int), chosen_classes(rows))
    )
    return {
        "classes": float(rows.classes),
        "classes_with_rows": float(there.sum()),
        "classes_answered": float(answered.sum()),
        "classes_with_both": float((there & answered).sum()),
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
