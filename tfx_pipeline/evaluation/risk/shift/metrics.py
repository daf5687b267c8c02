"""Metrics of weighted rows, beside those of the rows as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_statistics import gap_intervals
from tfx_pipeline.evaluation.metric_names import MAIN_METRIC
from tfx_pipeline.evaluation.risk.row_losses import row_losses
from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes


@dataclass(frozen=True)
class Reweighted:
    """A metric that is a mean over rows.

    Attributes:
        name: which.
        plain: of the rows as they are.
        weighted: of the weighted ones.
        increase: of the second over the first, as a share of the first.
    """

    name: str
    plain: float
    weighted: Interval
    increase: Interval


def reweighted(
    rows: ScoredRows, weights: NDArray[np.float64], resampling: Resampling
) -> list[Reweighted]:
    """Compute the main metric, and then a second one; the weights hold as they are."""
    names, values = [MAIN_METRIC[rows.task]], [row_losses(rows)]
    if rows.task == "regression":
        names.append("mae")
        values.append(np.abs(rows.answers.astype(np.float64) - rows.labels))
    else:
        names.append("accuracy")
        values.append((chosen_classes(rows) == rows.labels).astype(np.float64))
    columns = np.stack(values, axis=1)

    def statistic(drawn: NDArray[Any]) -> NDArray[np.float64]:
        plain = drawn @ columns / drawn.sum()
        as_newest = (drawn * weights) @ columns / (drawn @ weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.concatenate([as_newest, as_newest / plain - 1])

    intervals = gap_intervals(statistic, len(rows.labels), resampling)
    plain = columns.mean(axis=0)
    return [
        Reweighted(name, float(plain[place]), intervals[place], intervals[place + len(names)])
        for place, name in enumerate(names)
    ]
