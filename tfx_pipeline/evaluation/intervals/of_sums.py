"""Bootstrap-t: intervals of any figure that is a smooth function of sums over rows.

A mean loss, a ratio of two sums, R2, a macro-averaged F1: each is `figure(sums)`. A resample gives
other sums, so another figure, and by the delta method another standard error. The distribution of
`(figure* - figure) / error*` over the resamples, which is as skewed as the rows are, takes the
place of Student's. All resamples together are a product of two matrices.

Sources: B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993, section 12.5; P. Hall,
The Bootstrap and Edgeworth Expansion, 1992, section 3.6 (second-order accurate); DiCiccio and
Efron, Statistical Science 11 (1996) 189-228 (that the scale matters: `Scale`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import Blocks, weights_of
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.of_rates import (
    Ends,
    normal_quantile,
    student_quantile,
)

_FEW_BLOCKS = 8
"""With fewer, a resample repeats the same few rows: Student's distribution says more."""
_FEW_COLUMNS = 6
_TAIL_DRAWS = 20
"""So many resamples must lie beyond a quantile; one further out is scaled from there."""
_FARTHEST = 5.0
"""Times Student's length that an end is from the figure at most. Resamples that miss the few rows
that make most of a figure have hardly an error, and pivots without any bound: 3 outliers of 2,000
rows let the R2 of 0.99 begin at -1e27. Of as few as one such row, chance makes up to 2.4 times."""
_STEP = 1e-6
_NOTHING = 1e-13


@dataclass(frozen=True)
class Scale:
    """On what scale a figure's distribution is nearest to a normal one, whatever its value.

    Attributes:
        forward: figure to scale.
        slope: its derivative.
        back: scale to figure.
    """

    forward: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    back: Callable[[Any], Any]


PLAIN = Scale(lambda x: x, lambda x: np.ones_like(x), lambda x: x)
LOGARITHM = Scale(np.log, lambda x: 1 / x, np.exp)
SQUARE = Scale(np.square, lambda x: 2 * x, lambda x: np.sqrt(np.maximum(x, 0)))
LOGIT = Scale(
    lambda x: np.log(x / (1 - x)), lambda x: 1 / (x * (1 - x)), lambda x: 1 / (1 + np.exp(-x))
)
BELOW_ONE = Scale(lambda x: -np.log(1 - x), lambda x: 1 / (1 - x), lambda x: 1 - np.exp(-x))


@dataclass(frozen=True)
class Sums:
    """A figure as a function of sums.

    Attributes:
        of_blocks: gives the sums of each block, `[blocks, columns] float64`.
        figure: `[..., columns]` to `[...]`; the same for twice the sums: rows have no number.
        width: how many columns there are.
        scale: see there.
    """

    of_blocks: Callable[[Blocks], NDArray[np.float64]]
    figure: Callable[[NDArray[Any]], NDArray[Any]]
    width: int
    scale: Scale = PLAIN

    def beside(self, other: Sums, combine: Callable[[Any, Any], Any]) -> Sums:
        """Combine this figure with another one of the same rows."""

        def of_blocks(blocks: Blocks) -> NDArray[np.float64]:
            return np.concatenate([self.of_blocks(blocks), other.of_blocks(blocks)], axis=1)

        def figure(sums: NDArray[Any]) -> NDArray[Any]:
            return combine(
                self.figure(sums[..., : self.width]), other.figure(sums[..., self.width :])
            )

        return Sums(of_blocks, figure, self.width + other.width)

    def then(self, function: Callable[[Any], Any]) -> Sums:
        """Make a function of this figure."""
        return Sums(self.of_blocks, lambda sums: function(self.figure(sums)), self.width)


@dataclass(frozen=True)
class Resampled:
    """A figure of all rows and of resamples.

    Attributes:
        value: of all rows.
        error: its standard error.
        influence: `[blocks]`: what each block adds to the figure; they sum to about 0.
        drawn: `[resamples]`: the figure of each.
        errors: their standard errors.
    """

    value: float
    error: float
    influence: NDArray[np.float64]
    drawn: NDArray[np.float64]
    errors: NDArray[np.float64]


