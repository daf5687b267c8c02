"""Which metric is made of what, see `parts`.

A metric that has no entry here, and none in `of_metrics` either, gets its interval by being
computed again and again: see `methods.resamples`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.formulas.classes import in_top
from tfx_pipeline.evaluation.formulas.costs import row_costs
from tfx_pipeline.evaluation.formulas.numbers import errors, pinball_losses
from tfx_pipeline.evaluation.formulas.probabilities import brier_losses, log_losses
from tfx_pipeline.evaluation.intervals.blocks import Blocks
from tfx_pipeline.evaluation.intervals.of_sums import (
    BELOW_ONE,
    LOGARITHM,
    PLAIN,
    SQUARE,
    Sums,
)
from tfx_pipeline.evaluation.intervals.parts import (
    Labels,
    Macro,
    Mean,
    Part,
    Quantile,
    Rate,
)
from tfx_pipeline.evaluation.metric_names import PINBALL_SHARES, TOP_COUNTS
from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes, is_answered_positive


def part_of(name: str, rows: ScoredRows) -> Part | None:
    """Say what a metric is made of; None: it is a rank, or nothing that is known here."""
    make = _PARTS[rows.task].get(name)
    return None if make is None else make(rows)


def _all(rows: ScoredRows) -> NDArray[np.bool_]:
    return np.ones(len(rows.labels), bool)


def _positive(rows: ScoredRows) -> NDArray[np.bool_]:
    return rows.labels == 1


def _accuracy(rows: ScoredRows) -> Rate:
    return Rate(chosen_classes(rows) == rows.labels, _all(rows))


def _precision(rows: ScoredRows) -> Rate:
    answered = is_answered_positive(rows)
    return Rate(_positive(rows) & answered, answered)


def _recall(rows: ScoredRows) -> Rate:
    positive = _positive(rows)
    return Rate(positive & is_answered_positive(rows), positive)


def _f1(rows: ScoredRows) -> Rate:
    positive, answered = _positive(rows), is_answered_positive(rows)
    return Rate(positive & answered, positive | answered, _f1_of)


def _log_loss(rows: ScoredRows) -> Mean:
    wrong = replace(rows, labels=np.zeros(1), answers=rows.answers[:1] * 0)
    return Mean(log_losses(rows), span=float(log_losses(wrong)[0]))


def _mean_cost(rows: ScoredRows) -> Mean:
    assert rows.costs is not None
    return Mean(row_costs(rows), span=float(rows.costs.max(initial=0) - rows.costs.min(initial=0)))


def _by_label(losses: Callable[[ScoredRows], NDArray[Any]]) -> Callable[[ScoredRows], Mean]:
    """Make the mean of a loss of probabilities of a binary task."""

    def make(rows: ScoredRows) -> Mean:
        ones = np.ones(len(rows.labels))
        labels = Labels(
            _positive(rows),
            np.clip(rows.answers.astype(np.float64), 0, 1),
            losses(replace(rows, labels=ones)),
            losses(replace(rows, labels=0 * ones)),
        )
        wrong = replace(rows, labels=np.ones(1), answers=rows.answers[:1] * 0)
        return Mean(losses(rows), by_label=labels, span=float(losses(wrong)[0]))

    return make


def _specificity(rows: ScoredRows) -> Rate:
    negative = ~_positive(rows)
    return Rate(negative & ~is_answered_positive(rows), negative)


def _top(count: int) -> Callable[[ScoredRows], Part]:
    return lambda rows: Rate(in_top(rows, count), _all(rows))


def _pinball(share: float) -> Callable[[ScoredRows], Part]:
    return lambda rows: Mean(pinball_losses(rows, share))


def _mean_answer(rows: ScoredRows) -> Mean:
    span = np.inf if rows.task == "regression" else 1.0
    return Mean(rows.answers.astype(np.float64), span=span)


def _calibration(rows: ScoredRows) -> Sums:
    answers, labels = rows.answers.astype(np.float64), rows.labels
    scale = LOGARITHM if min(answers.min(), labels.min()) >= 0 else PLAIN
    return Sums(
        lambda blocks: blocks.sums(answers, labels),
        lambda sums: sums[..., 0] / sums[..., 1],
        2,
        scale,
    )


def _error_sd(rows: ScoredRows) -> Mean:
    found = errors(rows)
    return Mean(np.square(found - found.mean()), np.sqrt, SQUARE)


def _r2(rows: ScoredRows) -> Sums:
    squares, above = np.square(errors(rows)), rows.labels - rows.labels.mean()

    def figure(sums: NDArray[Any]) -> NDArray[Any]:
        spread = sums[..., 3] - np.square(sums[..., 2]) / sums[..., 0]
        return 1 - sums[..., 1] / spread

    ones = np.ones(len(above))
    return Sums(
        lambda blocks: blocks.sums(ones, squares, above, np.square(above)), figure, 4, BELOW_ONE
    )


def _macro(
    among: Callable[[Any, Any, Any], Any],
    figure: Callable[[Any], Any] | None = None,
    *,
    by_rows: bool = False,
) -> Callable[[ScoredRows], Macro]:
    return lambda rows: Macro(lambda blocks: _class_counts(rows, blocks), among, figure, by_rows)


def _answered(right: Any, answered: Any, there: Any) -> Any:
    return answered


def _there(right: Any, answered: Any, there: Any) -> Any:
    return there


def _either(right: Any, answered: Any, there: Any) -> Any:
    return answered + there - right


def _f1_of(rate: Any) -> Any:
    """Give F1 of Jaccard's rate, right among what is of a class or answered so."""
    return 2 * rate / (1 + rate)


