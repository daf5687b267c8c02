"""Intervals of any metric at all, by computing it again on other rows.

With up to `_MOST_ROWS` rows, of resamples with replacement (the percentiles of what is found); with
more, without one of `_GROUPS` random groups of rows at a time: the grouped jackknife, and Student's
distribution. It costs so many computations however many rows there are, and needs no formula.

Sources: B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, chapters 11 and 13; J.
Shao and D. Tu, The Jackknife and Bootstrap, 1995, section 5.5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import Blocks, make_blocks
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.of_rates import Ends, student_quantile
from tfx_pipeline.evaluation.intervals.of_sums import tails

_MOST_ROWS = 300
_GROUPS = 50

OfRows = Callable[[NDArray[Any]], float]
"""A figure of the rows at these places, which may repeat."""


def resampled_interval(
    figure: OfRows, rows: int, resampling: Resampling, confidence: float
) -> tuple[Ends, str]:
    """Give a figure's interval by computing it again, and the method."""
    value = figure(np.arange(rows))
    blocks = make_blocks(rows, resampling)
    if value != value or blocks.units < 2:
        return Ends(value, float("nan"), float("nan")), "none"
    if rows <= _MOST_ROWS:
        return _percentiles(figure, value, blocks, rows, resampling, confidence), "bootstrap"
    return _without_groups(figure, value, rows, resampling, confidence), "jackknife"


def _percentiles(
    figure: OfRows,
    value: float,
    blocks: Blocks,
    rows: int,
    resampling: Resampling,
    confidence: float,
) -> Ends:
    random = np.random.default_rng(resampling.seed)
    places = blocks.of_rows(rows)
    members = np.split(np.argsort(places, kind="stable"), np.cumsum(np.bincount(places))[:-1])
    found = []
    for _ in range(resampling.resamples):
        drawn = random.integers(0, blocks.count, blocks.count)
        found.append(figure(np.concatenate([members[each] for each in drawn])))
    kept = np.array(found)[np.isfinite(found)]
    if len(kept) < resampling.resamples / 2:
        return Ends(value, float("nan"), float("nan"))
    low, high = tails(kept, (1 - confidence) / 2)
    return Ends(value, min(value, low), max(value, high))


def _without_groups(
    figure: OfRows, value: float, rows: int, resampling: Resampling, confidence: float
) -> Ends:
    blocks = make_blocks(rows, resampling)
    random = np.random.default_rng(resampling.seed)
    groups = min(_GROUPS, blocks.units)
    group = random.permutation(blocks.count) % groups
    of_row = group[blocks.of_rows(rows)]
    found = np.array([figure(np.flatnonzero(of_row != each)) for each in range(groups)])
    found = found[np.isfinite(found)]
    if len(found) < groups / 2:
        return Ends(value, float("nan"), float("nan"))
    count = len(found)
    error = float(np.sqrt((count - 1) / count * np.square(found - found.mean()).sum()))
    half = student_quantile(confidence, count - 1) * error
    return Ends(value, value - half, value + half)
