"""What an attacker may write into a column: numbers of the training rows, and frequent texts.

Terms:
    distance: of two numbers of a column, 0 to 1: the larger of the share of the training rows
        between them and the share of the range between their 1st and 99th percentile. So an outlier
        makes no step small, and to tick a box is no small one. Of two texts, or codes, 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.asking.values import is_code
from tfx_pipeline.evaluation.risk.subject import Subject

_DISTANCES = (0.05, 0.25, 1.0)
_MOST_VALUES = 8
_QUANTILES = 1001
_SLACK = 2e-3


@dataclass(frozen=True)
class Mutable:
    """A column that can be changed.

    Attributes:
        name: of the feature.
        numbers: quantiles of the training rows, sorted; empty: it holds texts or codes.
        values: those that it may take, if it holds texts or codes, most frequent first.
        whole: of numbers: whether they are whole.
    """

    name: str
    numbers: NDArray[np.float64]
    values: NDArray[Any]
    whole: bool = False

    def count(self, steps: Sequence[float]) -> int:
        """Count the moves of a column."""
        return 2 * len(steps) if len(self.numbers) else len(self.values)

    def moves(self, column: NDArray[Any], steps: Sequence[float]) -> Iterator[Move]:
        """List changes of rows' values: for numbers a step up and down of each distance."""
        if not len(self.numbers):
            for value in self.values:
                target = np.full(len(column), value, column.dtype)
                yield Move(self.name, target, (column != target).astype(np.float64))
            return
        for step in steps:
            for signed in (-step, step):
                yield self._step(column, signed)

    def _step(self, column: NDArray[np.float64], step: float) -> Move:
        wanted = np.clip(np.nan_to_num(self._places(column)) + step, 0, 1)
        last = len(self.numbers) - 1
        target = np.interp(wanted * last, np.arange(last + 1), self.numbers)
        if abs(step) < 1:
            reach = abs(step) * self._width
            target = np.clip(target, column - reach, column + reach)
        if self.whole:
            target = column + np.trunc(target - column)
        distances = self.distance(column, target)
        # Values that come often are further apart than a small step; beyond the training rows'
        # numbers a step would go back; and what is missing stays so.
        fits = ((target - column) * step > 0) & (distances <= abs(step) + _SLACK)
        target = np.where(fits, target, column)
        return Move(self.name, target, np.where(fits, distances, 0.0))

    def distance(self, first: NDArray[Any], second: NDArray[Any]) -> NDArray[np.float64]:
        """Say how far values are apart, see above: `[rows]`; from a missing number to any: 1."""
        if not len(self.numbers):
            return (first != second).astype(np.float64)
        passed = np.abs(self._places(second) - self._places(first))
        apart = np.minimum(1.0, np.maximum(passed, np.abs(second - first) / self._width))
        is_same = (first == second) | (np.isnan(first) & np.isnan(second))
        return np.where(is_same, 0.0, np.nan_to_num(apart, nan=1.0))

    @cached_property
    def _width(self) -> float:
        low, high = (float(np.quantile(self.numbers, x)) for x in (0.01, 0.99))
        return high - low or float(self.numbers[-1] - self.numbers[0])

    def _places(self, column: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the share of the training rows below values, equal ones half: `[rows]`."""
        left, right = (np.searchsorted(self.numbers, column, side=x) for x in ("left", "right"))
        return np.where(np.isnan(column), np.nan, (left + right) / 2 / len(self.numbers))


@dataclass(frozen=True)
class Move:
    """One change of one column, in all rows.

    Attributes:
        feature: which column.
        values: what it holds then: `[rows]`.
        distances: how far that is: `[rows]`; 0: nothing changes in this row.
    """

    feature: str
    values: NDArray[Any]
    distances: NDArray[np.float64]


def mutable_of(subject: Subject, name: str) -> Mutable | None:
    """Say how a column can be changed; None: there is no other value that it could have."""
    domain, train = subject.domains[name], subject.train.columns[name]
    nothing = np.zeros(0)
    if domain.kind == "text":
        values = np.array(domain.values[:_MOST_VALUES], object)
        return Mutable(name, nothing, values) if len(values) > 1 else None
    known = np.asarray(train[np.isfinite(train)], np.float64)
    if is_code(domain):
        found, counts = np.unique(known, return_counts=True)
        values = found[np.argsort(-counts, kind="stable")][:_MOST_VALUES]
        return Mutable(name, nothing, values) if len(values) > 1 else None
    if not len(known) or known.min() == known.max():
        return None
    numbers = np.sort(known)
    if len(numbers) > _QUANTILES:
        numbers = numbers[np.linspace(0, len(numbers) - 1, _QUANTILES).astype(int)]
    return Mutable(name, numbers, nothing, domain.whole)


def steps_up_to(tiny: float, largest: float) -> tuple[float, ...]:
    """Give the distances that are tried: up to tiny, then larger ones up to the largest."""
    tiny = min(tiny, largest)
    return tuple(sorted({tiny / 3, tiny, *(x for x in _DISTANCES if tiny < x < largest), largest}))
