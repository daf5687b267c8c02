"""How strongly features tell each other, and groups of those that do.

Terms:
    association: 0 to 1: Cramér's V of the features' bins, corrected for bias; of two columns of
        numbers also Spearman's rank correlation, whichever is larger.

Source: W. Bergsma, A bias-correction for Cramér's V and Tschuprow's T, J. Korean Stat. Soc. 42
(2013) 323-328.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_BINS = 10
"""Of numbers, quantiles; of texts, the most frequent ones and the others. Missing is one more."""
_MOST_ROWS = 2_000
_AT_ONCE = 64


def association_matrix(columns: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
    """Measure the association of each two columns: `[columns, columns]`, 1 on the diagonal."""
    cut = [values[:_MOST_ROWS] for values in columns.values()]
    found = _cramers_v([_binned(values) for values in cut])
    numbers = [place for place, values in enumerate(cut) if values.dtype.kind in "fiub"]
    if len(numbers) > 1:
        ranks = np.stack([_ranks(cut[place].astype(np.float64)) for place in numbers])
        with np.errstate(invalid="ignore", divide="ignore"):
            spearman = np.nan_to_num(np.abs(np.corrcoef(ranks)))
        place = np.array(numbers)
        found[place[:, None], place] = np.maximum(found[place[:, None], place], spearman)
    np.fill_diagonal(found, 1.0)
    return np.clip(found, 0.0, 1.0)


def associated_groups(
    names: list[str], associations: NDArray[Any], least: float
) -> list[list[str]]:
    """Divide features into groups, by average linkage, whose association is at least `least`."""
    if len(names) < 2:
        return [[name] for name in names]
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    apart = 1 - (associations + associations.T) / 2
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), "average")
    numbers = fcluster(tree, 1 - least + 1e-9, "distance")
    groups: dict[int, list[str]] = {}
    for name, number in zip(names, numbers.tolist(), strict=True):
        groups.setdefault(number, []).append(name)
    return [*groups.values()]


def _binned(values: NDArray[Any]) -> NDArray[np.int64]:
    if values.dtype.kind not in "fiub":
        _, codes, counts = np.unique(values.astype(str), return_inverse=True, return_counts=True)
        ranks = np.empty(len(counts), np.int64)
        ranks[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
        return np.minimum(ranks, _BINS)[codes.reshape(-1)]
    numbers = values.astype(np.float64)
    known = np.sort(numbers[~np.isnan(numbers)])
    if not len(known):
        return np.zeros(len(numbers), np.int64)
    cuts = np.unique(known[(np.arange(1, _BINS) * len(known)) // _BINS])
    places = np.searchsorted(cuts, numbers, side="right")
    return np.where(np.isnan(numbers), len(cuts) + 1, places)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give mean ranks; of what is missing, the middle one."""
    known = ~np.isnan(values)
    ranks = np.full(len(values), (known.sum() - 1) / 2)
    _, places, counts = np.unique(values[known], return_inverse=True, return_counts=True)
    ranks[known] = (np.cumsum(counts) - (counts + 1) / 2)[places]
    return ranks


def _cramers_v(binned: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    """Compute it of each two columns, of many at once by products of their indicator columns."""
    rows, sizes = len(binned[0]), []
    indicators = []
    for codes in binned:
        _, places = np.unique(codes, return_inverse=True)
        sizes.append(int(places.max()) + 1 if rows else 1)
        indicators.append(np.eye(sizes[-1], dtype=np.float32)[places.reshape(-1)])
    table = np.concatenate(indicators, axis=1)
    table /= np.sqrt(table.sum(axis=0))  # a product is then a count by the root of both totals
    starts, ends = np.cumsum([0, *sizes])[:-1], np.cumsum(sizes)
    phi = np.empty((len(binned), len(binned)))
    for first in range(0, len(binned), _AT_ONCE):  # all at once take GB of a thousand columns
        some = starts[first : first + _AT_ONCE]
        last = ends[min(first + _AT_ONCE, len(binned)) - 1]
        shares = np.square(table[:, some[0] : last].T @ table).astype(np.float64)
        by_column = np.add.reduceat(shares, starts, 1)
        phi[first : first + _AT_ONCE] = np.add.reduceat(by_column, some - some[0], 0) - 1
    size = np.array(sizes, np.float64)
    free = size - 1
    phi = np.maximum(phi - np.outer(free, free) / (rows - 1), 0)
    kept = size - free**2 / (rows - 1)
    least = np.minimum(kept[:, None], kept[None, :]) - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(least > 0, np.sqrt(phi / least), 0.0)
