"""Cells of a column, what stands between two delimiters as text, and where they stand.

A cell is missing when it is empty; in a column of numbers also when it is a mark such as `NA`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.arrow_arrays import codes_of
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.wording import counted

LISTED = 5
"""Problems of one kind that are listed; of the others only the number is."""


@dataclass(frozen=True)
class Cell:
    """Where a value stands.

    Attributes:
        path: the file.
        index: of its record in the file; the first one after the header is 0.
        value: as written.
    """

    path: Path
    index: int
    value: str


@dataclass(frozen=True)
class Block:
    """Cells of successive records of a file, one column of them.

    Attributes:
        values: the different ones, none of them empty; of a replaced block, some may be equal.
        codes: `[records] int32`, place of each cell in `values`; -1: it is empty.
        path: the file.
        indices: of the records in the file.
    """

    values: Sequence[str]
    codes: NDArray[np.int32]
    path: Path
    indices: Sequence[int] | NDArray[np.int64]

    def count(self, values: set[str]) -> int:
        """Count the cells with one of these values."""
        return int(np.count_nonzero(self._are(values)))

    def with_values(self, replaced: Mapping[str, str]) -> Block:
        """Give the same cells with some replaced."""
        values = [replaced.get(x, x) for x in self.values]
        return Block(values, self.codes, self.path, self.indices)

    def only(self, replaced: Mapping[str, str]) -> Block:
        """Give these cells, replaced, and the others empty."""
        places = {value: place for place, value in enumerate(replaced)}
        codes = np.array([*(places.get(value, -1) for value in self.values), -1], np.int32)
        return Block(list(replaced.values()), codes[self.codes], self.path, self.indices)

    def first(self, values: set[str]) -> Cell:
        """Give the first cell with one of these values, which are some of its own."""
        return self.firsts(values, 1)[0]

    def firsts(self, values: set[str], most: int) -> list[Cell]:
        """Give the first cells with these values, as many as asked for."""
        rows = np.flatnonzero(self._are(values))[: max(most, 0)]
        return [
            Cell(self.path, int(self.indices[row]), self.values[self.codes[row]]) for row in rows
        ]

    def _are(self, values: set[str]) -> NDArray[np.bool_]:
        """Tell which cells have one of these values: `[records]`."""
        wanted = [value in values for value in self.values]
        return np.array([*wanted, False])[self.codes]  # the last one is for -1


def block_of(column: Any, path: Path, indices: Sequence[int] | NDArray[np.int64]) -> Block:
    """Give a column of Arrow, `dictionary<int32, string>`, as a block."""
    return Block(column.dictionary.to_pylist(), codes_of(column), path, indices)


Place = Callable[[Cell], str]
"""Names the file and the line of a cell."""


def file_of(cell: Cell) -> str:
    """Name the file of a cell, and not its line, for which the file would have to be read."""
    return shown(cell.path)


def cell_problem(
    what: str, cell: Cell, place: Place, allowed: str | None = None, step: str | None = None
) -> Problem:
    """Say what is wrong with a cell."""
    return Problem(what, place(cell), repr(cell.value), allowed, step)


def first_few(
    problems: Sequence[Problem], most: int, of: str, at: str | None = None
) -> list[Problem]:
    """Give the first problems, and one that counts the others, which lie `at` a place."""
    more = len(problems) - most
    rest = [Problem(f"{counted(more, f'more {of}')} like these", at)] if more > 0 else []
    return [*problems[:most], *rest]