def _class_counts(rows: ScoredRows, blocks: Blocks) -> NDArray[np.float64]:
    """Count by block and class: `[blocks, 3, classes]`; see `Macro`."""
    chosen, labels = chosen_classes(rows), rows.labels.astype(int)
    places, classes = blocks.of_rows(len(labels)), rows.classes
    size = blocks.count * classes
    right = np.bincount((places * classes + labels)[chosen == labels], minlength=size)
    answered = np.bincount(places * classes + chosen, minlength=size)
    there = np.bincount(places * classes + labels, minlength=size)
    found = [each.reshape(blocks.count, classes) for each in (right, answered, there)]
    return np.stack(found, axis=1).astype(np.float64)


_PARTS: dict[str, dict[str, Callable[[ScoredRows], Part]]] = {
    "binary": {
        "log_loss": _by_label(log_losses),
        "brier": _by_label(brier_losses),
        "accuracy": _accuracy,
        "balanced_accuracy": _macro(_there),
        "precision": _precision,
        "recall": _recall,
        "specificity": _specificity,
        "f1": _f1,
        "mean_cost": _mean_cost,
        "calibration": _calibration,
        "mean_label": lambda rows: Rate(_positive(rows), _all(rows)),
        "mean_prediction": _mean_answer,
    },
    "multiclass": {
        "log_loss": _log_loss,
        "brier": lambda rows: Mean(brier_losses(rows), span=2.0),
        "accuracy": _accuracy,
        **{f"top_{count}_accuracy": _top(count) for count in TOP_COUNTS},
        "balanced_accuracy": _macro(_there),
        "precision": _macro(_answered),
        "recall": _macro(_there),
        "f1": _macro(_either, _f1_of),
        "weighted_precision": _macro(_answered, by_rows=True),
        "weighted_f1": _macro(_either, _f1_of, by_rows=True),
        "mean_cost": _mean_cost,
    },
    "regression": {
        "mse": lambda rows: Mean(np.square(errors(rows))),
        "rmse": lambda rows: Mean(np.square(errors(rows)), np.sqrt, SQUARE),
        "mae": lambda rows: Mean(np.abs(errors(rows))),
        "median_absolute_error": lambda rows: Quantile(np.abs(errors(rows)), 0.5),
        "p90_absolute_error": lambda rows: Quantile(np.abs(errors(rows)), 0.9),
        "mean_error": lambda rows: Mean(errors(rows)),
        "error_sd": _error_sd,
        "mape": lambda rows: Mean(np.abs(errors(rows) / rows.labels)),
        **{name: _pinball(share) for name, share in PINBALL_SHARES.items()},
        "r2": _r2,
        "calibration": _calibration,
        "mean_label": lambda rows: Mean(rows.labels),
        "mean_prediction": _mean_answer,
    },
}