def influence_of(
    figure: Callable[[NDArray[Any]], NDArray[Any]], by_block: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Give a figure and its influences: what each block adds to it, `[blocks]`."""
    total = by_block.sum(axis=0)
    gradient = _gradient(figure, total, np.abs(by_block).sum(axis=0))
    return float(figure(total)), by_block @ gradient


def error_of(influence: NDArray[np.float64]) -> float:
    """Give the standard error of the figure that has these influences."""
    blocks = len(influence)
    if blocks < 2:
        return float("nan")
    centred = influence - influence.mean()
    return float(np.sqrt(blocks / (blocks - 1) * (centred @ centred)))


def resample(sums: Sums, blocks: Blocks, resampling: Resampling) -> Resampled:
    """Compute a figure and its standard error of all rows, and of each resample."""
    by_block = sums.of_blocks(blocks)
    value, influence = influence_of(sums.figure, by_block)
    weights = weights_of(blocks.count, resampling)
    size = np.abs(by_block).sum(axis=0)
    with np.errstate(all="ignore"):  # a resample may draw no row of a kind: NaN, left out below
        if sums.width > _FEW_COLUMNS:
            totals = weights @ by_block
            gradients = _gradient(sums.figure, totals, size)
            squares = np.einsum("rb,rb->r", weights, np.square(gradients @ by_block.T))
        else:  # by the products of columns, which are few: weights are read once
            first, second = np.triu_indices(sums.width)
            products = by_block[:, first] * by_block[:, second]
            both = weights @ np.concatenate([by_block, products], axis=1)
            totals, products = both[:, : sums.width], both[:, sums.width :]
            gradients = _gradient(sums.figure, totals, size)
            twice = np.where(first == second, 1.0, 2.0)
            squares = (gradients[:, first] * gradients[:, second] * products) @ twice
        drawn = sums.figure(totals)
        errors = np.sqrt(squares)
    return Resampled(value, error_of(influence), influence, drawn, errors)


def _gradient(
    figure: Callable[[NDArray[Any]], NDArray[Any]], totals: NDArray[Any], size: NDArray[Any]
) -> NDArray[np.float64]:
    """Differentiate by central differences: `[..., columns]`."""
    found = np.zeros(totals.shape)
    for column, step in enumerate(_STEP * size):
        if step > 0:
            moved = np.zeros(totals.shape[-1])
            moved[column] = step
            found[..., column] = (figure(totals + moved) - figure(totals - moved)) / (2 * step)
    return found


def bootstrap_t(
    sums: Sums, blocks: Blocks, resampling: Resampling, confidence: float
) -> tuple[Ends, str]:
    """Give a figure's interval, and the method that was used.

    Where nothing varies (each row says the same), the interval is the figure.
    """
    found = resample(sums, blocks, resampling)
    value, scale = found.value, sums.scale
    if not found.error > _NOTHING * max(1.0, abs(value)):
        known = found.error == found.error
        return (Ends(value, value, value), "constant") if known else (_nowhere(value), "none")
    with np.errstate(all="ignore"):
        centre, error = float(scale.forward(value)), found.error * abs(float(scale.slope(value)))
        if not np.isfinite(centre + error):
            scale, centre, error = PLAIN, value, found.error
        pivots = (scale.forward(found.drawn) - centre) / (
            found.errors * np.abs(scale.slope(found.drawn))
        )
    pivots = pivots[np.isfinite(pivots)]
    quantile = student_quantile(confidence, blocks.count - 1)
    if blocks.count < _FEW_BLOCKS or len(pivots) < resampling.resamples / 2:
        low, high, method = -quantile, quantile, "student"
    else:
        (low, high), method = quantiles_of(pivots, confidence), "bootstrap-t"
        low, high = max(low, -_FARTHEST * quantile), min(high, _FARTHEST * quantile)
    ends = scale.back(np.array([centre - high * error, centre - low * error]))
    return Ends(value, float(min(ends[0], value)), float(max(ends[1], value))), method


def percentiles(sums: Sums, blocks: Blocks, resampling: Resampling, confidence: float) -> Ends:
    """Give an interval that holds that share of the resamples, whatever the figure's shape."""
    found = resample(sums, blocks, resampling)
    drawn = found.drawn[np.isfinite(found.drawn)]
    if blocks.count < 2 or len(drawn) < resampling.resamples / 2:
        return _nowhere(found.value)
    low, high = tails(drawn, (1 - confidence) / 2)
    return Ends(found.value, min(low, found.value), max(high, found.value))


def quantiles_of(pivots: NDArray[Any], confidence: float) -> tuple[float, float]:
    """Give both quantiles of studentised draws.

    Far out, where draws do not suffice, from the quantiles where they do: the width grows with
    the normal quantile `z`, the skewness with `2 z^2 + 1` (Hall, 1992, section 2.6).
    """
    outside = max((1 - confidence) / 2, _TAIL_DRAWS / len(pivots))
    low, high = tails(pivots, outside)
    here, there = normal_quantile(1 - 2 * outside), normal_quantile(confidence)
    width = (high - low) / 2 * there / here
    skew = (high + low) / 2 * (2 * there**2 + 1) / (2 * here**2 + 1)
    return min(skew - width, low), max(skew + width, high)


def tails(drawn: NDArray[Any], outside: float) -> tuple[float, float]:
    """Give the quantiles that leave a share outside on either side."""
    return float(np.quantile(drawn, outside)), float(np.quantile(drawn, 1 - outside))


def _nowhere(value: float) -> Ends:
    return Ends(value, float("nan"), float("nan"))
