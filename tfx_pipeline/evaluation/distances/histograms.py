"""Bins of a column, learned from a reference: quantiles of numbers, frequent values of texts.

Missing is a bin of its own. Rare values share one, for a value that came once tells nothing of how
often it comes; so do values that the reference does not have. Where there are rare values, a
quarter of the rows says which are frequent and the others are counted: values that are chosen for
being frequent in the very rows that are counted would seem rarer in any other rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.distances.columns import (
    Categories,
    Column,
    Numbers,
    distinct_share,
)

MISSING, OTHER = "(missing)", "(other values)"
_NUMBER_BINS, _CATEGORY_BINS = 20, 100
_FEWEST_ROWS = 5  # of a bin: Cochran's rule for tests of counts
_ENOUGH_ROWS, _CHOOSING = 20, 0.25
_NAME_LENGTH = 64


@dataclass(frozen=True)
class Histogram:
    """The bins of a column, and what the reference has in them.

    Attributes:
        kind: of the column.
        edges: of numbers, ascending: bin i holds what is at least `edges[i - 1]` and less than
            `edges[i]`, so there is one bin more.
        names: of the bins: ranges as the reference fills them, or values; then `OTHER`, of texts;
            then `MISSING`.
        counts: rows of the reference in each bin.
        rows: how many these are, copies counted once (`columns.effective_rows`).
        distinct: see `columns.distinct_share`.
        low: smallest known number; None where there is none, and of texts.
        high: the largest, likewise.
        is_whole: the column holds integers.
    """

    kind: Literal["numbers", "categories"]
    names: tuple[str, ...]
    counts: tuple[int, ...]
    rows: int
    distinct: float
    edges: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    is_whole: bool = False

    @classmethod
    def learn(cls, column: Column, rows: int) -> Histogram:
        """Choose bins by a reference, and count its rows, of which `rows` are no copies."""
        if isinstance(column, Numbers):
            return _of_numbers(column, rows)
        return _of_categories(column, rows)

    def count(self, column: Column) -> NDArray[np.int64] | None:
        """Count the rows of another sample in these bins; None: the column is of another kind."""
        if isinstance(column, Numbers) != (self.kind == "numbers"):
            return None
        if isinstance(column, Numbers):
            return _number_counts(np.array(self.edges), column)
        places = {name: place for place, name in enumerate(self.names[:-2])}
        return _category_counts(column, places, len(self.names))

    def to_json(self) -> dict[str, Any]:
        """Give it as values of JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Histogram:
        """Read what `to_json` gave."""
        lists = {name: tuple(values[name]) for name in ("names", "counts", "edges")}
        return cls(**{**values, **lists})


def _of_numbers(column: Numbers, rows: int) -> Histogram:
    values = np.sort(column.values[column.known])
    edges = _edges(values)
    counts = _number_counts(edges, column)
    places = np.searchsorted(values, edges)
    starts, ends = np.append(0, places), np.append(places, len(values)) - 1
    names = []
    for position, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if len(values):
            first, last = _figure(values[start]), _figure(values[end])
            is_first, is_last = position == 0, position == len(edges)
            names.append(_range(first, last, is_first=is_first, is_last=is_last))
    low, high = (_finite(values[0]), _finite(values[-1])) if len(values) else (None, None)
    return Histogram(
        "numbers",
        (*(names or ["(any number)"]), MISSING),
        tuple(counts.tolist()),
        rows,
        distinct_share(column),
        tuple(edges.tolist()),
        low,
        high,
        is_whole=column.is_whole,
    )


def _finite(value: float) -> float:
    return float(np.nan_to_num(value))  # JSON has no infinity


def _range(low: str, high: str, *, is_first: bool, is_last: bool) -> str:
    if is_first and is_last:
        return f"{low}–{high}"
    if is_first:
        return f"up to {high}"
    if is_last:
        return f"{low} and more"
    return low if low == high else f"{low}–{high}"


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e9 else f"{value:.4g}"


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose edges so that bins have about equal rows; a value that fills one stands alone."""
    finite = values[np.isfinite(values)]
    bins = min(_NUMBER_BINS, len(finite) // _FEWEST_ROWS)
    if bins < 2:
        return np.zeros(0)
    cuts = finite[(np.arange(1, bins) * len(finite)) // bins]
    edges, times = np.unique(cuts, return_counts=True)
    # A value on two cuts fills a bin alone; so may the largest and the smallest.
    heavy = np.concatenate([edges[times > 1], finite[:1], finite[-1:]])
    after: NDArray[Any] = np.searchsorted(finite, heavy, side="right")
    edges = np.unique(np.concatenate([edges, heavy, finite[after[after < len(finite)]]]))
    edges = edges[edges > finite[0]]
    kept: list[float] = []
    rows: NDArray[Any] = np.searchsorted(finite, edges)  # below each edge
    last = 0
    for edge, below in zip(edges.tolist(), rows.tolist(), strict=True):
        if below - last >= _FEWEST_ROWS and len(finite) - below >= _FEWEST_ROWS:
            kept.append(edge)
            last = below
    return np.array(kept)


def _number_counts(edges: NDArray[np.float64], column: Numbers) -> NDArray[np.int64]:
    known = column.values[column.known]
    places = np.searchsorted(edges, known, side="right")
    counts = np.bincount(places, minlength=len(edges) + 1)
    return np.append(counts, len(column.values) - len(known)).astype(np.int64)


def _of_categories(column: Categories, rows: int) -> Histogram:
    chosen, counted = column, column
    counts = _value_counts(column)
    occurring = counts[counts > 0]
    if len(occurring) > _CATEGORY_BINS or (len(occurring) and occurring.min() < _ENOUGH_ROWS):
        chooses = np.random.default_rng(0).random(len(column.codes)) < _CHOOSING
        chosen = Categories(column.codes[chooses], column.names)
        counted = Categories(column.codes[~chooses], column.names)
        counts = _value_counts(chosen)
    order = np.argsort(-counts, kind="stable")[:_CATEGORY_BINS]
    names = tuple(short_name(column.names[i]) for i in order if counts[i] >= _FEWEST_ROWS)
    places = {name: place for place, name in enumerate(names)}
    bins = (*names, OTHER, MISSING)
    return Histogram(
        "categories",
        bins,
        tuple(_category_counts(counted, places, len(bins)).tolist()),
        max(1, round(rows * len(counted.codes) / max(1, len(column.codes)))),
        distinct_share(column),
    )


def _value_counts(column: Categories) -> NDArray[np.int64]:
    return np.bincount(column.codes[column.known], minlength=len(column.names))


def _category_counts(column: Categories, places: dict[str, int], bins: int) -> NDArray[np.int64]:
    other = bins - 2
    place_of_code = [places.get(short_name(name), other) for name in column.names]
    placed = np.array([*place_of_code, bins - 1])[column.codes]  # -1, missing, takes the last
    return np.bincount(placed, minlength=bins).astype(np.int64)


def short_name(name: str) -> str:
    """Shorten a value, for a cell may hold megabytes; different values stay different."""
    if len(name) <= _NAME_LENGTH:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{name[: _NAME_LENGTH - 14]}… {digest}"
