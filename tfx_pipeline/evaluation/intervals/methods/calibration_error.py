"""Intervals of the expected calibration error, which is larger than the truth by chance alone.

It adds up the sizes of the bins' gaps. Where a gap is nothing, what chance makes of it is added all
the same: at most `sqrt(2 / pi)` standard errors of the gap on average, if all are nothing.
So the interval reaches that much further down; it holds the truth more often than it says.

Source: R. Roelofs et al., Mitigating bias in calibration error estimation, AISTATS 2022 (the bias).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.formulas.probabilities import (
    ECE_BINS,
    confidences,
    equal_mass_bins,
)
from tfx_pipeline.evaluation.intervals.blocks import Blocks
from tfx_pipeline.evaluation.intervals.of_rates import Ends, normal_quantile
from tfx_pipeline.evaluation.intervals.of_sums import error_of
from tfx_pipeline.evaluation.scored_rows import ScoredRows


def calibration_error(rows: ScoredRows, blocks: Blocks) -> tuple[float, NDArray[np.float64], float]:
    """Give the error, what each block adds to it (`[blocks]`), and what chance may add at most."""
    scores, happened = confidences(rows)
    bins, count = equal_mass_bins(scores, ECE_BINS), len(scores)
    size = blocks.count * ECE_BINS
    places = blocks.of_rows(count) * ECE_BINS + bins
    gaps = np.bincount(places, scores - happened, size).reshape(blocks.count, ECE_BINS) / count
    numbers = np.bincount(places, minlength=size).reshape(blocks.count, ECE_BINS) / count
    totals = gaps.sum(axis=0)
    value = float(np.abs(totals).sum())
    means = totals / np.maximum(numbers.sum(axis=0), 1 / count)
    by_chance = float(np.sqrt(np.square(gaps - means * numbers).sum(axis=0) * 2 / math.pi).sum())
    return value, gaps @ np.sign(totals) - value * numbers.sum(axis=1), by_chance


def calibration_error_ends(rows: ScoredRows, blocks: Blocks, confidence: float) -> Ends:
    """Give the interval of the error of a model."""
    value, influence, by_chance = calibration_error(rows, blocks)
    half = normal_quantile(confidence) * error_of(influence)
    return Ends(value, max(0.0, value - by_chance - half), min(1.0, value + half))


def calibration_error_difference(
    first: ScoredRows, second: ScoredRows, blocks: Blocks, confidence: float
) -> Ends:
    """Give the interval of the first model's error less the second's, on the same rows."""
    (one, of_one, chance_one), (other, of_other, chance_other) = (
        calibration_error(rows, blocks) for rows in (first, second)
    )
    half = normal_quantile(confidence) * error_of(of_one - of_other)
    return Ends(one - other, one - other - chance_one - half, one - other + chance_other + half)
