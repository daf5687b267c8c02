"""The one analyzer of everything that has a name: categories, words, and averages per key.

It writes two tables for the transform graph, as text that a person can read, `key<TAB>value`:
    ids_table       `<column>=<name>` gives the name's id in its column; `<column>` the number of
                    ids
    averages_table  `<column>=<name>` gives the average of that key's rows; `<column>` that of all
                    rows; `<column>/deviation` the standard deviation of the former over the
                    training rows

Terms:
    token: `<column>=<name>`, bytes; so that one table serves all columns. In the column's name,
        `=` is written `%3D`, and `%` is `%25`.
    total: of a token: how often it occurs, and the sum of the values that came with it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_transform.beam.experimental import PTransformAnalyzer

from tfx_pipeline.modules.features.columns import is_spread

Total = tuple[int, float]
Table = Callable[[Mapping[bytes, Total], "Column"], dict[bytes, float]]
UNUSABLE = b"\t\n\r"  # separate the lines and fields of a table: such a name counts as unknown


@dataclass(frozen=True)
class Column:
    """What is kept of the names of one output column.

    Attributes:
        name: the output column.
        kind: `ids`, which begin with 0 for a missing name; `words`: ids, but for a missing one;
            `averages`.
        max_size: at most this many names, the most frequent first; None: all.
        min_rows: a name that occurs less often is not kept.
    """

    name: str
    kind: Literal["ids", "words", "averages"]
    max_size: int | None = None
    min_rows: int = 1

    @property
    def key(self) -> str:
        """The column in the tables."""
        return self.name.replace("%", "%25").replace("=", "%3D")


class TokenTotals(PTransformAnalyzer):
    """Reduces all tokens of the training rows to the two tables.

    Input elements: tokens, `[n] object` (bytes), and values, `[n] float64`, where NaN means that
    the token does not count here. Outputs: the paths of both, an element each.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self._columns = tuple(columns)

    def expand(self, batches: beam.PCollection) -> tuple[beam.PCollection, beam.PCollection]:
        """Build the analysis; see the class."""
        totals = (
            batches
            | "TotalsOfBatch" >> beam.FlatMap(totals_of_batch)
            | "TotalsOfToken" >> beam.CombinePerKey(_add)
            | "InOnePlace" >> beam.combiners.ToList()
        )
        return tuple(
            totals | kind.__name__ >> beam.Map(_write, kind, self._columns, self.base_temp_dir)
            for kind in _TABLES
        )

    def accumulator(self) -> TokenAccumulator:
        """Make what does the same without Beam, batch by batch."""
        return TokenAccumulator(self._columns)


class TokenAccumulator:
    """The analysis of `TokenTotals` in one process."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._totals: dict[bytes, Total] = {}

    def add(self, batch: Sequence[NDArray[Any]]) -> None:
        """Take tokens and values, as `TokenTotals` does."""
        totals = self._totals
        for token, total in totals_of_batch(batch):
            known = totals.get(token)
            totals[token] = total if known is None else _add((known, total))

    def answers(self, directory: str) -> list[str]:
        """Write both tables into the folder; return their paths."""
        totals = self._totals.items()
        return [_write(totals, table, self._columns, directory) for table in _TABLES]


def totals_of_batch(batch: Sequence[NDArray[Any]]) -> Iterator[tuple[bytes, Total]]:
    """Count the tokens of a batch and add up their values."""
    tokens, values = batch
    counts = ~np.isnan(values)
    columns = {"token": pa.array(tokens[counts], pa.binary()), "value": values[counts]}
    totals = pa.table(columns).group_by("token").aggregate([("value", "count"), ("value", "sum")])
    for total in totals.to_pylist():
        yield total["token"], (total["value_count"], total["value_sum"])


def ids_table(totals: Mapping[bytes, Total], column: Column) -> dict[bytes, float]:
    """Number the names that are kept of a column of ids or words."""
    if column.kind == "averages":
        return {}
    missing = [_token(column)] if column.kind == "ids" else []
    tokens = missing + _kept(totals, column)
    return {column.key.encode(): len(tokens), **{token: i for i, token in enumerate(tokens)}}


def averages_table(totals: Mapping[bytes, Total], column: Column) -> dict[bytes, float]:
    """Average the values of the names that are kept of a column of averages."""
    if column.kind != "averages":
        return {}
    rows = max(1, sum(count for count, _ in totals.values()))
    overall = math.fsum(total for _, total in totals.values()) / rows
    averages = {token: totals[token][1] / totals[token][0] for token in _kept(totals, column)}
    squares = (totals[token][0] * (x - overall) ** 2 for token, x in averages.items())
    deviation = math.sqrt(math.fsum(squares) / rows)
    if not is_spread(deviation, overall):
        deviation = 0.0
    name = column.key.encode()
    return {name: overall, name + b"/deviation": deviation, **averages}


_TABLES: tuple[Table, ...] = (ids_table, averages_table)


def _token(column: Column, name: str = "") -> bytes:
    return f"{column.key}={name}".encode()


def _kept(totals: Mapping[bytes, Total], column: Column) -> list[bytes]:
    """Choose tokens with a name, the most frequent first, then by their bytes."""
    tokens = [
        token
        for token, (count, _) in totals.items()
        if count >= column.min_rows and token != _token(column) and not set(UNUSABLE) & set(token)
    ]
    return sorted(tokens, key=lambda token: (-totals[token][0], token))[: column.max_size]


def _add(totals: Iterable[Total]) -> Total:
    counts, sums = 0, 0.0
    for count, total in totals:
        counts, sums = counts + count, sums + total
    return counts, sums


def _write(
    totals: Iterable[tuple[bytes, Total]], table: Table, columns: Sequence[Column], directory: str
) -> str:
    """Write the table of all columns; return its path."""
    by_column: dict[str, dict[bytes, Total]] = {column.key: {} for column in columns}
    for token, total in totals:
        by_column[token.partition(b"=")[0].decode()][token] = total
    path = os.path.join(directory, table.__name__)
    tf.io.gfile.makedirs(directory)
    with tf.io.gfile.GFile(path, "wb") as file:
        for column in columns:
            for key, value in table(by_column[column.key], column).items():
                file.write(key + f"\t{value}\n".encode())
    return path
