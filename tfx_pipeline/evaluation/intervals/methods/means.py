"""Means of row losses where one class of a binary task has a few rows only.

The variance of such a mean is mostly that of the few rows' losses: a sample that has two of them,
or none, does not show it, and its bootstrap neither. But the probabilities that the model answers
say how often a row's label could have been another one, so how much the mean varies with the labels
alone. This variance counts as much as `_PRIOR_ROWS` rows of the small class, beside the measured
one; the probabilities are scaled before to as many positive rows as there are.

Measured (benchmarks/README.md): with 2 to 20 rows in a class, the bootstrap-t of a change holds
the true one in 71 to 92 of 100 samples, this in 95 and more.

Source: G. Smyth, Linear models and empirical Bayes methods, Stat. Appl. Genet. Mol. Biol. 3 (2004)
(a prior variance that counts as so many degrees of freedom).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import Blocks
from tfx_pipeline.evaluation.intervals.methods.area import SMALL_CLASS
from tfx_pipeline.evaluation.intervals.of_rates import Ends, student_quantile
from tfx_pipeline.evaluation.intervals.of_sums import Sums, error_of, influence_of
from tfx_pipeline.evaluation.intervals.parts import Labels, Mean

_PRIOR_ROWS = 4


def moderated_interval(mean: Mean, labels: Labels, confidence: float) -> Ends:
    """Give the interval of a mean, with what the model's own probabilities say of its variance."""
    rows, value = len(mean.values), float(mean.values.mean())
    smallest = smallest_class(labels.positive)
    measured = float(mean.values.var(ddof=1)) if rows > 1 else 0.0
    expected = _expected_variance(labels)
    weight = _PRIOR_ROWS + smallest
    variance = (_PRIOR_ROWS * expected + smallest * measured) / weight
    half = student_quantile(confidence, weight) * math.sqrt(variance / rows)
    return Ends(value, value - half, value + half)


def as_far_as_student(ends: Ends, sums: Sums, blocks: Blocks, confidence: float) -> Ends:
    """Let each end of a bootstrap-t be as far from the figure as Student's at least.

    Where a few rows make most of a change (the sure and wrong answers of good models), resamples
    know too little of what other such rows would say: of two equally good models, the bootstrap-t
    alone finds one worse in 4 to 7 of 100 samples, where 2.5 are meant.
    """
    _, influence = influence_of(sums.figure, sums.of_blocks(blocks))
    half = student_quantile(confidence, blocks.count - 1) * error_of(influence)
    return Ends(ends.value, min(ends.low, ends.value - half), max(ends.high, ends.value + half))


def no_further_than_bernstein(ends: Ends, mean: Mean, blocks: Blocks, confidence: float) -> Ends:
    """Let no end be further from the figure than any numbers of such a span allow.

    Where a few rows make most of a mean, a bootstrap-t knows no bound: 3 sure and wrong answers of
    109 let it put the end of a Brier score at 380. Bernstein's inequality with the measured
    variance holds for all numbers that are independent, and is longer than a bootstrap-t elsewhere.

    Source: A. Maurer and M. Pontil, Empirical Bernstein bounds and sample variance penalization,
    COLT 2009, theorem 4.
    """
    rows = len(mean.values)
    if not math.isfinite(mean.span) or blocks.clustered or rows < 2:
        return ends
    surprise = math.log(4 / (1 - confidence))
    spread = math.sqrt(2 * float(mean.values.var(ddof=1)) * surprise / rows)
    reach = spread + 7 * mean.span * surprise / (3 * (rows - 1))
    value = ends.value
    return Ends(value, max(ends.low, value - reach), min(ends.high, value + reach))


def has_small_class(labels: Labels, blocks: Blocks) -> bool:
    """Say whether a class has few rows, each of its own."""
    return not blocks.clustered and smallest_class(labels.positive) < SMALL_CLASS


def smallest_class(positive: NDArray[np.bool_]) -> int:
    """Give the number of rows of the class that has fewer."""
    count = int(positive.sum())
    return min(count, len(positive) - count)


def _expected_variance(labels: Labels) -> float:
    """Give the variance of the rows' numbers if their labels were as likely as the model says."""
    chances = _scaled(labels.chances, int(labels.positive.sum()))
    mean = chances * labels.if_positive + (1 - chances) * labels.if_negative
    middle = mean.mean()
    squares = chances * np.square(labels.if_positive - middle)
    return float((squares + (1 - chances) * np.square(labels.if_negative - middle)).mean())


def _scaled(chances: NDArray[Any], positive: int) -> NDArray[Any]:
    """Scale the chances of the rarer class to what was seen of it; one row is added to both."""
    rows = len(chances)
    if positive <= rows / 2:
        return np.clip(chances * (positive + 1) / (chances.sum() + 1), 0, 1)
    negative = rows - positive
    return 1 - np.clip((1 - chances) * (negative + 1) / ((1 - chances).sum() + 1), 0, 1)
