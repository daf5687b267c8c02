"""Intervals of a mean over classes of a rate of each: averaged precision, recall and F1.

A class has few rows often, and few errors, or none: a bootstrap of these knows no others. Wilson's
intervals of the classes' rates do; the mean's is made of them as a difference's is of two ("MOVER":
the squares of the distances add up, with the correlations of the estimates).

Source: G. Zou, A. Donner, Statistics in Medicine 27 (2008) 1693-1702; see also `of_rates`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import Blocks
from tfx_pipeline.evaluation.intervals.of_rates import Ends, wilson_at
from tfx_pipeline.evaluation.intervals.parts import Macro

_STEP = 1e-6


def macro_ends(macro: Macro, blocks: Blocks, quantile: float) -> tuple[Ends, NDArray[np.float64]]:
    """Give the interval of an averaged rate, and what each block adds to it, `[blocks]`.

    Classes that have no rows of the kind that counts are left out.
    """
    counts = macro.counts(blocks)
    others = macro.among(*np.moveaxis(counts, 1, 0))
    used = others.sum(axis=0) > 0
    right, others, there = counts[:, 0, used], others[:, used], counts[:, 2, used]
    sizes = others.sum(axis=0)
    rates = right.sum(axis=0) / sizes
    influence = (right - rates * others) / sizes
    if blocks.clustered:
        sizes = _effective_sizes(rates, sizes, influence, np.count_nonzero(others, axis=0))
    ends = np.array(
        [wilson_at(rate * size, size, quantile) for rate, size in zip(rates, sizes, strict=True)]
    )
    values = macro.of(rates)
    shares, mixture = _shares(there, values, by_rows=macro.by_rows)
    value = float(values @ shares)
    down = _length(influence, mixture, shares * (values - macro.of(ends[:, 0])), quantile)
    up = _length(influence, mixture, shares * (macro.of(ends[:, 1]) - values), quantile)
    slopes = (macro.of(rates + _STEP) - macro.of(rates - _STEP)) / (2 * _STEP)
    found = Ends(value, max(0.0, value - down), min(1.0, value + up))
    return found, influence @ (slopes * shares) + mixture


def _shares(
    there: NDArray[Any], values: NDArray[Any], *, by_rows: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give by how much each class counts, and what each block adds by which classes it has."""
    if not by_rows:
        return np.full(len(values), 1 / len(values)), np.zeros(len(there))
    shares = there.sum(axis=0) / there.sum()
    return shares, (there - shares * there.sum(axis=1, keepdims=True)) @ values / there.sum()


def _length(
    influence: NDArray[Any], mixture: NDArray[Any], distances: NDArray[Any], quantile: float
) -> float:
    """Add distances up as their estimates are correlated; of none that varies, as independent.

    `mixture` is what each block adds by how many rows of each class it has.
    """
    spread = np.sqrt(np.square(influence).sum(axis=0))
    scaled = np.divide(influence, spread, out=np.zeros(influence.shape), where=spread > 0)
    together = scaled @ distances + quantile * mixture
    alone = np.square(distances[spread == 0]).sum()
    return math.sqrt(float(together @ together) + float(alone))


def _effective_sizes(
    rates: NDArray[Any], sizes: NDArray[Any], influence: NDArray[Any], clusters: NDArray[Any]
) -> NDArray[np.float64]:
    """Give how many lone rows would say as much, of each class."""
    variances = np.square(influence).sum(axis=0)
    spread = rates * (1 - rates)
    known = (variances > 0) & (spread > 0)
    return np.minimum(sizes, np.where(known, spread / np.where(known, variances, 1), clusters))
