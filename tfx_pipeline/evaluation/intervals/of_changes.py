"""Intervals of how much worse than another model a model is, on the same rows.

A loss is as `gates.loss_of` has it: in the metric's unit, positive where the candidate is worse; of
a metric that is best at an ideal value, by the distance to it. Rows are compared in pairs, so what
both models find hard does not blur what differs between them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import Blocks, make_blocks
from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.methods.area import area_difference, area_of
from tfx_pipeline.evaluation.intervals.methods.average_precision import precision_difference
from tfx_pipeline.evaluation.intervals.methods.calibration_error import (
    calibration_error_difference,
)
from tfx_pipeline.evaluation.intervals.methods.macros import macro_ends
from tfx_pipeline.evaluation.intervals.methods.means import (
    as_far_as_student,
    has_small_class,
    moderated_interval,
    no_further_than_bernstein,
)
from tfx_pipeline.evaluation.intervals.methods.quantiles import below, quantile_ends
from tfx_pipeline.evaluation.intervals.methods.rates import (
    rate_influence,
    rate_quantile,
    rates_difference,
)
from tfx_pipeline.evaluation.intervals.methods.resamples import resampled_interval
from tfx_pipeline.evaluation.intervals.metric_parts import part_of
from tfx_pipeline.evaluation.intervals.of_metrics import (
    interval_of,
    no_interval,
    ranks_of,
    rows_at,
)
from tfx_pipeline.evaluation.intervals.of_rates import (
    Ends,
    correlation_of,
    difference,
)
from tfx_pipeline.evaluation.intervals.of_sums import Sums, bootstrap_t, percentiles
from tfx_pipeline.evaluation.intervals.parts import (
    Macro,
    Mean,
    Part,
    Quantile,
    Rate,
    sums_of,
)
from tfx_pipeline.evaluation.metric_names import BETTER, MetricName
from tfx_pipeline.evaluation.metrics import compute, why_not
from tfx_pipeline.evaluation.scored_rows import ScoredRows, counts_of


def loss_intervals(
    names: Sequence[str], candidate: ScoredRows, baseline: ScoredRows, resampling: Resampling
) -> dict[str, Interval]:
    """Give the loss of each metric; of method `none`, with NaN, where a model has no such metric.

    Both must hold the same rows in the same order.
    """
    count = len(candidate.labels)
    if count != len(baseline.labels):
        raise ValueError(
            f"a paired interval needs the same rows of both models; received {count:,} and"
            f" {len(baseline.labels):,}"
        )
    counts = [counts_of(rows) for rows in (candidate, baseline)]
    same = _same_answers(candidate, baseline)
    blocks = make_blocks(count, resampling) if count else None
    found = {}
    for name in names:
        known = cast(MetricName, name)
        if blocks is None or any(why_not(known, candidate.task, each) for each in counts):
            found[name] = no_interval(math.nan, count)
        elif same or name == BETTER[known].ideal:
            found[name] = Interval(0.0, 0.0, 0.0, "identical", count)
        else:
            ends, method = _ends_of(known, candidate, baseline, blocks, resampling)
            found[name] = interval_of(ends, method, count)
    return found


def _same_answers(first: ScoredRows, second: ScoredRows) -> bool:
    return first.threshold == second.threshold and np.array_equal(first.answers, second.answers)


def _ends_of(
    name: MetricName,
    candidate: ScoredRows,
    baseline: ScoredRows,
    blocks: Blocks,
    resampling: Resampling,
) -> tuple[Ends, str]:
    confidence = resampling.confidence
    if BETTER[name].direction == "near":
        gap = _nearness(name, candidate, baseline)
        if gap is not None:  # by percentiles, since a distance has a kink at 0
            return percentiles(gap, blocks, resampling, confidence), "percentiles"
    worse, better = (candidate, baseline)  # of a metric that is better when lower
    if BETTER[name].direction == "higher":
        worse, better = better, worse
    if name == "max_error":
        return Ends(compute(name, worse) - compute(name, better), math.nan, math.nan), "none"
    if name == "ece":
        return calibration_error_difference(worse, better, blocks, confidence), "normal"
    if name == "auc":
        first, second = (
            area_of(each.answers, each.labels == 1, blocks) for each in (worse, better)
        )
        return area_difference(first, second, confidence)
    ranked = ranks_of(name, worse, blocks), ranks_of(name, better, blocks)
    if ranked[0] and ranked[1]:
        return precision_difference(ranked[0][:2], ranked[1][:2], ranked[0][2], confidence)
    parts = part_of(name, worse), part_of(name, better)
    if parts[0] is not None and parts[1] is not None:
        return _parts(parts[0], parts[1], blocks, resampling)

    def figure(places: NDArray[Any]) -> float:
        return compute(name, rows_at(worse, places)) - compute(name, rows_at(better, places))

    return resampled_interval(figure, len(candidate.labels), resampling, confidence)


def _parts(first: Part, second: Part, blocks: Blocks, resampling: Resampling) -> tuple[Ends, str]:
    """Compare two models by what the metric is made of."""
    confidence = resampling.confidence
    if isinstance(first, Rate) and isinstance(second, Rate):
        return rates_difference(first, second, blocks, confidence)
    if isinstance(first, Mean) and isinstance(second, Mean) and first.figure is None:
        return _means(first.less(second), blocks, resampling)
    if isinstance(first, Quantile) and isinstance(second, Quantile):
        return _quantiles(first, second, blocks, confidence)
    if isinstance(first, Macro) and isinstance(second, Macro):
        return _macros(first, second, blocks, confidence)
    assert not isinstance(first, (Macro, Quantile))
    assert not isinstance(second, (Macro, Quantile))
    both = sums_of(first).beside(sums_of(second), lambda one, other: one - other)
    return bootstrap_t(both, blocks, resampling, confidence)


def _means(change: Mean, blocks: Blocks, resampling: Resampling) -> tuple[Ends, str]:
    """Give the interval of the mean change of rows."""
    labels, confidence = change.by_label, resampling.confidence
    if labels is not None and has_small_class(labels, blocks):
        return moderated_interval(change, labels, confidence), "student-moderated"
    ends, method = bootstrap_t(change.sums(), blocks, resampling, confidence)
    if method == "bootstrap-t":
        ends = as_far_as_student(ends, change.sums(), blocks, confidence)
    ends = no_further_than_bernstein(ends, change, blocks, confidence)
    most = change.span / 2  # both models' numbers lie within one half
    return Ends(ends.value, max(ends.low, -most), min(ends.high, most)), method


def _macros(first: Macro, second: Macro, blocks: Blocks, confidence: float) -> tuple[Ends, str]:
    """Compare two macro-averaged rates by both's intervals."""
    quantile = rate_quantile(blocks, confidence)
    ends, influences = zip(
        *(macro_ends(each, blocks, quantile) for each in (first, second)), strict=True
    )
    low, high = difference(ends[0], ends[1], correlation_of(*influences))
    return Ends(ends[0].value - ends[1].value, low, high), "mover-wilson"


