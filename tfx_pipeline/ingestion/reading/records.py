"""The records of a file, whatever its format: text, packed text, Parquet.

Terms:
    record: one row as text, a cell a column; a quoted cell may span several lines.
    line: 1-based number of a line of the file, as an editor shows it; of a Parquet file, the row.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.dialect import FIELD_LIMIT, SAMPLE_LINES, Dialect, find_dialect
from tfx_pipeline.ingestion.reading.formats import SourceBytes, UnreadableError, why_not_text
from tfx_pipeline.ingestion.reading.parquet import ParquetFile, Record
from tfx_pipeline.ingestion.reading.table_files import shown


class OpenTable:
    """One file, open for one reading from its header on.

    Attributes:
        dialect: of a text; None: Parquet.
        header: names of the columns, as written.
        records: what follows, as an iterator; a blank line is an empty record.

    Raises:
        UnreadableError: it holds no table that can be read.
    """

    def __init__(self, path: Path, wanted: CsvFormat) -> None:
        self._path, self._wanted = path, wanted
        self._source = SourceBytes(path, wanted.encoding)
        self._uncommented: _Uncommented | None = None
        self.dialect: Dialect | None = None
        self.header: Record = []
        self.records: Iterator[Record] = iter(())
        try:
            if self._source.is_parquet:
                file = ParquetFile(path, wanted.decimal or ".")
                self.header, self._rows = file.names, file.records()
                self._line: Callable[[], int] = lambda: 0
            else:
                self._rows, self._line = self._text()
                self.header = next(self._guarded(self._rows), [])
        except BaseException:
            self._source.close()
            raise
        if wanted.names and self.dialect and self.header:
            self._rows = chain([self.header], self._rows)
            self.header = list(wanted.names)
        self.records = self._without_blanks(self._guarded(self._rows))
        missing = wanted.missing_cells(self.header)
        if any(missing):
            self.records = (_without(record, missing) for record in self.records)

    def __enter__(self) -> OpenTable:
        return self

    def __exit__(self, *error: object) -> None:
        self._source.close()

    @property
    def line(self) -> int:
        """Line on which the latest record ended."""
        return self._line()

    @property
    def passed_over(self) -> int:
        """Number of comments so far that stand between the records."""
        return self._uncommented.passed_over if self._uncommented else 0

    @property
    def digest(self) -> str:
        """sha256 of the bytes read so far, hexadecimal."""
        return self._source.digest.hexdigest()

    @property
    def encoding(self) -> str:
        """Name of the codec of a text."""
        return self._source.encoding

    @property
    def is_packed(self) -> bool:
        """Whether its bytes are compressed as a whole."""
        return bool(self._source.packed_as)

    @property
    def share(self) -> float:
        """About how much of the file has been read, 0 to 1."""
        return self._source.share

    @property
    def position(self) -> int:
        """Number of bytes read so far, unpacked."""
        return self._source.position

    @property
    def note(self) -> str:
        """Say what is not as usual about the file; empty: nothing."""
        parts = [f"unpacked from {self._source.packed_as}"] if self._source.packed_as else []
        if self._source.encoding != "utf-8" and self.dialect:
            parts.append(f"decoded from {self._source.encoding.upper()}")
        parts.append(self.dialect.in_words() if self.dialect else "")
        return ", ".join(part for part in parts if part)

    def _text(self) -> tuple[Iterator[Record], Callable[[], int]]:
        lines: Iterator[str] = iter(self._source.text())
        try:
            first = list(islice(lines, SAMPLE_LINES))
        except UnicodeError as error:
            raise UnreadableError(why_not_text(self._path, self._source.encoding)) from error
        self.dialect = dialect = find_dialect(first, self._wanted)
        rest: Iterable[str] = chain(first[dialect.prefix_lines :], lines)
        if dialect.comment:
            rest = self._uncommented = _Uncommented(rest, dialect)
        csv.field_size_limit(FIELD_LIMIT)
        reader = csv.reader(
            rest,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            skipinitialspace=dialect.blank_after_delimiter,
            strict=True,
        )

        return reader, lambda: dialect.prefix_lines + reader.line_num + self.passed_over

    def _guarded(self, rows: Iterator[Record]) -> Iterator[Record]:
        """Yield rows; say what is wrong where the text ends to be a table."""
        try:
            yield from rows
        except csv.Error as error:
            raise UnreadableError(self._quote_problem(error)) from error
        except UnicodeError as error:
            raise UnreadableError(why_not_text(self._path, self._source.encoding)) from error

    def _quote_problem(self, error: csv.Error) -> Problem:
        """Read again, record by record, to find where the broken one begins."""
        begins = self.dialect.prefix_lines + 1 if self.dialect else 1
        if self.header:  # else the header itself is broken
            with OpenTable(self._path, self._wanted) as again, contextlib.suppress(csv.Error):
                begins, passed = again.line + 1, again.passed_over
                for _ in again._rows:
                    begins, passed = again.line + 1, again.passed_over
            begins += again.passed_over - passed
        unclosed = "unexpected end" in str(error) or "field limit" in str(error)
        what = "a quote is closed in the middle of a cell"
        what = "a quoted cell that begins here is never closed" if unclosed else what
        allowed = 'cells like "a, b", with a quote inside written twice: "5"" disk"'
        return Problem(what, shown(self._path, begins), allowed=allowed)

    def _without_blanks(self, rows: Iterator[Record]) -> Iterator[Record]:
        """Make a line of blanks an empty one, where a row has more cells than one."""
        if len(self.header) == 1:
            yield from rows
            return
        for row in rows:
            if len(row) == 1 and not row[0].strip():
                row = []
            yield row


class _Uncommented:
    """Lines without comments, which begin outside of quotes with the dialect's mark."""

    def __init__(self, lines: Iterable[str], dialect: Dialect) -> None:
        self._lines, self._dialect = iter(lines), dialect
        self._is_quoted = False
        self.passed_over = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if not self._is_quoted and line.startswith(self._dialect.comment):
                self.passed_over += 1
                continue
            self._is_quoted ^= bool(line.count(self._dialect.quote) % 2)
            yield line


def numbered_records(path: Path, wanted: CsvFormat) -> Iterator[tuple[int, Record]]:
    """Yield each record after the header, with the line on which it begins.

    Raises:
        UnreadableError: the file holds no table that can be read.
    """
    with OpenTable(path, wanted) as table:
        is_text = table.dialect is not None
        line = table.line + 1 if is_text else 1
        if table.dialect and wanted.names:  # the first record has been read as if it were a header
            line = table.dialect.prefix_lines + 1
        passed = table.passed_over
        for record in table.records:
            yield line + table.passed_over - passed, record
            passed = table.passed_over
            line = table.line + 1 if is_text else line + 1


def lines_of(path: Path, indices: Iterable[int], wanted: CsvFormat) -> dict[int, int]:
    """Map indices of records (the first one after the header is 0) to their lines."""
    kept = set(indices)
    records = islice(numbered_records(path, wanted), max(kept, default=-1) + 1)
    return {index: line for index, (line, _) in enumerate(records) if index in kept}


def _without(record: Record, missing: Sequence[frozenset[str]]) -> Record:
    """Let cells be empty that are among those of their column."""
    return [
        "" if i < len(missing) and not missing[i].isdisjoint((cell, cell.strip())) else cell
        for i, cell in enumerate(record)
    ]
