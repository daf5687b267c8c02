"""Intervals of one model's metrics.

Which method is used follows from what a metric is made of (`parts`). Methods that were measured and
not taken, and coverage of those that were, stand in benchmarks/README.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import Blocks, make_blocks
from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.methods.area import area_interval, area_of
from tfx_pipeline.evaluation.intervals.methods.average_precision import (
    average_precision,
    precision_interval,
)
from tfx_pipeline.evaluation.intervals.methods.calibration_error import calibration_error_ends
from tfx_pipeline.evaluation.intervals.methods.class_areas import class_areas, rarest_class
from tfx_pipeline.evaluation.intervals.methods.macros import macro_ends
from tfx_pipeline.evaluation.intervals.methods.means import (
    has_small_class,
    moderated_interval,
    no_further_than_bernstein,
    smallest_class,
)
from tfx_pipeline.evaluation.intervals.methods.quantiles import quantile_ends
from tfx_pipeline.evaluation.intervals.methods.rates import (
    rate_ends,
    rate_influence,
    rate_quantile,
)
from tfx_pipeline.evaluation.intervals.methods.resamples import resampled_interval
from tfx_pipeline.evaluation.intervals.metric_parts import part_of
from tfx_pipeline.evaluation.intervals.of_rates import (
    Ends,
    correlation_of,
    difference,
)
from tfx_pipeline.evaluation.intervals.of_sums import (
    LOGARITHM,
    bootstrap_t,
    influence_of,
)
from tfx_pipeline.evaluation.intervals.parts import (
    Macro,
    Mean,
    Part,
    Quantile,
    Rate,
)
from tfx_pipeline.evaluation.metric_names import MetricName
from tfx_pipeline.evaluation.metrics import compute, why_not
from tfx_pipeline.evaluation.scored_rows import ROWS, ScoredRows, counts_of

_FEW_ROWS = 10
"""Of fewer rows of a class, the bootstrap-t of one model's mean loss knows too little."""


def metric_intervals(
    names: Sequence[str], rows: ScoredRows, resampling: Resampling
) -> dict[str, Interval]:
    """Give each metric with its interval; of method `none`, with NaN, where it does not exist."""
    counts = counts_of(rows)
    if not counts[ROWS]:
        return {name: no_interval(math.nan, 0) for name in names}
    blocks = make_blocks(len(rows.labels), resampling)
    found: dict[str, Interval] = {}
    for name in names:
        if why_not(cast(MetricName, name), rows.task, counts):
            found[name] = no_interval(math.nan, len(rows.labels))
            continue
        ends, method = _ends_of(name, rows, blocks, resampling)
        found[name] = interval_of(ends, method, len(rows.labels))
    return found


def interval_of(ends: Ends, method: str, rows: int) -> Interval:
    """Make an interval of its ends; of method `none` where there are none."""
    if not (math.isfinite(ends.low) and math.isfinite(ends.high)):
        return no_interval(ends.value + 0.0, rows)
    low, high = min(ends.low, ends.value), max(ends.high, ends.value)  # but for rounding
    return Interval(ends.value + 0.0, low + 0.0, high + 0.0, method, rows)  # no -0.0


def no_interval(value: float, rows: int) -> Interval:
    """Say that there is none."""
    return Interval(value, math.nan, math.nan, "none", rows)


def _ends_of(
    name: str, rows: ScoredRows, blocks: Blocks, resampling: Resampling
) -> tuple[Ends, str]:
    confidence = resampling.confidence
    if name == "max_error":  # of which no resample can say how much larger it may be
        return Ends(compute("max_error", rows), math.nan, math.nan), "none"
    if name == "auc":
        return area_interval(area_of(rows.answers, rows.labels == 1, blocks), confidence)
    if name == "ece":
        return calibration_error_ends(rows, blocks, confidence), "normal"
    if ranked := ranks_of(name, rows, blocks):
        return precision_interval(*ranked, confidence)
    if name == "calibration" and rows.task == "binary":
        return _calibration_ends(rows, blocks, resampling), "mover-wilson"
    part = part_of(name, rows)
    if part is not None:
        return _part_ends(part, blocks, resampling)

    def figure(places: NDArray[Any]) -> float:
        return compute(cast(MetricName, name), rows_at(rows, places))

    return resampled_interval(figure, len(rows.labels), resampling, confidence)


