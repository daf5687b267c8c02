"""A column of a sample of rows, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Numbers:
    """A column of numbers.

    Attributes:
        values: `[rows]`, float64 or float32; NaN: missing.
        is_whole: the column holds integers.
    """

    values: NDArray[Any]
    is_whole: bool = False

    @property
    def known(self) -> NDArray[Any]:
        """Where there is a value: `[rows] bool`."""
        return ~np.isnan(self.values)


@dataclass(frozen=True)
class Categories:
    """A column of texts.

    Attributes:
        codes: `[rows] int`, positions in `names`; -1: missing.
        names: the values that occur, each once.
    """

    codes: NDArray[Any]
    names: tuple[str, ...]

    @property
    def known(self) -> NDArray[Any]:
        """Where there is a value: `[rows] bool`."""
        return self.codes >= 0


Column: TypeAlias = Numbers | Categories


def distinct_share(column: Column) -> float:
    """Give the number of different values per known value: 1 where none comes twice; 0 of none."""
    known = column.known
    count = int(known.sum())
    if not count:
        return 0.0
    if isinstance(column, Categories):
        return len(np.unique(column.codes[known])) / count
    return len(np.unique(column.values[known])) / count


def effective_rows(row_hashes: NDArray[Any]) -> int:
    """Count rows as if none were a copy of another: Kish's effective sample size.

    n² / Σ c², where c counts the copies of each different row: a table that was written 30 times
    over tells no more than once. Source: L. Kish, Survey Sampling, 1965, section 8.2.
    """
    if not len(row_hashes):
        return 0
    copies = np.unique(row_hashes, return_counts=True)[1].astype(np.float64)
    return max(1, round(len(row_hashes) ** 2 / float(np.square(copies).sum())))
