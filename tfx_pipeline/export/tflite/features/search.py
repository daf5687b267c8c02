"""Numbers found among ascending ones, of many columns at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.tflite.graph import ROWS, Tensor
from tfx_pipeline.export.tflite.writer import Writer

_COMPARED = 16
"""Ascending numbers that are all compared; among more, halves are sought."""


def counts_at_most(
    writer: Writer, values: Tensor, ascending: Sequence[NDArray[np.generic]]
) -> Tensor:
    """Count how many of a column's numbers are at most its value.

    Args:
        writer: that writes.
        values: `[rows, columns]`, below the largest of its type (of float32: finite).
        ascending: of each column, in the type of `values`.

    Returns:
        `[rows, columns] int32`.
    """
    groups: dict[int, list[int]] = {}
    for place, each in enumerate(ascending):
        groups.setdefault(_room(len(each)), []).append(place)
    parts = []
    for room, places in groups.items():
        table = np.full((len(places), room), _largest(values.dtype), values.dtype)
        for row, place in enumerate(places):
            table[row, : len(ascending[place])] = ascending[place]
        count = _compared if room <= _COMPARED else _halved
        parts.append(count(writer, writer.taken(values, places), table))
    order = [place for places in groups.values() for place in places]
    return writer.taken(writer.joined(parts), np.argsort(order).tolist())


def _compared(writer: Writer, values: Tensor, table: NDArray[np.generic]) -> Tensor:
    cells = writer.reshape(values, (ROWS, len(table), 1))
    at_most = writer.two("GREATER_EQUAL", cells, table[np.newaxis])
    return writer.summed(writer.cast(at_most, "int32"), 2)


def _halved(writer: Writer, values: Tensor, table: NDArray[np.generic]) -> Tensor:
    """Halve where it can be until one place is left: the room is a power of 2, less 1."""
    columns, room = table.shape
    flat = writer.constant(table.ravel(), table.dtype)
    starts = np.arange(columns, dtype=np.int32)[np.newaxis] * room
    count: Tensor | None = None
    step = (room + 1) // 2
    while step:
        if count is None:
            middle = writer.gathered(flat, writer.constant(starts[0] + step - 1, np.int32))
        else:
            middle = writer.gathered(flat, writer.two("ADD", count, starts + step - 1))
        at_most = writer.cast(writer.two("GREATER_EQUAL", values, middle), "int32")
        more = writer.two("MUL", at_most, np.array(step))
        count = more if count is None else writer.two("ADD", count, more)
        step //= 2
    assert count is not None
    return count


def _room(count: int) -> int:
    return int(2 ** np.ceil(np.log2(max(1, count) + 1))) - 1


def _largest(dtype: str) -> float | int:
    return np.inf if dtype == "float32" else np.iinfo(dtype).max
