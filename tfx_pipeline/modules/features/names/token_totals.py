"""The one analyzer of everything that has a name: tokens, added up over the training rows.

Terms are those of `token_tables`. Totals are put together as Chan, Golub and LeVeque do, Updating
formulae and a pairwise algorithm for computing sample variances, Stanford STAN-CS-79-773, 1979:
squares of a large number's small spread are not lost.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_transform.beam.experimental import PTransformAnalyzer

from tfx_pipeline.modules.features.names.token_tables import (
    TABLES,
    Column,
    Table,
    Total,
    Totals,
)

_Plain = tuple[int, float, float]  # a `Total`, of which there can be millions


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
            | "TotalsOfToken" >> beam.CombinePerKey(added)
            | "InOnePlace" >> beam.combiners.ToList()
            | "ByColumn" >> beam.Map(_by_column, self._columns)
        )
        folder = self.base_temp_dir
        return tuple(
            totals | table.__name__ >> beam.Map(_write, table, self._columns, folder)
            for table in TABLES
        )

    def accumulator(self) -> TokenAccumulator:
        """Make what does the same without Beam, batch by batch."""
        return TokenAccumulator(self._columns)


class TokenAccumulator:
    """The analysis of `TokenTotals` in one process."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._totals: dict[bytes, _Plain] = {}

    def add(self, batch: Sequence[NDArray[Any]]) -> None:
        """Take tokens and values, as `TokenTotals` does."""
        totals = self._totals
        for token, total in totals_of_batch(batch):
            known = totals.get(token)
            totals[token] = total if known is None else _pair(known, total)

    def answers(self, directory: str) -> list[str]:
        """Write both tables into the folder; return their paths."""
        totals = _by_column(self._totals.items(), self._columns)
        return [_write(totals, table, self._columns, directory) for table in TABLES]


def totals_of_batch(batch: Sequence[NDArray[Any]]) -> Iterator[tuple[bytes, _Plain]]:
    """Add up the tokens of a batch."""
    tokens, values = batch
    given = ~np.isnan(values)
    columns = {"token": pa.array(tokens[given], pa.binary()), "value": values[given]}
    # Of ids all values are 0.
    names = ["count", "sum", "variance"] if columns["value"].any() else ["count"]
    totals = pa.table(columns).group_by("token").aggregate([("value", name) for name in names])
    count, *others = (totals[f"value_{name}"].to_pylist() for name in names)
    sums, variances = others or [[0.0] * len(count)] * 2
    for token, n, total, variance in zip(
        totals["token"].to_pylist(), count, sums, variances, strict=True
    ):
        yield token, (n, total, n * variance)


def added(totals: Iterable[_Plain]) -> _Plain:
    """Put totals of one token together."""
    return functools.reduce(_pair, totals, (0, 0.0, 0.0))


def _pair(one: _Plain, other: _Plain) -> _Plain:
    count, total, squares = one[0] + other[0], one[1] + other[1], one[2] + other[2]
    if one[0] and other[0] and (one[1] or other[1]):
        distance = one[1] / one[0] - other[1] / other[0]
        squares += distance * distance * one[0] * other[0] / count
    return count, total, squares


def _by_column(
    totals: Iterable[tuple[bytes, _Plain]], columns: Sequence[Column]
) -> dict[str, dict[bytes, Total]]:
    """Divide totals by the columns' keys."""
    divided: dict[str, dict[bytes, Total]] = {column.key: {} for column in columns}
    for token, total in totals:
        divided[token.partition(b"=")[0].decode()][token] = Total._make(total)
    return divided


def _write(
    totals: Mapping[str, Totals], table: Table, columns: Sequence[Column], folder: str
) -> str:
    """Write a table of all columns; return its path."""
    path = os.path.join(folder, table.__name__)
    tf.io.gfile.makedirs(folder)
    with tf.io.gfile.GFile(path, "wb") as file:
        for column in columns:
            for key, value in table(totals[column.key], column):
                file.write(key + f"\t{value}\n".encode())
    return path
