"""Rows that do not have one cell for each column: the first of them, and what may be the cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import LISTED, Cell
from tfx_pipeline.ingestion.columns.put_aside import BadRow
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.parquet import Record
from tfx_pipeline.ingestion.reading.records import lines_of
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.wording import counted, shortened

_SHOWN = 80  # letters of a row
_COMMENTS = ("#", "//", "%")


class RaggedRows:
    """Those that were met so far in the files of a table."""

    def __init__(self, *, keeps_all: bool = False) -> None:
        """Take whether all are wanted, to put them aside."""
        self.rows: list[BadRow] = []
        self._keeps_all = keeps_all
        self._first: list[tuple[Path, int, Record]] = []
        self._count = 0
        self._widths: set[int] = set()

    def add(self, path: Path, index: int, row: Record) -> None:
        """Take in a row, with its file and the index of its record."""
        self._count += 1
        self._widths.add(len(row))
        if self._keeps_all:
            text = counted(len(row), "cell", separator="")
            self.rows.append(BadRow(Cell(path, index, text), "one cell for each column"))
        if len(self._first) < LISTED:
            self._first.append((path, index, row))

    def problems(self, width: int, csv: CsvFormat, *, none_fits: bool) -> Iterator[Problem]:
        """Name the first, and count the others; `none_fits`: no row of any file has that width."""
        for path, index, row in self._first:
            text = ",".join(row)
            yield Problem(
                f"{counted(len(row), 'cell', separator='')} in this row",
                shown(path, lines_of(path, [index], csv).get(index)),
                shortened(text, _SHOWN),
                f"{counted(width, 'cell', separator='')}, one for each column;"
                " quotes around a delimiter in a cell",
                self._step(row, width, csv, none_fits),
            )
        if more := self._count - len(self._first):
            have = "have" if more > 1 else "has"
            yield Problem(f"{counted(more, 'more row')} {have} a wrong number of cells")

    def _step(self, row: Sequence[str], width: int, csv: CsvFormat, none_fits: bool) -> str | None:
        if row[0].startswith(_COMMENTS) and len(row) < width:
            return f"if it is a comment: data.csv.comment: {row[0][0]!r}"
        if not none_fits:
            return None
        if csv.names:
            return (
                f"data.csv.names lists {counted(width, 'name', separator='')}:"
                " list one for each column"
            )
        if width == 1 and min(self._widths) > 1:
            return "the first line must hold the names of the columns: remove a title above them"
        if self._widths == {width + 1}:
            if all(not cells[-1].strip() for _, _, cells in self._first):
                return "the rows end with a delimiter, and the header does not: write it there too"
            return "the header lacks the name of the first column: write one, e.g. `row`"
        return None
