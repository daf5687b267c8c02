"""Counters and histograms that Prometheus reads, written as TensorFlow Serving writes them.

Which ones there are, and their names, stands in `metrics`.

Terms:
    family: all series of one name; cell: the series of one tuple of label values.

prometheus_client cannot write these pages: it appends `_total` to the name of a counter, sorts the
labels and writes `le` and whole numbers in another form. TensorFlow Serving's names have no such
ending, and dashboards select them as they are (util/prometheus_exporter.cc there).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

MOST_CELLS = 1000
"""Of one family: callers choose the model's name, and without a limit they choose our memory."""
REST_OF_CELLS = "other"
_AT_ONCE = 256  # values that are counted together, at a quarter of the time

Cells = dict[tuple[str, ...], Any]


def exponential(first: float, growth: float, count: int) -> list[float]:
    """Return upper limits of buckets, each `growth` times the one before; +Inf comes on top."""
    return [first * growth**index for index in range(count)]


class CounterFamily:
    """Numbers that only grow. Safe to use from any thread."""

    def __init__(self, name: str, labels: Sequence[str] = ()) -> None:
        self.name = name
        self.labels = tuple(labels)
        self._cells: Cells = {}
        self._lock = threading.Lock()

    def add(self, values: tuple[str, ...], amount: int = 1) -> None:
        """Add to the cell of these label values."""
        with self._lock:
            try:
                self._cells[values] += amount
            except KeyError:
                values = _limited(self._cells, values)
                self._cells[values] = self._cells.get(values, 0) + amount

    def cells(self) -> Cells:
        """Copy what was counted, by label values."""
        with self._lock:
            return dict(self._cells)

    @staticmethod
    def sum_of(first: int, second: int) -> int:
        """Add the same cell of two processes."""
        return first + second

    def lines(self, cells: Cells) -> Iterator[str]:
        """Write the family: its type, then a line a cell."""
        yield f"# TYPE {self.name} counter"
        for values, number in cells.items():
            yield f"{self.name}{{{_labels(self.labels, values)}}} {number}"


class HistogramFamily:
    """How often values fell into each bucket. Safe to use from any thread.

    A cell is a list: the count of each bucket, that of +Inf, and the sum of the values.
    """

    def __init__(self, name: str, labels: Sequence[str], limits: Sequence[float]) -> None:
        self.name = name
        self.labels = tuple(labels)
        self._limits = list(limits)
        # TensorFlow Serving writes limits with six digits; a query that names one needs the same.
        self._limit_texts = [f"{limit:g}" for limit in limits] + ["+Inf"]
        self._cells: Cells = {}
        self._waiting: dict[tuple[str, ...], list[float]] = {}
        self._lock = threading.Lock()

    def add(self, values: tuple[str, ...], value: float) -> None:
        """Count a value; one that equals a limit belongs below it, as `le` says."""
        waiting = self._waiting.get(values)
        if waiting is None:
            values, waiting = self._admit(values)
        waiting.append(value)
        if len(waiting) >= _AT_ONCE:
            self._count(values)

    def add_all(self, values: tuple[str, ...], numbers: Sequence[float]) -> None:
        """Count several values."""
        values, waiting = self._admit(values)
        waiting.extend(numbers)
        if len(waiting) >= _AT_ONCE:
            self._count(values)

    def cells(self) -> Cells:
        """Copy what was counted, by label values."""
        for values in list(self._waiting):
            self._count(values)
        with self._lock:
            return {values: list(cell) for values, cell in self._cells.items()}

    def _admit(self, values: tuple[str, ...]) -> tuple[tuple[str, ...], list[float]]:
        with self._lock:
            values = _limited(self._waiting, values)
            return values, self._waiting.setdefault(values, [])

    def _count(self, values: tuple[str, ...]) -> None:
        """Count what waits."""
        with self._lock:
            waiting = self._waiting[values]
            taken = waiting[:]  # other threads may append meanwhile
            del waiting[: len(taken)]
            if not taken:
                return
            cell = self._cells.setdefault(values, [0] * len(self._limit_texts) + [0.0])
            places = np.searchsorted(self._limits, taken, side="left")
            for index, count in zip(*np.unique(places, return_counts=True), strict=True):
                cell[index] += int(count)
            cell[-1] += sum(taken)

    @staticmethod
    def sum_of(first: list[float], second: list[float]) -> list[float]:
        """Add the same cell of two processes."""
        return [one + other for one, other in zip(first, second, strict=True)]

    def lines(self, cells: Cells) -> Iterator[str]:
        """Write the family: its type, then for each cell its buckets, sum and count."""
        yield f"# TYPE {self.name} histogram"
        for values, cell in cells.items():
            labels = _labels(self.labels, values)
            bucket = f"{self.name}_bucket{{{labels},le=" if labels else f"{self.name}_bucket{{le="
            total = 0
            for text, count in zip(self._limit_texts, cell, strict=False):
                total += count
                yield f'{bucket}"{text}"}} {total}'
            yield f"{self.name}_sum{{{labels}}} {cell[-1]:.17g}"
            yield f"{self.name}_count{{{labels}}} {total}"


def _limited(cells: dict[tuple[str, ...], Any], values: tuple[str, ...]) -> tuple[str, ...]:
    if values in cells or len(cells) < MOST_CELLS:
        return values
    return (REST_OF_CELLS,) * len(values)


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    return ",".join(
        f'{name}="{_escaped(value)}"' for name, value in zip(names, values, strict=True)
    )


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
