"""Which training rows are held out: as much like the eval split to the others as can be.

Rows that are tied (see `row_ties`) stay together. Classes, or small and large labels, are held out
in their shares: rows are sorted by label, in random order where it is the same, and taken at equal
distances (systematic sampling: Madow and Madow, Annals of Mathematical Statistics 15(1), 1944).
Where the splits are divided by time, the last rows are held out.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.model.transformed_rows import TransformedRows

_LATE = 0.3
"""Share of the rows, the last ones, that the folds of a division by time are made of."""
_LATE_FOLDS = 3


class Division(NamedTuple):
    """Places of rows, ascending, `[…] int32`: those that are fitted to, and those held out."""

    fitted: NDArray[np.int32]
    held_out: NDArray[np.int32]


def hold_out(rows: TransformedRows, share: float, random: np.random.Generator) -> Division:
    """Hold out this share of the rows, at least one unless there is only one.

    By key, it is a share of the keys; none of them, if it is all rows' key.
    """
    if rows.moment is not None:
        return _late(rows.moment, share, 0.0)
    ties = _Ties(rows, random)
    count = min(max(1, round(share * len(ties.order))), len(ties.order) - 1)
    picks = (np.arange(count) + random.random()) * len(ties.order) / max(1, count)
    return ties.division(ties.order[picks.astype(int)])


def make_folds(
    rows: TransformedRows, count: int, random: np.random.Generator
) -> tuple[Division, ...]:
    """Divide the rows into so many parts, each held out once; those that none can do without never.

    By time, they are three parts of the last rows, and what came later is not fitted to.
    """
    if rows.moment is not None:
        ends = [_LATE * i / _LATE_FOLDS for i in range(_LATE_FOLDS, 0, -1)]
        parts = [_late(rows.moment, end, end - _LATE / _LATE_FOLDS) for end in ends]
        return tuple(part for part in parts if len(part.held_out) and len(part.fitted))
    ties = _Ties(rows, random)
    count = min(count, len(ties.order))
    parts = [ties.division(ties.order[first::count]) for first in range(count)]
    return tuple(part for part in parts if len(part.held_out) and len(part.fitted))


class _Ties:
    """What ties rows together, in the order in which it is taken.

    Attributes:
        order: numbers of ties, by the mean label of their rows, without those that cannot be held
            out: the only one of a class, and one that has most of the rows.
    """

    def __init__(self, rows: TransformedRows, random: np.random.Generator) -> None:
        count = len(rows.label)
        if rows.tie is None:
            self._of_row = np.arange(count)
        else:
            self._of_row = np.unique(rows.tie, return_inverse=True)[1].reshape(-1)
        sizes = np.bincount(self._of_row)
        means = np.bincount(self._of_row, rows.label.astype(np.float64)) / sizes
        order = np.lexsort((random.random(len(sizes)), means))
        needed = 2 * sizes > count
        if rows.label.dtype.kind == "i":
            needed |= self._only_of_a_class(rows.label, len(sizes))
        self.order = order[~needed[order]] if count > 2 else order

    def _only_of_a_class(self, labels: NDArray[np.int64], ties: int) -> NDArray[np.bool_]:
        """Say of each tie whether some class has no row outside of it."""
        classes, ties_of_classes = np.divmod(np.unique(labels * ties + self._of_row), ties)
        _, first, counts = np.unique(classes, return_index=True, return_counts=True)
        only = np.zeros(ties, bool)
        if len(counts) > 1:
            only[ties_of_classes[first[counts == 1]]] = True
        return only

    def division(self, held_out: NDArray[np.intp]) -> Division:
        """Hold out the rows of some ties."""
        is_held_out = np.isin(self._of_row, held_out)
        return Division(*(np.flatnonzero(x).astype(np.int32) for x in (~is_held_out, is_held_out)))


def _late(moments: NDArray[np.float64], since: float, until: float) -> Division:
    """Hold out the last rows but for the very last: shares of all rows, counted from the end.

    Rows of one moment stay together; those before are fitted to.
    """
    ordered = np.sort(moments)
    first, last = (ordered[_place(len(ordered), share)] for share in (since, until))
    is_held_out = (moments >= first) & ((moments < last) if until else True)
    if first == ordered[0]:  # they cannot all be held out
        is_held_out &= moments > first
    is_fitted = (moments < first) | (moments == ordered[0])
    return Division(*(np.flatnonzero(x).astype(np.int32) for x in (is_fitted, is_held_out)))


def _place(count: int, share: float) -> int:
    return min(max(count - math.ceil(share * count), 0), count - 1)
