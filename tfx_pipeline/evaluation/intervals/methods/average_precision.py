"""Average precision: its influences, and its interval.

The average precision is the mean over the positive rows of the precision at their answer. A row
adds to it by its own precision, if it is positive, and by what it does to that of all positive rows
that are ranked below it: two running sums over the rows in order.

Sources: K. Boyd, K. Eng and C. Page, Area under the precision-recall curve: point estimates and
confidence intervals, ECML 2013 (the logit scale); S. Clemencon and N. Vayatis, Nonparametric
estimation of the precision-recall curve, ICML 2009 (asymptotically normal). The influences are the
derivative of the formula by the weight of a row; the tests compare them with that.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.methods.area import SMALL_CLASS
from tfx_pipeline.evaluation.intervals.of_rates import (
    Ends,
    correlation_of,
    difference,
    student_quantile,
    wilson,
)
from tfx_pipeline.evaluation.intervals.of_sums import error_of


def average_precision(
    answers: NDArray[Any], positive: NDArray[np.bool_]
) -> tuple[float, NDArray[np.float64]]:
    """Give the average precision, and what each row adds to it: `[rows] float64`."""
    _, places, sizes = np.unique(-answers, return_inverse=True, return_counts=True)
    hits = np.bincount(places, positive, len(sizes))
    above, hits_above = np.cumsum(sizes), np.cumsum(hits)
    precision = hits_above / above
    total = hits_above[-1]
    value = float((hits * precision).sum() / total)
    # Of one row more at an answer: each answer at or below gains (positive - precision) / above.
    gains = hits / above
    down_gains = np.cumsum(gains[::-1])[::-1]
    down_losses = np.cumsum((gains * precision)[::-1])[::-1]
    influence = np.where(positive, down_gains[places] + precision[places] - value, 0.0)
    return value, (influence - down_losses[places]) / total


def precision_interval(
    value: float,
    influence: NDArray[np.float64],
    positive: NDArray[np.bool_],
    confidence: float,
) -> tuple[Ends, str]:
    """Give the interval of an average precision on the logit scale, and the method.

    Args:
        value: it.
        influence: `[blocks]`: what each adds to it.
        positive: `[rows] bool`.
        confidence: of the interval.
    """
    from scipy.special import expit

    count, error = int(positive.sum()), error_of(influence)
    if not 0 < value < 1 or not error > 0:  # each positive row has precision 1, as far as seen
        return Ends(value, wilson(count, count, confidence)[0], 1.0), "wilson"
    centre, slope = math.log(value / (1 - value)), 1 / (value * (1 - value))
    half = student_quantile(confidence, max(1, min(count, len(influence)) - 1)) * error * slope
    low, high = expit([centre - half, centre + half]).tolist()
    return Ends(value, low, high), "logit"


def precision_difference(
    first: tuple[float, NDArray[np.float64]],
    second: tuple[float, NDArray[np.float64]],
    positive: NDArray[np.bool_],
    confidence: float,
) -> tuple[Ends, str]:
    """Give the interval of the first average precision less the second, and the method.

    Args:
        first: average precision, and `[blocks]` what each block adds to it.
        second: of the other model on the same rows.
        positive: `[rows] bool`.
        confidence: of the interval.
    """
    value, count = first[0] - second[0], int(positive.sum())
    error = error_of(first[1] - second[1])
    if count < SMALL_CLASS or not error > 0:
        ends = [precision_interval(*each, positive, confidence)[0] for each in (first, second)]
        correlation = correlation_of(first[1], second[1]) * (count - 1) / (count - 0.5)
        return Ends(value, *difference(ends[0], ends[1], correlation)), "mover-logit"
    half = student_quantile(confidence, min(count, len(first[1])) - 1.0) * error
    return Ends(value, value - half, value + half), "student"
