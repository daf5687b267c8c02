"""Intervals of many slices of the rows, which hold for all of them at once.

Of 20 slices whose figures are as good as they seem, one lies outside of its own 95 % interval. So
each interval is as much wider as it takes for all to hold with the confidence that is asked for: by
the largest of the slices' deviations in resamples that share their weights ("max-T"), which knows
which slices overlap. It never goes beyond Sidak's bound, which needs to know nothing.

Sources: P. Westfall and S. Young, Resampling-Based Multiple Testing, 1993; Z. Sidak, J. Am.
Statist. Assoc. 62 (1967) 626-633 (independence is the worst case of normal deviations).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import make_blocks, weights_of
from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.intervals.of_metrics import metric_intervals, rows_at
from tfx_pipeline.evaluation.scored_rows import ScoredRows

MIN_SLICE_ROWS = 30
"""Of fewer rows, an interval says little and is hardly true."""

Members = Sequence[NDArray[Any]]
OfRows = Callable[[NDArray[Any], Resampling], dict[str, Interval]]


def slice_intervals(
    names: Sequence[str],
    rows: ScoredRows,
    members: Members,
    resampling: Resampling,
    min_rows: int = MIN_SLICE_ROWS,
) -> list[dict[str, Interval]]:
    """Give each metric of each slice; of method `none`, with NaN ends, where rows are too few.

    `members` are the places of each slice's rows in `rows`.
    """
    return _of_slices(
        lambda places, its: metric_intervals(names, rows_at(rows, places), its),
        len(rows.labels),
        members,
        resampling,
        min_rows,
    )


def slice_loss_intervals(
    names: Sequence[str],
    candidate: ScoredRows,
    baseline: ScoredRows,
    members: Members,
    resampling: Resampling,
    min_rows: int = MIN_SLICE_ROWS,
) -> list[dict[str, Interval]]:
    """Give the loss of each metric in each slice, as `loss_intervals` does, likewise."""
    return _of_slices(
        lambda places, its: loss_intervals(
            names, rows_at(candidate, places), rows_at(baseline, places), its
        ),
        len(candidate.labels),
        members,
        resampling,
        min_rows,
    )


def _of_slices(
    of_rows: OfRows, rows: int, members: Members, resampling: Resampling, min_rows: int
) -> list[dict[str, Interval]]:
    judged = [places for places in members if len(places) >= min_rows]
    confidence = simultaneous_confidence(rows, judged, resampling)
    found = []
    for places in members:
        clusters = None if resampling.clusters is None else resampling.clusters[places]
        figures = of_rows(places, replace(resampling, confidence=confidence, clusters=clusters))
        if len(places) < min_rows:
            nan = float("nan")
            figures = {
                name: replace(each, low=nan, high=nan, method="none")
                for name, each in figures.items()
            }
        found.append(
            {name: replace(each, simultaneous=len(judged)) for name, each in figures.items()}
        )
    return found


def simultaneous_confidence(rows: int, members: Members, resampling: Resampling) -> float:
    """Give the confidence that each slice needs for all of them to hold as they should.

    Two slices' figures are correlated as far as they share rows: for each row a number is drawn,
    as if it were the row's influence, so one answer serves all metrics.
    """
    if len(members) < 2:
        return resampling.confidence
    from scipy.special import ndtr

    blocks = make_blocks(rows, resampling)
    of_row = np.random.default_rng([resampling.seed, 1]).standard_normal(rows)
    influence = np.zeros((blocks.count, len(members)))
    for place, each in enumerate(members):
        inside = np.zeros(rows)
        inside[each] = of_row[each]
        influence[:, place] = blocks.sums(inside)[:, 0]
    largest = largest_deviations(influence, weights_of(blocks.count, resampling))
    shared = 2 * float(ndtr(np.quantile(largest, resampling.confidence))) - 1
    sidak = resampling.confidence ** (1 / len(members))
    return min(sidak, max(resampling.confidence, shared))


def largest_deviations(
    influence: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give of each resample the largest of the figures' deviations, in standard errors.

    Args:
        influence: `[blocks, figures]`.
        weights: `[resamples, blocks]`.
    """
    size = np.sqrt(np.square(influence).sum(axis=0))
    deviations = (weights @ influence - influence.sum(axis=0))[:, size > 0] / size[size > 0]
    return np.abs(deviations).max(axis=1, initial=0.0)
