"""The figures of each group, by Fairlearn and scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.fairness.groups import Partition
from tfx_pipeline.evaluation.risk.fairness.measures import Measure
from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes


def figures_by_group(
    rows: ScoredRows, partition: Partition, measures: Sequence[Measure]
) -> NDArray[np.float64]:
    """Compute what is measured of each group: `[measures, groups]`; NaN: no row counts.

    Several groups there must be. A rate of no rows, which the libraries call 0, is none.
    """
    there = partition.codes >= 0
    codes = partition.codes[there]
    labels, answers = rows.labels[there], rows.answers[there].astype(np.float64)
    chosen = None if rows.task == "regression" else chosen_classes(rows)[there]
    frames = {
        of_class: _frame(rows.task, of_class, labels, answers, chosen, codes)
        for of_class in {measure.of_class for measure in measures}
    }
    figures = np.array([frames[each.of_class][each.name] for each in measures], np.float64)
    counts = counts_by_group(partition, measures)
    return np.where(counts > 0, figures, np.nan)


def counts_by_group(partition: Partition, measures: Sequence[Measure]) -> NDArray[np.float64]:
    """Count the rows that each figure is of: `[measures, groups]`."""
    there = partition.codes >= 0
    codes, size = partition.codes[there], len(partition.names)
    return np.array([np.bincount(codes, each.counts[there], size) for each in measures])


def _frame(
    task: str,
    of_class: int | None,
    labels: NDArray[Any],
    answers: NDArray[Any],
    chosen: NDArray[Any] | None,
    codes: NDArray[Any],
) -> dict[str, NDArray[Any]]:
    """Give `[groups]` by name of the measure."""
    from fairlearn.metrics import MetricFrame

    params: dict[str, dict[str, Any]] = {}
    if chosen is None:
        metrics, true, given = _REGRESSION, labels, answers
    elif task == "multiclass" and of_class is None:
        metrics, true, given = {"error": _error}, labels, chosen
    else:
        place = 1 if of_class is None else of_class
        metrics = _rates()
        true, given = (labels == place).astype(int), (chosen == place).astype(int)
        params = {"calibration": {"probability": answers if task == "binary" else
                                  answers[:, place]}}  # fmt: skip
    frame = MetricFrame(
        metrics=dict(metrics),
        y_true=true,
        y_pred=given,
        sensitive_features=codes,
        sample_params=params,
    ).by_group.sort_index()
    return {name: frame[name].to_numpy(np.float64) for name in metrics}


def _rates() -> dict[str, Callable[..., float]]:
    from fairlearn import metrics
    from sklearn.metrics import precision_score

    def precision(true: NDArray[Any], given: NDArray[Any]) -> float:
        return precision_score(true, given, zero_division=0)

    return {
        "selection_rate": metrics.selection_rate,
        "true_positive_rate": metrics.true_positive_rate,
        "false_positive_rate": metrics.false_positive_rate,
        "positive_predictive_value": precision,
        "calibration": _calibration,
        "error": _error,
    }


def _calibration(true: NDArray[Any], given: NDArray[Any], probability: NDArray[Any]) -> float:
    return float(np.mean(probability) - np.mean(true))


def _error(true: NDArray[Any], given: NDArray[Any]) -> float:
    from sklearn.metrics import zero_one_loss

    return zero_one_loss(true, given)


def _mean_error(true: NDArray[Any], given: NDArray[Any]) -> float:
    return float(np.mean(given) - np.mean(true))


def _mean_absolute_error(true: NDArray[Any], given: NDArray[Any]) -> float:
    from sklearn.metrics import mean_absolute_error

    return mean_absolute_error(true, given)


_REGRESSION: dict[str, Callable[..., float]] = {
    "mean_error": _mean_error,
    "mean_absolute_error": _mean_absolute_error,
}
