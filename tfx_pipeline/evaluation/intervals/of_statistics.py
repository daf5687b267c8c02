"""Intervals of any weighted statistics, which hold for all of them at once.

Source: P. Westfall and S. Young, Resampling-Based Multiple Testing, 1993 (max-T).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import make_blocks, weights_of
from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling

Statistic = Callable[[NDArray[np.float64]], NDArray[Any]]
"""Weights of the rows `[rows] float64` to figures `[figures]`; NaN where one does not exist."""


def gap_intervals(statistic: Statistic, rows: int, resampling: Resampling) -> list[Interval]:
    """Give each figure of a statistic with an interval; together they hold as one would.

    The statistic is computed once for each resample, with the same weights for all figures: so
    what it costs is what this costs. A figure that does not exist in half of the resamples has an
    interval of method `none`.
    """
    values = np.asarray(statistic(np.ones(rows)), np.float64)
    blocks = make_blocks(rows, resampling) if rows else None
    if blocks is None or blocks.units < 2:
        return [Interval(float(value), np.nan, np.nan, "none", rows) for value in values]
    weights, places = weights_of(blocks.count, resampling), blocks.of_rows(rows)
    drawn = np.array([statistic(each[places]) for each in weights], np.float64)
    drawn[~np.isfinite(drawn)] = np.nan
    known = np.isfinite(values) & (np.isfinite(drawn).mean(axis=0) > 0.5)
    errors = np.full(len(values), np.nan)
    errors[known] = np.nanstd(drawn[:, known] - values[known], axis=0)
    varies = known & (errors > 0)
    low, high = _shared_quantiles((drawn - values)[:, varies] / errors[varies], resampling)
    found = []
    for value, error, exists in zip(values.tolist(), errors.tolist(), known, strict=True):
        if not exists:
            found.append(Interval(value, np.nan, np.nan, "none", rows))
            continue
        ends = (value - high * error, value - low * error) if error > 0 else (value, value)
        found.append(Interval(value, *ends, "max-t", rows, simultaneous=int(known.sum())))
    return found


def _shared_quantiles(
    deviations: NDArray[np.float64], resampling: Resampling
) -> tuple[float, float]:
    """Give how many standard errors the figures go down and up together."""
    deviations = deviations[np.isfinite(deviations).any(axis=1)]  # of the others nothing is known
    if not deviations.size:
        return 0.0, 0.0
    outside = (1 - resampling.confidence) / 2
    largest = np.quantile(np.nanmax(deviations, axis=1), 1 - outside)
    smallest = np.quantile(np.nanmin(deviations, axis=1), outside)
    return float(smallest), float(largest)