def _quantiles(
    first: Quantile, second: Quantile, blocks: Blocks, confidence: float
) -> tuple[Ends, str]:
    """Compare two quantiles by both's intervals, correlated as the rows below them are."""
    ends = [quantile_ends(each, blocks, confidence) for each in (first, second)]
    influences = [rate_influence(below(each), blocks)[1] for each in (first, second)]
    low, high = difference(ends[0], ends[1], correlation_of(*influences))
    return Ends(ends[0].value - ends[1].value, low, high), "mover-woodruff"


def _above(ideal: float | None, value: Any) -> Any:
    return value - ideal


def _nearness(name: MetricName, candidate: ScoredRows, baseline: ScoredRows) -> Sums | None:
    """Compare the distances to the ideal of a metric that has one."""
    ideal = BETTER[name].ideal
    gaps = []
    for part in (part_of(name, candidate), part_of(name, baseline)):
        if part is None or isinstance(part, (Macro, Quantile)):
            return None
        if isinstance(ideal, str):
            best = part_of(ideal, baseline)
            assert isinstance(best, (Rate, Mean, Sums))
            gaps.append(sums_of(part).beside(sums_of(best), lambda one, other: one - other))
        else:
            gaps.append(sums_of(part).then(partial(_above, ideal)))
    return gaps[0].beside(gaps[1], lambda one, other: np.abs(one) - np.abs(other))
