"""Rows of the quarantine go out as CSV, to be mended, and come back into the table.

Terms:
    place columns: the first ones of that CSV; they say which row of which file each is.
"""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.header import clean_names, left_out
from tfx_pipeline.ingestion.needs import BadRowNeeds, CsvFormat, TableNeeds
from tfx_pipeline.ingestion.quarantine.mended import (
    RowPlace,
    mended_name,
    mended_rows,
    write_mended,
)
from tfx_pipeline.ingestion.quarantine.originals import originals
from tfx_pipeline.ingestion.quarantine.quarantined_row import QuarantinedRow, table_folder
from tfx_pipeline.ingestion.quarantine.reading import read_usable
from tfx_pipeline.ingestion.reading.blocks import TableBlocks
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.records import numbered_records
from tfx_pipeline.ingestion.reading.table_files import shown

PLACE_COLUMNS = (
    "quarantined_file",
    "quarantined_begins",
    "quarantined_digest",
    "quarantined_line",
    "quarantined_because",
)
_PLACED = 3  # of them say the place, the others are for people


@dataclass(frozen=True)
class Source:
    """The table to which mended rows come back: its path and files, and what is needed of it."""

    path: Path
    files: Sequence[Path]
    needs: TableNeeds

    @property
    def folder(self) -> Path:
        """The folder from which on its files are named."""
        return table_folder(self.path)

    @property
    def header(self) -> list[str]:
        """Names of its columns."""
        names = clean_names(TableBlocks(self.files[0], self.needs.csv).header)
        skipped = left_out(names)
        return [name for i, name in enumerate(names) if i not in skipped]


@dataclass(frozen=True)
class MendedRow:
    """A row that comes back: its line in the CSV, its place, and its cells by column."""

    line: int
    place: RowPlace
    cells: Sequence[str]


def export_rows(source: Source, rows: Sequence[QuarantinedRow]) -> str:
    """Write rows as CSV: their places, then the table's columns with the cells as they are.

    Of a row with a wrong number of cells, those that it lacks are empty; those beyond the columns
    stand in the last place column alone.

    Raises:
        DataError: a file is not what it was.
        UnreadableError: it is no table any more.
        OSError: it is gone.
    """
    header = source.header
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*PLACE_COLUMNS, *header])
    for name in dict.fromkeys(row.file for row in rows):
        here = [row for row in rows if row.file == name]
        path = source.folder / name
        names = clean_names(TableBlocks(path, source.needs.csv).header)
        found = originals(path, [row.row_number for row in here], source.needs.csv)
        for row in here:
            original = found.get(row.row_number)
            if original is None or original.text != row.row:
                problem = Problem("the file has changed since", f"{shown(path)}:{row.line}")
                raise DataError([problem], "these rows cannot be exported")
            cells = dict(zip(names, original.cells, strict=False))
            beyond = original.cells[len(names) :]
            why = f"not {row.rule}{f', {row.column}' * bool(row.column)}: {row.value}"
            why += f"; beyond the columns: {', '.join(beyond)}" if beyond else ""
            place = RowPlace.of(row)
            shown_place = (place.file, place.begins, place.digest, row.line, why)
            writer.writerow([*shown_place, *(cells.get(x, "") for x in header)])
    return text.getvalue()


def read_mended(file: Path, header: Sequence[str]) -> list[MendedRow]:
    """Read the CSV that `export_rows` wrote, and someone mended.

    Raises:
        DataError: it is another one, or cannot be read.
    """
    title = f"{shown(file)} cannot be resubmitted"
    wanted = [*PLACE_COLUMNS, *header]
    try:
        names = clean_names(TableBlocks(file, CsvFormat()).header)
        if names != wanted:
            problem = Problem(
                "its columns are not those of an export",
                shown(file, 1),
                ", ".join(names),
                ", ".join(wanted),
                "mend what `data quarantine export` wrote, and keep all columns",
            )
            raise DataError([problem], title)
        records = [(line, row) for line, row in numbered_records(file, CsvFormat()) if row]
    except UnreadableError as error:
        raise DataError([error.problem], title) from error
    if bad := [(line, row) for line, row in records if len(row) != len(wanted)]:
        what, place = f"{len(bad[0][1])} cells in this row", shown(file, bad[0][0])
        raise DataError([Problem(what, place, allowed=f"{len(wanted)} cells")], title)
    return [
        MendedRow(line, _place(row, shown(file, line), title), row[len(PLACE_COLUMNS) :])
        for line, row in records
    ]


