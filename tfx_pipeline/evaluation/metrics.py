"""The metrics of labels and answers, in float64, as scikit-learn defines them.

Where scikit-learn warns that a metric is undefined and gives 0 or a number beyond meaning, there is
none here: `why_not` says so with counts, and the value is NaN, which no gate accepts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.metric_names import MetricName
from tfx_pipeline.evaluation.scored_rows import (
    BAD_ANSWERS,
    BAD_LABELS,
    ROWS,
    Counts,
    ScoredRows,
    chosen_classes,
    counts_of,
)


def compute(name: MetricName, rows: ScoredRows, counts: Counts | None = None) -> float:
    """Compute a metric of the rows' task; NaN where `why_not` has a reason.

    `counts` are those of these rows, if they are known already.
    """
    if why_not(name, rows.task, counts_of(rows) if counts is None else counts):
        return float("nan")
    return float(_METRICS[name](rows))


def why_not(name: MetricName, task: str, counts: Counts) -> str | None:
    """Say with counts why a metric does not exist; None when it does."""
    total = int(counts[ROWS])
    if not total:
        return "there is no row with a label"
    if bad := int(counts[BAD_LABELS]):
        needed = "a finite number" if task == "regression" else "one of the classes"
        return f"{bad:,} of {total:,} labels are not {needed}"
    if bad := int(counts[BAD_ANSWERS]):
        needed = "finite numbers" if task == "regression" else "probabilities"
        return f"{bad:,} of {total:,} answers are not {needed}"
    return _REASONS[task](name, total, counts) or None


def _binary_reason(name: MetricName, total: int, counts: Counts) -> str:
    positive, answered = int(counts["rows_positive"]), int(counts["rows_answered_positive"])
    if name in ("auc", "pr_auc", "recall", "calibration") and not positive:
        return f"0 of {total:,} rows are positive"
    if name == "auc" and positive == total:
        return f"0 of {total:,} rows are negative"
    if name == "precision" and not answered:
        return f"0 of {total:,} rows are answered as positive ({positive:,} are)"
    if name == "f1" and not positive and not answered:
        return f"0 of {total:,} rows are positive, and none is answered so"
    return ""


def _multiclass_reason(name: MetricName, total: int, counts: Counts) -> str:
    both = counts["classes_with_both"]
    unanswered = int(counts["classes_with_rows"] - both)
    without_rows = int(counts["classes_answered"] - both)
    if name == "precision" and unanswered:
        with_rows = int(counts["classes_with_rows"])
        return f"{unanswered:,} of the {with_rows:,} classes of {total:,} rows are never answered"
    if name == "recall" and without_rows:
        answered = int(counts["classes_answered"])
        return f"{without_rows:,} of the {answered:,} classes answered have none of {total:,} rows"
    return ""


def _regression_reason(name: MetricName, total: int, counts: Counts) -> str:
    if name == "mape" and (zero := int(counts["rows_label_zero"])):
        return f"{zero:,} of {total:,} labels are 0: an error has no percentage of that"
    if name == "calibration" and not counts["label_sum"]:
        return f"the sum of the {total:,} labels is 0"
    if name == "r2" and not counts["label_spread"]:
        return (
            f"all {total:,} labels are equal" if total > 1 else "there is 1 row, and 2 are needed"
        )
    return ""


_REASONS: dict[str, Callable[[MetricName, int, Counts], str]] = {
    "binary": _binary_reason,
    "multiclass": _multiclass_reason,
    "regression": _regression_reason,
}


def _auc(rows: ScoredRows) -> float:
    """Give the share of pairs in their order, ties half: Mann and Whitney's U."""
    positive = rows.labels == 1
    _, place, sizes = np.unique(rows.answers, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[place]
    count = int(positive.sum())
    above = ranks[positive].sum() - count * (count + 1) / 2
    return above / (count * (len(positive) - count))


def _pr_auc(rows: ScoredRows) -> float:
    """Sum the precision at each threshold, weighted by the gain of recall: average precision."""
    order = np.argsort(-rows.answers, kind="stable")
    answers, positive = rows.answers[order], rows.labels[order] == 1
    last_of_equals = np.append(np.flatnonzero(np.diff(answers)), len(answers) - 1)
    hits = np.cumsum(positive)[last_of_equals]
    gains = np.diff(hits, prepend=0) / hits[-1]
    return (gains * hits / (last_of_equals + 1)).sum()


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


def _per_class(rows: ScoredRows) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Count by class: answered rightly, answered, there are; of the positive one if binary.

    Of a multi-class task, the classes that have rows or answers.
    """
    chosen, labels = chosen_classes(rows), rows.labels.astype(int)
    right = np.bincount(chosen[chosen == labels], minlength=rows.classes)
    answered = np.bincount(chosen, minlength=rows.classes)
    there = np.bincount(labels, minlength=rows.classes)
    used = slice(1, 2) if rows.task == "binary" else (answered + there) > 0
    return right[used], answered[used], there[used]


def _precision(rows: ScoredRows) -> float:
    right, answered, _ = _per_class(rows)
    return (right / answered).mean()


def _recall(rows: ScoredRows) -> float:
    right, _, there = _per_class(rows)
    return (right / there).mean()


def _f1(rows: ScoredRows) -> float:
    right, answered, there = _per_class(rows)
    return (2 * right / (answered + there)).mean()


def _errors(rows: ScoredRows) -> NDArray[Any]:
    return rows.answers.astype(np.float64) - rows.labels


def _mse(rows: ScoredRows) -> float:
    return np.square(_errors(rows)).mean()


def _r2(rows: ScoredRows) -> float:
    return 1 - np.square(_errors(rows)).sum() / np.square(rows.labels - rows.labels.mean()).sum()


_METRICS: dict[MetricName, Callable[[ScoredRows], Any]] = {
    "auc": _auc,
    "pr_auc": _pr_auc,
    "log_loss": lambda rows: log_losses(rows).mean(),
    "accuracy": lambda rows: (chosen_classes(rows) == rows.labels).mean(),
    "precision": _precision,
    "recall": _recall,
    "f1": _f1,
    "calibration": lambda rows: rows.answers.sum(dtype=np.float64) / rows.labels.sum(),
    "mean_label": lambda rows: rows.labels.mean(),
    "mean_prediction": lambda rows: rows.answers.mean(dtype=np.float64),
    "mse": _mse,
    "rmse": lambda rows: np.sqrt(_mse(rows)),
    "mae": lambda rows: np.abs(_errors(rows)).mean(),
    "mape": lambda rows: np.abs(_errors(rows) / rows.labels).mean(),
    "r2": _r2,
}
