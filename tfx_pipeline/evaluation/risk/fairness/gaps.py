"""Two groups compared, each with each, and how sure that is of all of them at once.

Terms:
    cell: a group of a partition, and a measure.
    gap: of two cells of one measure and partition: the difference of their figures.

Intervals come from resampled rows, to which each cell of a rate adds one hit and one miss: a group
of thirty rows without an error has not been shown to make none. Source: A. Agresti, B. Caffo,
Simple and effective confidence intervals for proportions and differences of proportions, The
American Statistician 54 (2000) 280-288.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_statistics import gap_intervals
from tfx_pipeline.evaluation.risk.fairness.figures import counts_by_group, figures_by_group
from tfx_pipeline.evaluation.risk.fairness.groups import Partition
from tfx_pipeline.evaluation.risk.fairness.measures import Measure
from tfx_pipeline.evaluation.scored_rows import ScoredRows

_FEWEST_HITS = 10
"""A ratio is given where the higher rate has so many hits: near zero, it says nothing."""
_HALF_A_HIT = 0.5
"""That no resampled rate is 0, which has no logarithm."""


@dataclass(frozen=True)
class Cells:
    """What is measured of each group of each partition: `[cells]` each.

    Attributes:
        figures: as Fairlearn gives them; NaN: of no rows.
        counts: rows that count.
        partition: place of the partition; `measure` and `group` likewise.
    """

    figures: NDArray[np.float64]
    counts: NDArray[np.float64]
    partition: NDArray[Any]
    measure: NDArray[Any]
    group: NDArray[Any]

    def __len__(self) -> int:
        return len(self.figures)


@dataclass(frozen=True)
class Gap:
    """A gap of two cells.

    Attributes:
        low: place of the cell with the lower figure.
        high: of the one with the higher.
        interval: of higher less lower figure, in the measure's own unit.
        ratio: of lower by higher figure; None: not of a rate, or near zero.
    """

    low: int
    high: int
    interval: Interval
    ratio: float | None


def cells_of(
    rows: ScoredRows,
    partitions: Sequence[Partition],
    measures: Sequence[Measure],
    seconds: float = math.inf,
) -> Cells:
    """Measure each group; of two columns, while it took no more than so many seconds of a core."""
    began, figures = time.thread_time(), []
    for each in partitions:
        if len(each.columns) > 1 and time.thread_time() - began > seconds:
            break
        figures.append(figures_by_group(rows, each, measures))
    counts = [counts_by_group(each, measures) for each in partitions[: len(figures)]]
    places = [
        np.stack(np.meshgrid([place], *map(np.arange, each.shape), indexing="ij")).reshape(3, -1)
        for place, each in enumerate(figures)
    ]
    partition, measure, group = np.concatenate(places, axis=1)
    return Cells(
        np.concatenate([each.ravel() for each in figures]),
        np.concatenate([each.ravel() for each in counts]),
        *(partition, measure, group),
    )


def gaps_of(
    cells: Cells,
    partitions: Sequence[Partition],
    measures: Sequence[Measure],
    fewest_rows: int,
    resampling: Resampling,
) -> list[Gap]:
    """Compare each two cells of a measure that `fewest_rows` count for, within each partition."""
    pairs = _pairs(cells, fewest_rows)
    if not len(pairs):
        return []
    rates, rows, resampling = _weighted_figures(cells, partitions, measures, resampling)
    low, high = pairs.T

    def differences(weights: NDArray[Any]) -> NDArray[np.float64]:
        figures = rates(weights)
        return figures[high] - figures[low]

    intervals = gap_intervals(differences, rows, resampling)
    return [
        Gap(
            *(one, other),
            replace(interval, value=float(cells.figures[other] - cells.figures[one]),
                    rows=int(cells.counts[one] + cells.counts[other])),
            _ratio(cells, one, other, measures),
        )
        for one, other, interval in zip(low.tolist(), high.tolist(), intervals, strict=True)
    ]  # fmt: skip


def ratio_intervals(
    gaps: Sequence[Gap],
    cells: Cells,
    partitions: Sequence[Partition],
    measures: Sequence[Measure],
    resampling: Resampling,
) -> list[Interval]:
    """Give the intervals of the gaps' ratios, simultaneous; each gap must have one."""
    if not gaps:
        return []
    rates, rows, resampling = _weighted_figures(
        cells, partitions, measures, resampling, _HALF_A_HIT
    )
    low, high = np.array([(gap.low, gap.high) for gap in gaps]).T

    def log_ratios(weights: NDArray[Any]) -> NDArray[np.float64]:
        figures = rates(weights)
        return np.log(figures[low] / figures[high])

    intervals = gap_intervals(log_ratios, rows, resampling)
    return [
        replace(each, value=gap.ratio or 0.0, low=float(np.exp(each.low)),
                high=float(np.exp(each.high)), rows=gap.interval.rows)
        for gap, each in zip(gaps, intervals, strict=True)
    ]  # fmt: skip


