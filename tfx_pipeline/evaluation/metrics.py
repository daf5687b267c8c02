"""The metrics of labels and answers, in float64, as scikit-learn defines them.

Where scikit-learn warns that a metric is undefined and gives 0 or a number beyond meaning, there is
none here: `why_not` says so with counts, and the value is NaN, which no gate accepts. The formulas
are in `formulas`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tfx_pipeline.evaluation.formulas import classes, costs, numbers, probabilities, ranking
from tfx_pipeline.evaluation.formulas.probabilities import log_losses
from tfx_pipeline.evaluation.metric_names import PINBALL_SHARES, TOP_COUNTS, MetricName
from tfx_pipeline.evaluation.scored_rows import (
    BAD_ANSWERS,
    BAD_LABELS,
    ROWS,
    Counts,
    ScoredRows,
    counts_of,
)

__all__ = ["compute", "log_losses", "why_not"]


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
    if name == "mean_cost" and not counts.get("has_costs"):
        return "nothing says what errors cost (evaluation.costs)"
    return _REASONS[task](name, total, counts) or None


def _binary_reason(name: MetricName, total: int, counts: Counts) -> str:
    positive, answered = int(counts["rows_positive"]), int(counts["rows_answered_positive"])
    if name in _NEED_POSITIVES and not positive:
        return f"0 of {total:,} rows are positive"
    if name in ("auc", "specificity", "balanced_accuracy") and positive == total:
        return f"0 of {total:,} rows are negative"
    if name == "precision" and not answered:
        return f"0 of {total:,} rows are answered as positive ({positive:,} are)"
    if name == "f1" and not positive and not answered:
        return f"0 of {total:,} rows are positive, and none is answered so"
    return ""


_NEED_POSITIVES = ("auc", "pr_auc", "recall", "calibration", "balanced_accuracy")


def _multiclass_reason(name: MetricName, total: int, counts: Counts) -> str:
    both, with_rows = counts["classes_with_both"], int(counts["classes_with_rows"])
    unanswered = int(with_rows - both)
    without_rows = int(counts["classes_answered"] - both)
    if name in ("precision", "weighted_precision") and unanswered:
        return f"{unanswered:,} of the {with_rows:,} classes of {total:,} rows are never answered"
    if name == "recall" and without_rows:
        answered = int(counts["classes_answered"])
        return f"{without_rows:,} of the {answered:,} classes answered have none of {total:,} rows"
    known = int(counts.get("classes", with_rows))
    if name in ("macro_auc", "weighted_auc"):
        if with_rows < known:
            return f"{known - with_rows:,} of the {known:,} classes have none of {total:,} rows"
        if known < 2:
            return "there is one class, and 2 are needed"
    if name in _TOP and _TOP[name] >= known:
        return f"there are {known:,} classes: each is among the first {_TOP[name]}"
    return ""


_TOP: dict[str, int] = {f"top_{count}_accuracy": count for count in TOP_COUNTS}


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

_METRICS: dict[str, Callable[[ScoredRows], Any]] = {
    "auc": ranking.auc,
    "pr_auc": ranking.pr_auc,
    "macro_auc": ranking.macro_auc,
    "weighted_auc": ranking.weighted_auc,
    "log_loss": lambda rows: log_losses(rows).mean(),
    "brier": lambda rows: probabilities.brier_losses(rows).mean(),
    "ece": probabilities.expected_calibration_error,
    "accuracy": classes.accuracy,
    **{name: classes.top_accuracy(count) for name, count in _TOP.items()},
    "balanced_accuracy": classes.balanced_accuracy,
    "precision": classes.precision,
    "recall": classes.recall,
    "specificity": classes.specificity,
    "f1": classes.f1,
    "weighted_precision": classes.weighted_precision,
    "weighted_f1": classes.weighted_f1,
    "mean_cost": costs.mean_cost,
    "calibration": numbers.calibration,
    "mean_label": lambda rows: rows.labels.mean(),
    "mean_prediction": lambda rows: rows.answers.mean(dtype=np.float64),
    "mse": numbers.mse,
    "rmse": numbers.rmse,
    "mae": numbers.mae,
    "median_absolute_error": numbers.absolute_error_quantile(0.5),
    "p90_absolute_error": numbers.absolute_error_quantile(0.9),
    "max_error": numbers.max_error,
    "mean_error": numbers.mean_error,
    "error_sd": numbers.error_sd,
    "mape": numbers.mape,
    "r2": numbers.r2,
    **{name: numbers.pinball(share) for name, share in PINBALL_SHARES.items()},
}
