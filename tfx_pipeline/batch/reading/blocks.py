"""Successive rows of a part of the input, a column each.

Terms:
    part: a file, or what a query gives.
    record: a row of a part, numbered from 0; a blank line of a text is none.
    ragged: a record that has not one cell a column; it cannot be read, and counts all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.columns import CellType

UNREADABLE = "the input cannot be read"
"""Title of the error."""


@dataclass(frozen=True)
class Wanted:
    """The columns that a job reads; others are passed over.

    Attributes:
        model: that the model reads.
        kept: that are passed through, in their order; some may be the model's, too.
        styled: of the model, whose numbers are no plain ones, such as `1.234,5`.
    """

    model: Mapping[str, CellType]
    kept: tuple[str, ...] = ()
    styled: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """Each column once."""
        return list(dict.fromkeys([*self.kept, *self.model]))


@dataclass(frozen=True)
class Ragged:
    """A record that has not one cell a column: its number, its line (0: it has none), its cells."""

    record: int
    line: int
    cells: int


@dataclass(frozen=True)
class Block:
    """Successive records.

    Attributes:
        columns: by name, `[rows]` each, as the part holds them; null is missing. Of a text, numbers
            of the model are float64 where all cells are some, else everything is binary or text.
        records: `[rows] int64`, ascending.
        lines: `[rows] int64`, on which they begin; None: the part has no lines.
        ragged: those between them.
    """

    columns: Mapping[str, Any]
    records: NDArray[np.int64]
    lines: NDArray[np.int64] | None = None
    ragged: Sequence[Ragged] = ()

    @property
    def count(self) -> int:
        """Number of records, the ragged ones included."""
        return len(self.records) + len(self.ragged)

    def cut(self, count: int) -> tuple[Block, Block]:
        """Divide it behind the first `count` records."""
        if not self.ragged:
            return self._rows(0, count, ()), self._rows(count, len(self.records), ())
        numbers = np.sort([*self.records, *(each.record for each in self.ragged)])
        limit = int(numbers[count]) if count < len(numbers) else int(numbers[-1]) + 1
        place = int(np.searchsorted(self.records, limit))
        before = [each for each in self.ragged if each.record < limit]
        after = [each for each in self.ragged if each.record >= limit]
        return self._rows(0, place, before), self._rows(place, len(self.records), after)

    def _rows(self, start: int, end: int, ragged: Sequence[Ragged]) -> Block:
        columns = {name: x.slice(start, end - start) for name, x in self.columns.items()}
        lines = None if self.lines is None else self.lines[start:end]
        return Block(columns, self.records[start:end], lines, ragged)


class Part(Protocol):
    """A part of the input, open for reading.

    Attributes:
        path: of the file, or what stands for it.
        names: of its columns.
        note: what is not as usual about how it is written; empty: nothing.
        rows: how many there are; None: nobody knows before they are read.
        share: about how much of it has been read, 0 to 1.
    """

    path: Path
    names: list[str]
    note: str
    rows: int | None
    share: float

    def type_of(self, name: str) -> Any:
        """Give Arrow's type of a column, as it would be passed through."""

    def blocks(self, wanted: Wanted, skip: int) -> Iterator[Block]:
        """Yield the records, without the first `skip` ones.

        Columns that the part does not have are left out.

        Raises:
            UnreadableError: it cannot be read to its end.
        """


def without_records(blocks: Iterator[Block], skip: int) -> Iterator[Block]:
    """Leave the first records out."""
    for block in blocks:
        if skip >= block.count:
            skip -= block.count
            continue
        yield block.cut(skip)[1] if skip else block
        skip = 0
