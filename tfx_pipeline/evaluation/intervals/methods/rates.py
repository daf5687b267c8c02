"""Intervals of rates of rows, which clusters may hold together.

Sources: see `of_rates`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import Blocks
from tfx_pipeline.evaluation.intervals.of_rates import (
    Ends,
    correlation_of,
    difference,
    normal_quantile,
    student_quantile,
    tango,
    wilson_at,
)
from tfx_pipeline.evaluation.intervals.of_sums import error_of, influence_of
from tfx_pipeline.evaluation.intervals.parts import Rate


def rate_ends(rate: Rate, blocks: Blocks, confidence: float) -> Ends:
    """Give Wilson's interval of a rate's figure; rows of clusters count as fewer."""
    hits, among = float(rate.hits.sum()), float(rate.among.sum())
    share, size = hits / among, among
    if blocks.clustered:
        size = _effective_rows(rate, blocks)
    low, high = wilson_at(share * size, size, rate_quantile(blocks, confidence))
    return Ends(rate.of(share), rate.of(low), rate.of(high))


def rate_quantile(blocks: Blocks, confidence: float) -> float:
    """Give how many standard errors Wilson's interval goes to each side."""
    if blocks.clustered:
        return student_quantile(confidence, blocks.units - 1)
    return normal_quantile(confidence)


def rate_influence(rate: Rate, blocks: Blocks) -> tuple[float, NDArray[np.float64]]:
    """Give a rate, and what each block adds to it."""
    by_block = blocks.sums(rate.hits, rate.among)
    return influence_of(lambda sums: sums[..., 0] / sums[..., 1], by_block)


def _effective_rows(rate: Rate, blocks: Blocks) -> float:
    """Give how many lone rows would say as much as these, which are of clusters."""
    share, influence = rate_influence(rate, blocks)
    error, among = error_of(influence), float(rate.among.sum())
    if share in (0.0, 1.0) or not error > 0:  # all alike, as far as seen: as if a cluster were one
        return min(among, float(np.count_nonzero(blocks.sums(rate.among))))
    return min(among, share * (1 - share) / error**2)


def rates_difference(
    first: Rate, second: Rate, blocks: Blocks, confidence: float
) -> tuple[Ends, str]:
    """Compare two rates: of the same rows by their disagreements, else by both's intervals."""
    alike = np.array_equal(first.among, second.among)
    value = first.of(share_of(first)) - second.of(share_of(second))
    if alike and not blocks.clustered and first.figure is None:
        only_first = int((first.hits & ~second.hits).sum())
        only_second = int((second.hits & ~first.hits).sum())
        rows = int(first.among.sum())
        low, high = tango(only_first, only_second, rows, normal_quantile(confidence))
        return Ends(value, low, high), "tango"
    influences = [rate_influence(rate, blocks)[1] for rate in (first, second)]
    ends = [rate_ends(rate, blocks, confidence) for rate in (first, second)]
    correlation = correlation_of(*influences)
    return Ends(value, *difference(ends[0], ends[1], correlation)), "mover-wilson"


def share_of(rate: Rate) -> float:
    """Divide the hits by the rows that count."""
    return float(rate.hits.sum() / rate.among.sum())
