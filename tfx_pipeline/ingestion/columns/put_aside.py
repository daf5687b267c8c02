"""Rows that are put aside: none of the table, and yet accounted for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.columns.cells import Cell


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used.

    Attributes:
        cell: the file, the index of its record, and the value that is bad.
        rule: what it breaks.
        column: of that value; empty: it is the row itself.
    """

    cell: Cell
    rule: str
    column: str = ""


@dataclass(frozen=True)
class PutAside:
    """Rows that were put aside, by file and index of their records, once each."""

    by_file: Mapping[Path, Mapping[int, BadRow]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the rows."""
        return sum(map(len, self.by_file.values()))

    def __iter__(self) -> Iterator[BadRow]:
        """Give the rows, in the order in which they stand in their files."""
        for rows in self.by_file.values():
            for index in sorted(rows):
                yield rows[index]

    def indices(self, path: Path) -> NDArray[np.int64]:
        """Give the indices of the records of a file, in order: `[rows]`."""
        return np.array(sorted(self.by_file.get(path, ())), np.int64)

    def with_rows(self, found: Iterable[BadRow]) -> PutAside:
        """Add rows; of one that breaks several rules, the first counts."""
        by_file = {path: dict(rows) for path, rows in self.by_file.items()}
        for row in found:
            by_file.setdefault(row.cell.path, {}).setdefault(row.cell.index, row)
        return PutAside(by_file)
