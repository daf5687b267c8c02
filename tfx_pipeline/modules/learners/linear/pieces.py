"""Numbers as piecewise linear functions: where these bend, and rows as sparse matrices.

Terms:
    knots: of a column, ascending: its quantiles in the training rows, or all its values where
        these are few. Below the first and above the last the function is flat, so that no row
        that is far from all others has an answer of its own.
    heights: values of the functions at their knots, but for the first one of each column, where
        the function is 0: the intercept stands for it.
    parameters: what heights are made of, and what is penalised: for each column the heights' rise
        from knot to knot and, where there are more than two knots, one slope of all of it, in
        standard deviations of the column.

The rises alone are the piecewise linear encoding of Gorishniy et al., On Embeddings for Numerical
Features in Tabular Deep Learning (2022), section 3.2. As heights they take two numbers per row
and column, however many knots there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

_MOST_PIECES = 16
_MOST_PIECES_OF_ALL = 4096  # a scored batch holds so many numbers a row
_LOOKED_AT = 50_000


@dataclass(frozen=True)
class Pieces:
    """The functions of the columns of numbers that vary.

    Attributes:
        places: of these columns in `numbers`.
        knots: of each of them, at least two.
        deviations: of each of them, in the training rows.
    """

    places: tuple[int, ...]
    knots: tuple[NDArray[np.float64], ...]
    deviations: tuple[float, ...]

    @classmethod
    def of(cls, numbers: NDArray[np.float32], random: np.random.Generator) -> Pieces:
        """Choose knots by the training rows, `[rows, width]`; of many rows, by some of them."""
        rows = len(numbers)
        taken = np.sort(random.choice(rows, min(rows, _LOOKED_AT), replace=False))
        seen = np.asarray(numbers[taken], np.float64)
        # NaN, which equals nothing, is left in: the loss will tell.
        varying = np.flatnonzero(seen.min(axis=0) != seen.max(axis=0))
        pieces = int(np.clip(_MOST_PIECES_OF_ALL // max(1, len(varying)), 1, _MOST_PIECES))
        return cls(
            tuple(varying.tolist()),
            tuple(_knots(seen[:, place], pieces) for place in varying),
            tuple(seen[:, varying].std(axis=0).tolist()),
        )

    @property
    def count(self) -> int:
        """Number of heights, which is that of the pieces."""
        return sum(len(knots) - 1 for knots in self.knots)

    def lows(self) -> NDArray[np.float32]:
        """Tell where each piece begins: `[pieces]`."""
        return _joined([knots[:-1] for knots in self.knots])

    def widths(self) -> NDArray[np.float32]:
        """Tell how wide each piece is: `[pieces]`."""
        return _joined([np.diff(knots) for knots in self.knots])

    def columns(self) -> NDArray[np.int32]:
        """Tell which column of `numbers` each piece is of: `[pieces]`."""
        counts = [len(knots) - 1 for knots in self.knots]
        return np.repeat(np.array(self.places, np.int32), counts)

    def heights(self) -> sparse.csr_matrix:
        """Give the matrix that makes heights of parameters: `[pieces, parameters]`."""
        blocks = []
        for knots, deviation in zip(self.knots, self.deviations, strict=True):
            rises = np.tri(len(knots) - 1)
            slope = (knots[1:, np.newaxis] - knots[0]) / deviation
            block = np.hstack([rises, slope]) if len(knots) > 2 else rises
            blocks.append(sparse.csr_matrix(block))  # of arrays, later releases make an array
        return sparse.block_diag(blocks, "csr") if blocks else sparse.csr_matrix((0, 0))

    def shares(self, numbers: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Say what each row takes of which heights: `[rows, 2 * columns]` each; 0 of some."""
        places = np.zeros((len(numbers), 2 * len(self.knots)), np.int32)
        shares = np.zeros(places.shape)
        before = 0
        for i, (place, knots) in enumerate(zip(self.places, self.knots, strict=True)):
            values = np.clip(np.asarray(numbers[:, place], np.float64), knots[0], knots[-1])
            piece = np.clip(np.searchsorted(knots, values, "right") - 1, 0, len(knots) - 2)
            share = (values - knots[piece]) / (knots[piece + 1] - knots[piece])
            places[:, 2 * i], shares[:, 2 * i] = before + piece, share
            places[:, 2 * i + 1] = before + np.maximum(piece - 1, 0)
            shares[:, 2 * i + 1] = np.where(piece > 0, 1 - share, 0.0)
            before += len(knots) - 1
        return places, shares


def design(
    pieces: Pieces,
    numbers: NDArray[np.float32] | None,
    ids: NDArray[np.int32] | None,
    size: int,
) -> sparse.csr_matrix:
    """Write rows as a sparse matrix: their shares of heights, then a 1 for each id, of `size`.

    Returns:
        `[rows, pieces + size]`.
    """
    places, shares = [], []
    if numbers is not None:
        taken, share = pieces.shares(numbers)
        places.append(taken)
        shares.append(share)
    if ids is not None:
        places.append(ids + pieces.count)
        shares.append(np.ones(ids.shape))
    column, value = np.concatenate(places, axis=1), np.concatenate(shares, axis=1)
    is_there = value != 0
    starts = np.concatenate([[0], np.cumsum(is_there.sum(axis=1))])
    shape = (len(value), pieces.count + size)
    return sparse.csr_matrix((value[is_there], column[is_there], starts), shape)


def _knots(values: NDArray[np.float64], pieces: int) -> NDArray[np.float64]:
    """Choose the knots of a column that varies."""
    distinct = np.unique(values)
    if len(distinct) <= pieces + 1:
        return distinct
    knots = np.unique(np.quantile(values, np.linspace(0, 1, pieces + 1)))
    # A piece that float32 cannot divide is none.
    wide = np.diff(knots.astype(np.float32), prepend=np.float32(-np.inf)) > 0
    return knots[wide]


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
    return np.concatenate([np.zeros(0), *parts]).astype(np.float32)
