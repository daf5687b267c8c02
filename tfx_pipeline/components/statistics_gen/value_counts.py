"""How often each string of a feature occurs: exact, as TFDV counts them on Beam."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_WAITING_VALUES = 1 << 16
"""Distinct values of blocks that wait, at least, before they are counted together."""


class ValueCounts:
    """Counts the values of block after block.

    It keeps each distinct value once. What comes in waits until it is as much as what is there, so
    that all of it is looked at a few times only.
    """

    def __init__(self) -> None:
        self._values: list[pa.Array] = []
        self._counts: list[pa.Array] = []
        self._waiting = 0

    def add(self, values: pa.Array) -> None:
        """Count the values, Arrow's `large_binary` without nulls, of one more block."""
        found = values.value_counts()
        self._values.append(found.field("values"))
        self._counts.append(found.field("counts"))
        self._waiting += len(found)
        if self._waiting > max(_WAITING_VALUES, len(self._values[0])):
            self._merge()

    def distinct(self) -> int:
        """Give the number of different values."""
        self._merge()
        return len(self._values[0])

    def top(self, number: int) -> list[tuple[bytes, int]]:
        """List the most frequent values with their counts; of those alike the greatest first."""
        self._merge()
        table = pa.table({"value": self._values[0], "count": self._counts[0]})
        order = [("count", "descending"), ("value", "descending")]
        chosen = table.take(pc.select_k_unstable(table, number, order))
        return list(
            zip(chosen["value"].to_pylist(), chosen["count"].to_pylist(), strict=True),
        )

    def _merge(self) -> None:
        if len(self._values) > 1:
            merged = pa.concat_arrays(self._values).dictionary_encode()
            # As float64, which is exact up to 2**53.
            counts = np.concatenate([each.to_numpy() for each in self._counts])
            sums = np.bincount(merged.indices.to_numpy(), counts, len(merged.dictionary))
            self._values = [merged.dictionary]
            self._counts = [pa.array(sums.astype(np.int64))]
        self._waiting = 0
