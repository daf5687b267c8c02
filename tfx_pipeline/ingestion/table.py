"""A table as it was read: its rows, the types of its columns, its labels, what is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.columns.label_scan import Labels
from tfx_pipeline.ingestion.columns.number_text import PLAIN
from tfx_pipeline.ingestion.columns.put_aside import PutAside
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.columns.types import ColumnPlan
from tfx_pipeline.ingestion.data_tests.running import TestResult
from tfx_pipeline.ingestion.needs import CsvFormat, TableNeeds
from tfx_pipeline.ingestion.reading.records import lines_of
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.ingestion.spans.choice import Span

STAGED_AS = "arrow-1"
"""How the staged copy is written; another one is another content."""


@dataclass(frozen=True)
class FileSummary:
    """One file.

    Attributes:
        path: where it is.
        rows: records after the header that were not put aside; blank lines are none.
        digest: sha256 of the bytes, hexadecimal.
        positions: of the table's columns in a record of this file.
    """

    path: Path
    rows: int
    digest: str
    positions: tuple[int, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table as it was read: one file, or the files of a folder.

    Attributes:
        path: the file or folder.
        needs: what was asked of it.
        files: those that could be read to their end, by name.
        header: names of the columns that are kept; empty if no file has one.
        positions: of those columns in a record of the first file.
        columns: what their cells are, in the order of the header.
        plans: how their cells become values.
        labels: of its rows; empty when nobody asked for them.
        notes: how it was read, and what is worth knowing.
        unreadable: why it cannot be read to its end; empty if it can.
        misfits: cells that the types of their columns cannot hold.
        tests: what came of the tests; empty where the table could not be read, or has none.
        failures: why some tests could not be run.
        aside: rows that were put aside; they are none of the table's rows.
        spans: of each file, which is that of its rows; empty where the table has none.
        numbered: files whose rows have no lines: their place is their number.
        query: what gave the rows; none: files.
        staged: folder of the copy that was written while it was read; none: nobody asked for it.
    """

    path: Path
    needs: TableNeeds
    files: tuple[FileSummary, ...]
    header: tuple[str, ...]
    positions: tuple[int, ...]
    columns: tuple[ColumnScan, ...]
    plans: tuple[ColumnPlan, ...] = ()
    labels: Labels = field(default_factory=Labels)
    notes: tuple[str, ...] = ()
    unreadable: tuple[Problem, ...] = ()
    misfits: tuple[Problem, ...] = ()
    tests: tuple[TestResult, ...] = ()
    failures: tuple[Problem, ...] = ()
    aside: PutAside = field(default_factory=PutAside)
    spans: Mapping[Path, Span] = field(default_factory=dict)
    numbered: frozenset[Path] = frozenset()
    query: SqlQuery | None = None
    staged: Path | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Say why it cannot be used, whatever for."""
        return (*self.unreadable, *self.misfits, *self.labels.problems)

    @property
    def refused(self) -> bool:
        """Whether numbers cannot be read, or tests of severity error do not hold."""
        kept = all(result.is_kept or not result.test.is_error for result in self.tests)
        wrong = any(
            column.overflows or (column.wrong and plan.style == PLAIN)
            for column, plan in zip(self.columns, self.plans, strict=True)
        )
        return bool(self.failures) or not kept or wrong

    @property
    def rows(self) -> int:
        """Number of rows of all files, without those that were put aside."""
        return sum(file.rows for file in self.files)

    @property
    def rows_read(self) -> int:
        """Number of rows of all files."""
        return self.rows + len(self.aside)

    @property
    def rows_used(self) -> int:
        """Number of rows with a label, which are what the pipeline gets."""
        return self.rows - self.labels.rows_without - self.labels.rows_dropped

    @property
    def digest(self) -> str:
        """Digest of names, bytes, spans, how they are read, and which rows."""
        left_out = [self.labels.left_out(file.path).tobytes() for file in self.files]
        lines = sorted(
            f"{file.digest} {file.path.name} {hashlib.sha256(rows).hexdigest()}"
            f"{self._span_of(file)}{self._aside_of(file)}"
            for file, rows in zip(self.files, left_out, strict=True)
        )
        lines += [repr(self.plans), repr(self.needs.csv), STAGED_AS]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def _span_of(self, file: FileSummary) -> str:
        span = self.spans.get(file.path)
        return f" {span.number} {span.version}" if span else ""

    def _aside_of(self, file: FileSummary) -> str:
        indices = self.aside.indices(file.path)
        return f" {hashlib.sha256(indices.tobytes()).hexdigest()}" if len(indices) else ""

    def place(self, cell: Cell) -> str:
        """Name the file and the line of a cell."""
        return self.places([cell])[0]

    def places(self, cells: Sequence[Cell]) -> list[str]:
        """Name the files and the lines of cells; each file is read once, up to the last of them."""
        return cell_places(cells, self.needs.csv, self.numbered)


def cell_places(cells: Sequence[Cell], csv: CsvFormat, numbered: Set[Path]) -> list[str]:
    """Name the files and the lines of cells; each file is read once, up to the last of them.

    In the `numbered` ones, which have no lines, the number of a row is its place.
    """
    indices: dict[Path, set[int]] = {}
    for cell in cells:
        indices.setdefault(cell.path, set()).add(cell.index)
    lines = {
        path: {index: index + 1 for index in wanted}
        if path in numbered
        else lines_of(path, wanted, csv)
        for path, wanted in indices.items()
    }
    return [shown(cell.path, lines[cell.path].get(cell.index)) for cell in cells]
