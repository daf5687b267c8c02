"""Cells of a column, what stands between two delimiters as text, and where they stand.

A cell is missing when it is empty; in a column of numbers also when it is a mark such as `NA`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.errors import Problem
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
    """Cells of successive records of a file, one column of them."""

    cells: Sequence[str]
    path: Path
    indices: Sequence[int]

    def count(self, values: set[str]) -> int:
        """Count the cells with one of these values."""
        return sum(map(values.__contains__, self.cells))

    def with_cells(self, replaced: Mapping[str, str]) -> Block:
        """Give the same cells with some replaced."""
        return Block([replaced.get(x, x) for x in self.cells], self.path, self.indices)

    def first(self, values: set[str]) -> Cell:
        """Give the first cell with one of these values, which are some of its own."""
        return self.firsts(values, 1)[0]

    def firsts(self, values: set[str], most: int) -> list[Cell]:
        """Give the first cells with these values, as many as asked for."""
        found: list[Cell] = []
        for index, value in zip(self.indices, self.cells, strict=True):
            if len(found) >= most:
                break
            if value in values:
                found.append(Cell(self.path, index, value))
        return found


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
