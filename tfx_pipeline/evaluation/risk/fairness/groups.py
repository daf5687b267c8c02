"""Which rows are of a group: the values of a column, its ranges, and two columns crossed.

Terms:
    partition: the groups of one column, or of two crossed; each row is of one of them, or of none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.wording import shortened

MISSING = "(missing)"
_MOST_GROUPS = 12
_MOST_NUMBERS = 10
"""A column of so many different numbers, or fewer, has a group each."""


@dataclass(frozen=True)
class Partition:
    """Groups that are compared with each other.

    Attributes:
        columns: the column, or the two.
        codes: `[rows] int64`: places in `names`; -1: of a group that is not compared.
        names: a tuple for each group: its value of each column.
        left_out: how many groups are not compared: they are too small, or beyond the dozen of the
            largest.
    """

    columns: tuple[str, ...]
    codes: NDArray[np.int64]
    names: tuple[tuple[str, ...], ...]
    left_out: int


def partitions(
    columns: Mapping[str, NDArray[Any]],
    edges: Mapping[str, Sequence[float]],
    *,
    crosses: bool,
    fewest_rows: int,
) -> Iterator[Partition]:
    """Divide the rows by each of these columns, and by each two of them.

    Where fewer than two groups have `fewest_rows`, the partition has no names.
    """
    coded = {name: _coded(values, edges.get(name)) for name, values in columns.items()}
    for name, (codes, names) in coded.items():
        yield _largest((name,), codes, tuple((each,) for each in names), fewest_rows)
    for first, second in combinations(coded, 2) if crosses else ():
        (one, of_one), (other, of_other) = coded[first], coded[second]
        places, codes = np.unique(one * len(of_other) + other, return_inverse=True)
        crossed = tuple(
            (of_one[place // len(of_other)], of_other[place % len(of_other)])
            for place in places.tolist()
        )
        yield _largest((first, second), codes.reshape(-1), crossed, fewest_rows)


def _coded(
    values: NDArray[Any], edges: Sequence[float] | None
) -> tuple[NDArray[np.int64], list[str]]:
    """Give each row's place among the names of a column's groups, and these."""
    if values.dtype.kind not in "fiub":  # which have no edges
        different, codes = np.unique(values.astype(str), return_inverse=True)
        return codes.reshape(-1).astype(np.int64), [_one_line(each) for each in different.tolist()]
    numbers = values.astype(np.float64)
    known = ~np.isnan(numbers)
    different = np.unique(numbers[known])
    if edges is None and len(different) <= _MOST_NUMBERS:
        names = [f"{each:g}" for each in different]
        codes = np.searchsorted(different, numbers)
    else:
        cuts = np.unique(np.quantile(numbers[known], (0.25, 0.5, 0.75))) if edges is None else edges
        names = _range_names(list(cuts))
        codes = np.searchsorted(np.asarray(cuts), numbers, side="right")
    return np.where(known, codes, len(names)).astype(np.int64), [*names, MISSING]


def _one_line(value: str) -> str:
    """Write a value so that it spoils no line, however long it is and whatever it holds."""
    return shortened(value if value.isprintable() else repr(value)[1:-1], 60) or MISSING


def _range_names(cuts: list[float]) -> list[str]:
    texts = [f"{each:,.6g}" for each in cuts]
    between = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"below {texts[0]}", *between, f"{texts[-1]} and above"]


def _largest(
    columns: tuple[str, ...],
    codes: NDArray[np.int64],
    names: tuple[tuple[str, ...], ...],
    fewest_rows: int,
) -> Partition:
    sizes = np.bincount(codes, minlength=len(names))
    kept = [place for place in np.argsort(-sizes, kind="stable") if sizes[place] >= fewest_rows]
    kept = sorted(kept[:_MOST_GROUPS]) if len(kept) > 1 else []
    places = np.full(len(names), -1, np.int64)
    places[kept] = np.arange(len(kept))
    left_out = int((sizes > 0).sum()) - len(kept)
    return Partition(columns, places[codes], tuple(names[place] for place in kept), left_out)