def _place(row: Sequence[str], where: str, title: str) -> RowPlace:
    name, begins, digest = row[:_PLACED]
    if not begins.isdecimal():
        problem = Problem("the place of this row was changed", where, begins, "as exported")
        raise DataError([problem], title)
    return RowPlace(name, int(begins), digest)


def resubmit(
    source: Source, mended: Sequence[MendedRow], quarantined: Iterable[QuarantinedRow], file: Path
) -> tuple[dict[Path, int], list[Problem]]:
    """Put the rows that are good now into files of the table, and say what is wrong with others.

    A row is taken once, by its place. Whatever is cut off, a file of rows is whole or not there.

    Args:
        source: the table.
        mended: see `read_mended`.
        quarantined: all rows that may come back.
        file: that they were read from, for messages.

    Returns:
        The number of rows by the files that were written, and why rows were refused.

    Raises:
        PlaceError: they cannot be written.
    """
    records = source.needs.bad_rows.mended_at
    assert records is not None  # a configuration gives one
    problems: list[Problem] = []
    fresh = list(_fresh(source, records, mended, quarantined, file, problems))
    by_file: dict[Path, list[MendedRow]] = {}
    for row in fresh:
        by_file.setdefault(source.folder / row.place.file, []).append(row)
    bad = _still_bad(source, by_file, file, problems)
    written = {}
    for origin, rows in by_file.items():
        good = [row for row in rows if row.line not in bad]
        if good:
            content = _content(source, good)
            target = mended_name(origin, content)
            write_mended(records, source.folder, target, content, [row.place for row in good])
            written[target] = len(good)
    return written, problems


def _fresh(
    source: Source,
    records: str,
    mended: Sequence[MendedRow],
    quarantined: Iterable[QuarantinedRow],
    file: Path,
    problems: list[Problem],
) -> Iterator[MendedRow]:
    """Give the rows that are in the quarantine, and were not taken before."""
    known = {RowPlace.of(row) for row in quarantined}
    taken: dict[RowPlace, str] = dict(mended_rows(records, source.folder))
    for row in mended:
        where = shown(file, row.line)
        if row.place in taken:
            problems.append(Problem("this row was mended before", where, taken[row.place]))
        elif row.place not in known:
            place = f"{row.place.file}, byte {row.place.begins}"
            problems.append(Problem("no such row is in the quarantine", where, place))
        else:
            taken[row.place] = f"line {row.line} of this file"
            yield row


def _still_bad(
    source: Source,
    by_file: Mapping[Path, Sequence[MendedRow]],
    file: Path,
    problems: list[Problem],
) -> set[int]:
    """Read the table together with the mended rows; give the lines of those that are still bad."""
    needs = replace(source.needs, bad_rows=BadRowNeeds(quarantine=True, max_share=1.0))
    lines: set[int] = set()
    with tempfile.TemporaryDirectory(prefix="tfx-mended-") as name:
        rows_of = {}
        for number, rows in enumerate(by_file.values()):
            candidate = Path(name, f"{number:04d}.csv")
            candidate.write_bytes(_content(source, rows))
            rows_of[candidate] = rows
        table, _ = read_usable(source.path, needs, [*source.files, *rows_of])
        for bad in table.aside:
            if bad.cell.path in rows_of:
                row = rows_of[bad.cell.path][bad.cell.index]
                lines.add(row.line)
                what = f"still not {bad.rule}{f', `{bad.column}`' * bool(bad.column)}"
                problems.append(Problem(what, shown(file, row.line), bad.cell.value))
    return lines


def _content(source: Source, rows: Sequence[MendedRow]) -> bytes:
    """Write rows as a file of the table, as its configuration says that these are written."""
    wanted, text = source.needs.csv, io.StringIO()
    writer = csv.writer(
        text,
        delimiter=wanted.delimiter or ",",
        quotechar=wanted.quote,
        quoting=csv.QUOTE_ALL,
        lineterminator="\n",
    )
    if not wanted.names:
        writer.writerow(source.header)
    writer.writerows(row.cells for row in rows)
    return text.getvalue().encode(wanted.encoding or "utf-8")
