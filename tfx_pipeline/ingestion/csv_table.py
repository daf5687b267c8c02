"""Looking once at a table of CSV files: rows, columns, digest, and what cannot be read."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.csv_columns import ColumnScan, ColumnSummary
from tfx_pipeline.ingestion.csv_header import header_difference, header_problems
from tfx_pipeline.ingestion.csv_text import (
    UnreadableError,
    WatchedBytes,
    lines_of,
    shown,
    why_unreadable,
)

LISTED = 5  # problems of one kind that are listed; of the others only the number is
_BLOCK_ROWS = 512  # fits in a processor's cache; larger blocks are slower


@dataclass(frozen=True)
class FileSummary:
    """One file.

    Attributes:
        path: where it is.
        rows: records after the header; blank lines are none, as in TFX.
        digest: sha256 of the bytes, hexadecimal.
        is_plain: TFX's reader takes it as it is; otherwise it has to be staged.
    """

    path: Path
    rows: int
    digest: str
    is_plain: bool


@dataclass(frozen=True)
class CsvSummary:
    """A table: one file, or the `*.csv` files of a folder.

    Attributes:
        path: the file or folder.
        files: those that could be read to their end, by name.
        header: names of the columns, without blanks around them; empty if no file has one.
        columns: in the order of the header.
        problems: why it cannot be read; empty if it can.
    """

    path: Path
    files: tuple[FileSummary, ...]
    header: tuple[str, ...]
    columns: tuple[ColumnSummary, ...]
    problems: tuple[Problem, ...]

    @property
    def rows(self) -> int:
        """Number of rows of all files."""
        return sum(file.rows for file in self.files)

    @property
    def digest(self) -> str:
        """Digest of names and bytes: what `content_digest` gives for the same files."""
        return _digest((file.path.name, file.digest) for file in self.files)


def inspect_csv(path: Path) -> CsvSummary:
    """Read a file, or all `*.csv` files of a folder, once.

    Nothing is raised for a table that cannot be read: its summary says why.
    """
    files, problems = _csv_files(path)
    scan = _TableScan(problems=problems)
    for file in files:
        scan.read(file)
    columns = tuple(column.summary() for column in scan.columns)
    all_problems = (*scan.problems, *scan.ragged_problems())
    return CsvSummary(path, tuple(scan.files), tuple(scan.header), columns, all_problems)


def content_digest(path: Path) -> str:
    """Digest a table's names and bytes without looking into them.

    Raises:
        OSError: a file cannot be read.
    """
    digests = []
    for file in _csv_files(path)[0]:
        digest = hashlib.sha256()
        with open(file, "rb", buffering=0) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
        digests.append((file.name, digest.hexdigest()))
    return _digest(digests)


def _digest(files: Iterable[tuple[str, str]]) -> str:
    lines = "".join(f"{digest} {name}\n" for name, digest in sorted(files))
    return hashlib.sha256(lines.encode()).hexdigest()


def _csv_files(path: Path) -> tuple[list[Path], list[Problem]]:
    """List the files of a table; macOS and editors leave hidden ones, which are none of it."""
    try:
        if path.is_file():
            return [path], []
        if not path.is_dir():
            return [], [Problem("no such file or folder", shown(path))]
        found = sorted(
            entry
            for entry in path.iterdir()
            if entry.suffix == ".csv" and not entry.name.startswith(".")
        )
    except OSError as error:
        return [], [_os_problem(path, error)]
    problems = [
        Problem("a folder has the name of a CSV file", shown(entry), next_step="rename or move it")
        for entry in found
        if entry.is_dir()
    ]
    if not found:
        problems.append(Problem("no CSV file in this folder", shown(path), allowed="*.csv"))
    return [file for file in found if not file.is_dir()], problems


@dataclass
class _TableScan:
    """What is known so far, file by file."""

    problems: list[Problem]
    header: list[str] = field(default_factory=list)
    header_path: Path | None = None
    files: list[FileSummary] = field(default_factory=list)
    columns: list[ColumnScan] = field(default_factory=list)
    ragged: list[tuple[Path, int, list[str]]] = field(default_factory=list)
    ragged_count: int = 0

    def read(self, path: Path) -> None:
        """Take in one file."""
        try:
            with WatchedBytes(path) as watched:
                reader = csv.reader(watched.text(), strict=True)
                names = next(reader, [])
                if not self._take_header(path, names):
                    return
                rows = start = 0
                while block := list(islice(reader, _BLOCK_ROWS)):
                    rows += self._take_rows(path, block, start)
                    start += len(block)
        except UnreadableError as error:
            self.problems.append(error.problem)
        except (csv.Error, UnicodeDecodeError):
            self.problems.append(why_unreadable(path))
        except OSError as error:
            self.problems.append(_os_problem(path, error))
        else:
            is_plain = watched.is_plain and names == self.header
            self.files.append(FileSummary(path, rows, watched.digest.hexdigest(), is_plain))

    def ragged_problems(self) -> list[Problem]:
        """Name the rows that do not have one field per column."""
        problems = []
        for path, index, row in self.ragged:
            line = lines_of(path, {index})[index]
            text = ",".join(row)
            problems.append(
                Problem(
                    f"{len(row)} field{'s' * (len(row) != 1)} in this row",
                    shown(path, line),
                    text if len(text) <= 80 else text[:77] + "…",
                    f"{len(self.header)} fields, one for each column; quotes around a comma",
                )
            )
        more = self.ragged_count - len(problems)
        if more:
            problems.append(Problem(f"{more:,} more rows have a wrong number of fields"))
        return problems

    def _take_header(self, path: Path, names: Sequence[str]) -> bool:
        header = [name.strip() for name in names]
        if not any(header):
            what = "the first line has no names of columns" if names else "an empty file"
            self.problems.append(Problem(what, shown(path), allowed="a header, then rows"))
            return False
        if self.header_path is None:
            self.header, self.header_path = header, path
            self.columns = [ColumnScan(name) for name in header]
            self.problems += header_problems(path, header)
        elif header != self.header:
            self.problems.append(header_difference(path, header, self.header_path, self.header))
            return False
        return True

    def _take_rows(self, path: Path, block: list[list[str]], start: int) -> int:
        """Take in successive records; return how many are rows."""
        width = len(self.header)
        indices: Sequence[int] = range(start, start + len(block))
        if set(map(len, block)) != {width}:
            for index, row in zip(indices, block, strict=True):
                if row and len(row) != width:
                    self.ragged_count += 1
                    if len(self.ragged) < LISTED:
                        self.ragged.append((path, index, row))
            indices = [start + i for i, row in enumerate(block) if len(row) == width]
            block = [row for row in block if len(row) == width]
        for column, cells in zip(self.columns, zip(*block, strict=True), strict=False):
            column.add(cells, path, indices)
        return len(block)


def _os_problem(path: Path, error: OSError) -> Problem:
    return Problem("it cannot be read", shown(path), error.strerror)