def _pairs(cells: Cells, fewest_rows: int) -> NDArray[Any]:
    """Give the cells to compare, the lower one first: `[pairs, 2] int`."""
    large = np.flatnonzero(cells.counts >= fewest_rows)
    keys = cells.partition[large] * (cells.measure.max(initial=0) + 1) + cells.measure[large]
    cuts = np.flatnonzero(np.diff(keys)) + 1
    pairs = [
        sorted(pair, key=lambda place: cells.figures[place])
        for members in np.split(large, cuts)
        for pair in combinations(members.tolist(), 2)
    ]
    return np.array(pairs, int).reshape(-1, 2)


def _ratio(cells: Cells, low: int, high: int, measures: Sequence[Measure]) -> float | None:
    if not measures[int(cells.measure[high])].is_rate:
        return None
    if cells.figures[high] * cells.counts[high] < _FEWEST_HITS:
        return None
    return float(cells.figures[low] / cells.figures[high])


def _weighted_figures(
    cells: Cells,
    partitions: Sequence[Partition],
    measures: Sequence[Measure],
    resampling: Resampling,
    slack: float = 0.0,
) -> tuple[Callable[[NDArray[Any]], NDArray[np.float64]], int, Resampling]:
    """Give the figures of all cells as a function of weights, how many of these, and whose.

    After the weights of the rows come those of a hit and of a miss for each cell.
    """
    from scipy import sparse

    size, rows = len(cells), len(partitions[0].codes)
    total = rows + 2 * size
    is_rate = np.array([each.is_rate for each in measures])[cells.measure].astype(float)
    entries = [
        (size + np.arange(size), rows + np.arange(size), is_rate),
        (size + np.arange(size), rows + size + np.arange(size), is_rate),
        (np.arange(size), rows + np.arange(size), is_rate),
    ]
    first = 0
    for partition in partitions:
        for measure in measures:
            used = np.flatnonzero((partition.codes >= 0) & (measure.counts > 0))
            of_cell = first + partition.codes[used]
            entries += [
                (of_cell, used, measure.hits[used]),
                (size + of_cell, used, measure.counts[used]),
            ]
            first += len(partition.names)
    cell, place, value = (np.concatenate(each) for each in zip(*entries, strict=True))
    sums = sparse.csr_matrix((value, (cell, place)), shape=(2 * size, total))
    sums.eliminate_zeros()

    def figures(weights: NDArray[Any]) -> NDArray[np.float64]:
        both = sums @ weights
        with np.errstate(invalid="ignore", divide="ignore"):
            return (both[:size] + slack) / (both[size:] + 2 * slack)

    clusters = resampling.clusters
    if clusters is not None:
        of_extra = int(clusters.max(initial=0)) + 1 + np.arange(2 * size)
        resampling = replace(resampling, clusters=np.append(clusters, of_extra))
    return figures, total, resampling
