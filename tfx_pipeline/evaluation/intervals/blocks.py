"""What is drawn again: rows, the clusters of their keys, or blocks of them; and how often.

Terms:
    block: rows that are drawn together. Up to `MOST_BLOCKS`, each row or cluster is one; of more,
        random blocks are made, so that no cost but one pass depends on the number of rows.
    weights: `[resamples, blocks]`: how often a resample draws a block, by Poisson's distribution
        of mean 1. All figures of the same rows share them.

Blocks that are made at random lose nothing but a little of the precision of standard errors (1 part
in the root of twice their number: 2.2 %): the variance and the third moment of a sum over rows
that are independent are those of its sum over blocks. They must be random: of rows in order, each
1,000th would hide what neighbours share.

Source: A. Kleiner et al., A scalable bootstrap for massive data, J. R. Statist. Soc. B 76 (2014);
N. Chamandy et al., Estimating uncertainty for massive data streams, 2012 (Poisson's weights).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Resampling

MOST_BLOCKS = 1000


@dataclass(frozen=True)
class Blocks:
    """Which rows are drawn together.

    Attributes:
        count: how many blocks there are.
        places: `[rows] int64`: the block of each row; None: each row is its own.
        units: how many independent things there are: rows, or clusters.
        clustered: whether clusters were given, so that rows are not independent.
    """

    count: int
    places: NDArray[Any] | None
    units: int
    clustered: bool

    def sums(self, *columns: NDArray[Any]) -> NDArray[np.float64]:
        """Sum columns over the rows of each block: `[blocks, columns] float64`."""
        found = np.empty((self.count, len(columns)))
        for place, column in enumerate(columns):
            if self.places is None:
                found[:, place] = column
            else:
                found[:, place] = np.bincount(self.places, column, self.count)
        return found

    def of_rows(self, count: int) -> NDArray[Any]:
        """Give the block of each of so many rows."""
        return np.arange(count) if self.places is None else self.places


def make_blocks(rows: int, resampling: Resampling, most: int = MOST_BLOCKS) -> Blocks:
    """Say what is drawn together of so many rows."""
    random = np.random.default_rng([resampling.seed, rows])
    if resampling.clusters is None:
        if rows <= most:
            return Blocks(rows, None, rows, clustered=False)
        return Blocks(most, random.integers(0, most, rows), rows, clustered=False)
    keys, places = np.unique(resampling.clusters, return_inverse=True)
    units = len(keys)
    if units > most:
        places = random.integers(0, most, units)[places]
    return Blocks(min(units, most), places, units, clustered=True)


def weights_of(blocks: int, resampling: Resampling) -> NDArray[np.float64]:
    """Give `[resamples, blocks] float64`: how often each resample draws a block."""
    most = max(blocks, MOST_BLOCKS)
    return _drawn(resampling.resamples, most, resampling.seed)[:, :blocks]


@lru_cache(maxsize=1)
def _drawn(resamples: int, blocks: int, seed: int) -> NDArray[np.float64]:
    drawn = np.random.default_rng(seed).poisson(1.0, (resamples, blocks)).astype(np.float64)
    drawn.flags.writeable = False
    return drawn
