"""The slices of a split: which rows share the values of some columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_split import SliceColumn

MOST_SLICES = 300
"""That figures are given of: those with most rows. There may be as many as rows."""


@dataclass(frozen=True)
class Slice:
    """Rows that share the values of some columns.

    Attributes:
        columns: their names.
        values: their values, as texts.
        places: `[rows of the slice] int64`: which rows of the split it is.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]
    places: NDArray[Any]


def largest_slices(
    columns: Mapping[str, SliceColumn], groups: Sequence[tuple[str, ...]]
) -> tuple[list[Slice], int]:
    """Find the slices by each group of columns, which are crossed; largest first.

    Returns:
        `MOST_SLICES` of them, and how many more there are.
    """
    found = [_Group(group, [columns[name] for name in group]) for group in groups]
    sizes = np.concatenate([group.sizes for group in found] or [np.zeros(0, int)])
    owners = np.repeat(np.arange(len(found)), [len(group.sizes) for group in found])
    starts = np.cumsum([0, *(len(group.sizes) for group in found)])
    kept = np.argsort(-sizes, kind="stable")[:MOST_SLICES]
    slices = [found[owners[place]].slice(place - starts[owners[place]]) for place in kept]
    return slices, len(sizes) - len(kept)


class _Group:
    """The slices by some columns: rows in the order of their slice."""

    def __init__(self, names: tuple[str, ...], columns: list[SliceColumn]) -> None:
        self.names, self._columns = names, columns
        rows = np.arange(len(columns[0].codes))
        joint, taken = np.zeros(len(rows), np.int64), list[NDArray[Any]]()
        for column in columns:
            before, codes = _valued(rows, column)
            rows, taken = rows[before], [*(x[before] for x in taken), codes]
            # Made dense at each step, so that the number of combinations never overflows.
            joint = np.unique(joint[before] * len(column.values) + codes, return_inverse=True)[1]
            joint = joint.reshape(-1)
        self._order = np.argsort(joint, kind="stable")
        self._rows, self._codes = rows, taken
        self.sizes = np.bincount(joint) if len(joint) else np.zeros(0, int)
        self._starts = np.cumsum(self.sizes) - self.sizes

    def slice(self, place: int) -> Slice:
        start = self._starts[place]
        order = self._order[start : start + self.sizes[place]]
        both = zip(self._columns, self._codes, strict=True)
        values = tuple(column.values[codes[order[0]]] for column, codes in both)
        return Slice(self.names, values, self._rows[order])


def _valued(rows: NDArray[Any], column: SliceColumn) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give each value that a column has in these rows: the place among them, and its code.

    `rows` may name a row several times: it has several values of another column.
    """
    first = column.codes[rows]
    there = np.flatnonzero(first >= 0)
    if not len(column.further):
        return there, first[there]
    of_row = np.argsort(column.further[:, 0], kind="stable")
    row, code = column.further[of_row, 0], column.further[of_row, 1]
    begins: NDArray[Any] = np.searchsorted(row, rows, "left")
    ends: NDArray[Any] = np.searchsorted(row, rows, "right")
    counts = ends - begins
    before = np.repeat(np.arange(len(rows)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    places = np.concatenate([there, before])
    codes = np.concatenate([first[there], code[begins[before] + within]])
    return places, codes