def _part_ends(part: Part, blocks: Blocks, resampling: Resampling) -> tuple[Ends, str]:
    """Give the interval of a metric by what it is made of, and the method."""
    confidence = resampling.confidence
    if isinstance(part, Rate):
        return rate_ends(part, blocks, confidence), "wilson"
    if isinstance(part, Quantile):
        return quantile_ends(part, blocks, confidence), "woodruff"
    if isinstance(part, Macro):
        return macro_ends(part, blocks, rate_quantile(blocks, confidence))[0], "mover-wilson"
    if isinstance(part, Mean):
        return _mean_ends(part, blocks, resampling)
    return bootstrap_t(part, blocks, resampling, confidence)


def rows_at(rows: ScoredRows, places: NDArray[Any]) -> ScoredRows:
    """Give the rows at these places."""
    return replace(rows, labels=rows.labels[places], answers=rows.answers[places])


def ranks_of(
    name: str, rows: ScoredRows, blocks: Blocks
) -> tuple[float, NDArray[np.float64], NDArray[np.bool_]] | None:
    """Measure the order of the answers: a metric, what each block adds, and the rows it hangs on.

    None: it is none of these metrics.
    """
    if name == "pr_auc":
        value, influence = average_precision(rows.answers, rows.labels == 1)
        return value, blocks.sums(influence)[:, 0], rows.labels == 1
    if name in ("macro_auc", "weighted_auc"):
        value, influence = class_areas(rows, blocks, by_rows=name == "weighted_auc")
        return value, influence, rarest_class(rows)
    return None


def _mean_ends(mean: Mean, blocks: Blocks, resampling: Resampling) -> tuple[Ends, str]:
    """Give the interval of one model's mean, and the method."""
    labels, low = mean.by_label, 0.0 if mean.values.min() >= 0 else -math.inf
    moderated = None
    if labels is not None and has_small_class(labels, blocks):
        moderated = moderated_interval(mean, labels, resampling.confidence)
        if smallest_class(labels.positive) < _FEW_ROWS:
            high = min(moderated.high, mean.span)
            return replace(moderated, low=max(low, moderated.low), high=high), "student-moderated"
    ends, method = bootstrap_t(mean.sums(), blocks, resampling, resampling.confidence)
    if moderated is not None:  # each alone holds the truth somewhat less often than it says
        ends = Ends(ends.value, min(ends.low, moderated.low), max(ends.high, moderated.high))
    ends = no_further_than_bernstein(ends, mean, blocks, resampling.confidence)
    # In this order NaN, no end, stays.
    return replace(ends, low=max(ends.low, low), high=min(ends.high, mean.span)), method


def _calibration_ends(rows: ScoredRows, blocks: Blocks, resampling: Resampling) -> Ends:
    """Divide the mean answer's interval by Wilson's of the labels: few positive rows vary much."""
    mean = Mean(rows.answers.astype(np.float64), scale=LOGARITHM)
    answer, _ = bootstrap_t(mean.sums(), blocks, resampling, resampling.confidence)
    rate = Rate(rows.labels == 1, np.ones(len(rows.labels), bool))
    share = rate_ends(rate, blocks, resampling.confidence)
    if answer.value <= 0:  # each answer is 0
        return Ends(0.0, 0.0, 0.0)
    if not min(answer.low, share.low) > 0:  # how far below nobody knows: all rows are one cluster
        return Ends(answer.value / share.value, math.nan, math.nan)
    influences = influence_of(mean.sums().figure, mean.sums().of_blocks(blocks))[1]
    correlation = correlation_of(influences, rate_influence(rate, blocks)[1])
    numerator, denominator = (
        Ends(*(math.log(end) for end in (each.value, each.low, each.high)))
        for each in (answer, share)
    )
    low, high = difference(numerator, denominator, correlation)
    return Ends(answer.value / share.value, math.exp(low), math.exp(high))
