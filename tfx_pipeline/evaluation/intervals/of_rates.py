"""Intervals of rates, which are hits among rows, and of the difference of two.

Sources: E. B. Wilson, J. Am. Statist. Assoc. 22 (1927) 209-212; C. Clopper and E. Pearson,
Biometrika 26 (1934) 404-413; T. Tango, Statistics in Medicine 17 (1998) 891-908 (two rates of the
same rows); R. Newcombe, ibid. 17 (1998) 2635-2650, method 10, and G. Zou and
A. Donner, 27 (2008) 1693-1702 (the interval of a difference from both's: "MOVER"); E. Korn and B.
Graubard, Survey Methodology 24 (1998) 193-201 (rows of clusters count as fewer).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ends:
    """A figure and the ends of its interval."""

    value: float
    low: float
    high: float


def wilson(hits: float, rows: float, confidence: float = 0.95) -> tuple[float, float]:
    """Give the interval of the rate `hits / rows`; NaN where there are no rows.

    Neither has to be whole: rows of clusters count as fewer than they are.
    """
    return wilson_at(hits, rows, normal_quantile(confidence))


def wilson_at(hits: float, rows: float, quantile: float) -> tuple[float, float]:
    """Give Wilson's interval for a quantile of the normal, or Student's, distribution."""
    if rows <= 0:
        return math.nan, math.nan
    rate, extra = hits / rows, quantile**2 / rows
    middle = (rate + extra / 2) / (1 + extra)
    half = quantile * math.sqrt((rate * (1 - rate) + extra / 4) / rows) / (1 + extra)
    low = 0.0 if rate <= 0 else max(0.0, middle - half)
    high = 1.0 if rate >= 1 else min(1.0, middle + half)
    return low, high


def clopper_pearson(hits: int, rows: int, confidence: float = 0.95) -> tuple[float, float]:
    """Give the exact interval of a rate: never less sure than said, often more."""
    from scipy.stats import beta

    if rows <= 0:
        return math.nan, math.nan
    outside = (1 - confidence) / 2
    low = float(beta.ppf(outside, hits, rows - hits + 1)) if hits > 0 else 0.0
    high = float(beta.ppf(1 - outside, hits + 1, rows - hits)) if hits < rows else 1.0
    return low, high


def tango(only_first: int, only_second: int, rows: int, quantile: float) -> tuple[float, float]:
    """Give the score interval of the first rate less the second, of the same rows.

    Args:
        only_first: rows that are a hit of the first alone.
        only_second: of the second alone.
        rows: all of them.
        quantile: of the normal distribution.
    """
    if rows <= 0:
        return math.nan, math.nan
    if only_first == only_second == 0:  # the limit of what follows: rows agree, so far as seen
        return -(quantile**2) / (rows + quantile**2), quantile**2 / (rows + quantile**2)
    low = -_tango_end(only_second, only_first, rows, quantile)
    return low, _tango_end(only_first, only_second, rows, quantile)


def _tango_end(first: int, second: int, rows: int, quantile: float) -> float:
    """Find by bisection the largest difference that the score test does not reject."""
    low, high = (first - second) / rows, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        linear = (2 * rows - first + second) * middle - first - second
        constant = -second * middle * (1 - middle)
        share = (math.sqrt(linear**2 - 8 * rows * constant) - linear) / (4 * rows)
        variance = rows * (2 * share + middle * (1 - middle))
        distance = rows * middle - (first - second)
        if distance <= quantile * math.sqrt(max(variance, 0.0)):
            low = middle
        else:
            high = middle
    return high


def difference(first: Ends, second: Ends, correlation: float) -> tuple[float, float]:
    """Give the interval of `first - second` from both's and the correlation of the estimates."""
    value = first.value - second.value
    low = _root(first.value - first.low, second.high - second.value, correlation)
    high = _root(first.high - first.value, second.value - second.low, correlation)
    return value - low, value + high


def _root(one: float, other: float, correlation: float) -> float:
    size = max(abs(one), abs(other))
    if not 0 < size < math.inf:
        return size
    one, other = one / size, other / size  # squares of huge numbers are none
    return size * math.sqrt(max(0.0, one**2 + other**2 - 2 * correlation * one * other))


def normal_quantile(confidence: float) -> float:
    """Give how many standard errors a two-sided interval goes to each side."""
    from scipy.special import ndtri

    return float(ndtri(0.5 + confidence / 2))


def student_quantile(confidence: float, freedom: float) -> float:
    """Give the same of Student's distribution; `freedom`: its degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(max(freedom, 1e-3), 0.5 + confidence / 2))


def correlation_of(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Correlate the influences of two estimates, `[blocks]` each; 0 where one has none."""
    scale = math.sqrt(float(first @ first) * float(second @ second))
    return min(1.0, max(-1.0, float(first @ second) / scale)) if scale > 0 else 0.0
