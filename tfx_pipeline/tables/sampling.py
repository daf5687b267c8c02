"""Rows of a table that are looked at: all of a small one, some from all over a large one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.header import (
    clean_names,
    header_difference,
    header_problems,
    left_out,
    no_names_problem,
    order_of,
)
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.blocks import TableBlocks
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.opened import Blocks, opened_blocks
from tfx_pipeline.ingestion.reading.parquet import ParquetFile
from tfx_pipeline.ingestion.reading.spread_text import SpreadText
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown, table_files
from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.table_sample import NotTextError, TableSample
from tfx_pipeline.tables.whole_column import count_cells
from tfx_pipeline.wording import counted

_MOST_CELLS = 10_000_000
_FEWEST_ROWS = 2_000
_SLOW_CELLS = 2_000_000
"""Of texts that are read row by row: other encodings, broken quotes."""
_PLACES = 32
"""Of a large table, from which rows come."""
_FIRST_BYTES = 1 << 20
_FEWEST_BYTES = 1 << 16
_MOST_FILES = 64


def read_sample(
    path: Path,
    csv: CsvFormat,
    query: SqlQuery | None,
    most_rows: int,
    files: Sequence[Path] = (),
) -> TableSample:
    """Read a table's rows, or some of them; of a path that is a pattern, those of its `files`.

    Raises:
        DataError: it cannot be read, or has no rows.
        NotTextError: it is in another encoding.
    """
    found = table_files(path) if query is None and not files else None
    if found and found.problems:
        raise DataError(found.problems, "the table cannot be read")
    files = found.files if found else tuple(files) or (path,)
    reading = _Reading(csv, most_rows, len(files))
    if len(files) > _MOST_FILES:
        step = len(files) / _MOST_FILES
        files = tuple(files[int(place * step)] for place in range(_MOST_FILES))
    sizes = {file: file.stat().st_size if query is None else 1 for file in files}
    try:
        for file, opened in opened_blocks(files, csv, query, most_records=most_rows):
            with _told(file):
                reading.read(file, opened(), sizes[file] / max(sum(sizes.values()), 1))
    except UnreadableError as error:
        if isinstance(error.__cause__, UnicodeError):
            raise NotTextError(error.problem) from error
        raise DataError([error.problem], "the table cannot be read") from error
    sample = reading.sample(path, len(files))
    if query or sample.is_all or len(files) < reading.all_files:
        return sample
    return replace(sample, count_cells=partial(count_cells, files, csv))


@contextlib.contextmanager
def _told(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnreadableError(os_problem(file, error)) from error


@dataclass
class _Reading:
    """What was read so far."""

    csv: CsvFormat
    most_rows: int
    all_files: int
    names: list[str] = field(default_factory=list)
    names_path: Path | None = None
    blocks: list[Sequence[Any]] = field(default_factory=list)
    rows: float = 0
    looked_at: int = 0
    is_all: bool = True
    ways: set[str] = field(default_factory=set)
    ragged: int = 0
    notes: list[str] = field(default_factory=list)

    def read(self, path: Path, table: Blocks, share: float) -> None:
        """Take in a file, which has about that share of all rows.

        Raises:
            UnreadableError: its header is none, or another one than that of the first file.
        """
        order = self._order(path, table.header)
        if table.note:
            self.notes.append(table.note)
        cells = _MOST_CELLS
        spread = table.spread() if isinstance(table, TableBlocks) else None
        if table.has_lines and not (isinstance(table, TableBlocks) and table.is_regular):
            cells = _SLOW_CELLS
        wanted = max(_FEWEST_ROWS, cells // max(len(self.names), 1))
        wanted = max(1, int(min(self.most_rows, wanted) * share))
        if spread:
            found = self._of_text(spread, table, wanted)
        elif isinstance(table, TableBlocks) and not table.has_lines:
            found = self._of_parquet(path, wanted)
        else:
            found = self._of_beginning(table, wanted)
        for columns in found:
            if columns and len(columns[0]):
                self.blocks.append([columns[place] for place in order])
                self.looked_at += len(columns[0])

    def _order(self, path: Path, header: Sequence[str]) -> list[int]:
        if problem := no_names_problem(path, header):
            raise UnreadableError(problem)
        names = clean_names(header)
        if self.names_path is None:
            if problems := header_problems(path, names):
                raise UnreadableError(problems[0])
            self.names, self.names_path = names, path
        if names == self.names:
            return list(range(len(names)))
        order = order_of(names, self.names)
        if order is None:
            raise UnreadableError(header_difference(path, names, self.names_path, self.names))
        return order

    def _of_text(self, text: SpreadText, table: Blocks, wanted: int) -> Iterator[Sequence[Any]]:
        """Read a text of which any part can be read."""
        first, size, _ = text.rows_at(0, _FIRST_BYTES)
        in_first = len(first[0]) if first else 0
        if not in_first or text.size <= _FIRST_BYTES:
            yield from self._of_beginning(table, wanted)
            return
        row_bytes = size / in_first
        if text.size / row_bytes <= 1.2 * wanted:
            yield from self._of_beginning(table, int(1.5 * wanted))
            return
        self.is_all = False
        self.ways.add(f"from {_PLACES} places all over the file")
        most_bytes = max(_FEWEST_BYTES, int(wanted * row_bytes / _PLACES))
        last = text.size - most_bytes
        begins = [place * last // (_PLACES - 1) for place in range(_PLACES)]
        rows = row_bytes = 0
        with ThreadPoolExecutor(2) as pool:
            for columns, size, ragged in pool.map(lambda x: text.rows_at(x, most_bytes), begins):
                self.ragged += ragged
                rows, row_bytes = rows + (len(columns[0]) if columns else 0), row_bytes + size
                yield columns
        self.rows += text.size * rows / max(row_bytes, 1)

    def _of_parquet(self, path: Path, wanted: int) -> Iterator[Sequence[Any]]:
        file = ParquetFile(path, self.csv.decimal or ".")
        sizes = file.group_rows
        self.rows += file.rows
        if file.rows <= 1.2 * wanted:
            yield from file.columns()
            return
        self.is_all = False
        groups = sorted({int(place * len(sizes) / _PLACES) for place in range(_PLACES)})
        self.ways.add(f"the first ones of {counted(len(groups), 'row group')}")
        for group in groups:
            left = wanted // len(groups) + 1
            for columns in file.columns([group]):
                yield [column.slice(0, left) for column in columns]
                left -= len(columns[0])
                if left <= 0:
                    break

    def _of_beginning(self, table: Blocks, wanted: int) -> Iterator[Sequence[Any]]:
        """Read from the first row on, and to the end if that is not too far."""
        rows = 0
        with contextlib.closing(table.blocks()) as blocks:  # type: ignore[type-var]
            for block in blocks:
                rows += len(block.indices)
                if rows - len(block.indices) >= wanted:
                    self.is_all = False
                    self.ways.add("the first ones")
                    rows = int(rows / table.share) if table.share else rows
                    break
                self.ragged += len(block.ragged)
                yield block.columns
        self.rows += rows

    def sample(self, path: Path, read_files: int) -> TableSample:
        """Put all together.

        Raises:
            DataError: there is no row.
        """
        if not self.looked_at:
            what = "the table has no rows"
            if self.ragged:
                what = f"no row has {counted(len(self.names), 'cell')}, as the header does"
            allowed = "a header, and rows below it"
            raise DataError([Problem(what, shown(path), allowed=allowed)], "nothing to learn from")
        skipped = left_out(self.names)
        columns = tuple(
            ColumnSample(name, [block[place] for block in self.blocks], self.csv.decimal or ".")
            for place, name in enumerate(self.names)
            if place not in skipped
        )
        rows = self.looked_at if self.is_all else int(self.rows)
        which = "all rows"
        if self.all_files > read_files:
            rows = int(self.rows * self.all_files / read_files)
            self.is_all = False
            self.ways.add(f"from {read_files} of {self.all_files} files")
        if not self.is_all:
            ways = ", ".join(sorted(self.ways))
            which = f"{counted(self.looked_at, 'row')} of about {rows:,}: {ways}"
        notes = tuple(dict.fromkeys(self.notes))
        return TableSample(columns, rows, self.looked_at, self.is_all, which, self.ragged, notes)
