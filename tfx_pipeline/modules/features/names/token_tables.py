"""The two tables of all that is learned of names, as text that a person can read.

A line is `key<TAB>value`:
    ids_table       `<column>=<name>` gives the name's id in its column; `<column>` the number of
                    ids
    averages_table  `<column>=<name>` gives the average of that key's rows; `<column>` that of all
                    rows; `<column>/deviation` the standard deviation of the former over the
                    training rows. Of an encoded label (`smoothing`) the first is how far the
                    category's average is from the overall one, in deviations, and of several
                    classes there is one a class: `<column>=<class>=<name>`, `<column>/<class>`.
                    Of words: the inverse document frequency; `<column>`: of one never seen

Terms:
    token: `<column>=<name>`, bytes; so that one table serves all columns. In the column's name,
        `=` is written `%3D`, and `%` is `%25`. To encode a label of several classes, a row's token
        is `<column>=<class>=<name>` with the id of its class.
    total: of a token: how often it occurs, the sum of the values that came with it, and the sum of
        the squares of their distances from their mean. The value of a word is 1 where it is the
        first of its kind in its row, else 0; each row has a word "" too, so that rows are counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import is_spread
from tfx_pipeline.modules.features.names.smoothing import Smoothing

UNUSABLE = b"\t\n\r"  # separate the lines and fields of a table: such a name counts as unknown
_SEPARATORS = frozenset(UNUSABLE)


class Total(NamedTuple):
    """What a token stands for; see the module."""

    times: int
    total: float
    squares: float = 0.0


Totals = Mapping[bytes, Total]


@dataclass(frozen=True)
class Column:
    """What is kept of the names of one output column.

    Attributes:
        name: the output column.
        kind: `ids`, which begin with 0 for a missing name; `words`: ids, but for a missing one;
            `buckets`: words that are numbers themselves; `averages`; `labels`: encoded ones.
        max_size: at most this many names, the most frequent first; None: all.
        min_rows: a name that occurs less often is not kept.
        classes: of `labels`, how many there are; 0: their values are averaged.
        weighs: whether words have weights.
    """

    name: str
    kind: Literal["ids", "words", "buckets", "averages", "labels"]
    max_size: int | None = None
    min_rows: int = 1
    classes: int = 0
    weighs: bool = False

    @property
    def key(self) -> str:
        """The column in the tables."""
        return self.name.replace("%", "%25").replace("=", "%3D")


Table: TypeAlias = Callable[[Totals, Column], Iterator[tuple[bytes, Any]]]


def ids_table(totals: Totals, column: Column) -> Iterator[tuple[bytes, int]]:
    """Number the names that are kept of a column of ids or words."""
    if column.kind not in ("ids", "words"):
        return
    missing = [_token(column)] if column.kind == "ids" else []
    tokens = missing + _kept(totals, column)
    yield column.key.encode(), len(tokens)
    yield from ((token, place) for place, token in enumerate(tokens))


def averages_table(totals: Totals, column: Column) -> Iterator[tuple[bytes, Any]]:
    """Average the values of the names that are kept of a column."""
    if column.kind == "averages":
        yield from _averages(totals, column)
    elif column.kind == "labels":
        yield from _shares(totals, column) if column.classes else _encoded(totals, column)
    elif column.weighs:
        yield from _document_frequencies(totals, column)


TABLES: tuple[Table, ...] = (ids_table, averages_table)


def _averages(totals: Totals, column: Column) -> Iterator[tuple[bytes, Any]]:
    rows = max(1, sum(total.times for total in totals.values()))
    overall = math.fsum(total.total for total in totals.values()) / rows
    averages = {token: totals[token].total / totals[token].times for token in _kept(totals, column)}
    squares = (totals[token].times * (x - overall) ** 2 for token, x in averages.items())
    deviation = math.sqrt(math.fsum(squares) / rows)
    if not is_spread(deviation, overall):
        deviation = 0.0
    name = column.key.encode()
    yield name, overall
    yield name + b"/deviation", deviation
    yield from averages.items()


def _encoded(totals: Totals, column: Column) -> Iterator[tuple[bytes, Any]]:
    """Encode a label that is a number; of two classes, 0 or 1."""
    counts, sums, squares = np.array(list(totals.values()), np.float64).reshape(-1, 3).T
    overall = sums.sum() / max(1.0, counts.sum())
    distances = np.divide(sums, counts, where=counts > 0, out=np.full(len(sums), overall)) - overall
    smoothing = Smoothing.of(counts, sums, float(np.sum(squares + counts * distances**2)))
    tokens = [
        None if total.times < column.min_rows or _is_unusable(token) else token
        for token, total in totals.items()
    ]
    yield from _scaled(column.key, tokens, smoothing, counts, sums)


def _shares(totals: Totals, column: Column) -> Iterator[tuple[bytes, Any]]:
    """Encode a label of several classes, each as a number that is 1 for it and 0 for others."""
    start = len(_token(column))
    places: dict[bytes, int] = {}
    cells = []
    for token, total in totals.items():
        class_id, _, name = token[start:].partition(b"=")
        cells.append((places.setdefault(name, len(places)), int(class_id), total.times))
    counts = np.zeros((len(places), column.classes))
    for place, label, times in cells:
        counts[place, label] = times
    rows = counts.sum(1)
    usable = [
        None if count < column.min_rows or _is_unusable(name) else name
        for name, count in zip(places, rows, strict=True)
    ]
    for label in range(column.classes):
        shares = counts[:, label]
        share = shares.sum() / max(1.0, rows.sum())
        smoothing = Smoothing.of(rows, shares, rows.sum() * share * (1 - share))
        prefix = _token(column, f"{label}=")
        tokens = [None if name is None else prefix + name for name in usable]
        yield from _scaled(f"{column.key}/{label}", tokens, smoothing, rows, shares)


def _scaled(
    key: str,
    tokens: Sequence[bytes | None],
    smoothing: Smoothing,
    counts: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> Iterator[tuple[bytes, Any]]:
    yield key.encode(), smoothing.overall
    yield f"{key}/deviation".encode(), smoothing.deviation
    if smoothing.deviation:  # else all are 0, as an unknown name is
        for token, value in zip(tokens, smoothing.scaled(counts, sums).tolist(), strict=True):
            if token is not None:
                yield token, f"{value:.7g}"


def _document_frequencies(totals: Totals, column: Column) -> Iterator[tuple[bytes, Any]]:
    """Weigh words: 1 + log((1 + rows) / (1 + rows with the word)), as `words` says."""
    rows = totals[_token(column)].times if totals else 0
    yield column.key.encode(), 1 + math.log(1 + rows)
    for token in _kept(totals, column):
        yield token, 1 + math.log((1 + rows) / (1 + totals[token].total))


def _token(column: Column, name: str = "") -> bytes:
    return f"{column.key}={name}".encode()


def _is_unusable(name: bytes) -> bool:
    return not _SEPARATORS.isdisjoint(name)


def _kept(totals: Totals, column: Column) -> list[bytes]:
    """Choose tokens with a name, the most frequent first, then by their bytes."""
    tokens = [
        token
        for token, total in totals.items()
        if total.times >= column.min_rows and token != _token(column) and not _is_unusable(token)
    ]
    return sorted(tokens, key=lambda token: (-totals[token].times, token))[: column.max_size]
