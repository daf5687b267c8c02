"""Rows that were put aside, as the quarantine keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.ingestion.columns.put_aside import PutAside
from tfx_pipeline.ingestion.quarantine.originals import originals
from tfx_pipeline.ingestion.table import Table


@dataclass(frozen=True)
class QuarantinedRow:
    """A row.

    Attributes:
        file: its name, from the table's folder on.
        line: on which it begins; of Parquet, its number.
        byte_offset: where it begins in the unpacked file; none: it is Parquet.
        rule: what it breaks.
        column: of the value that breaks it; empty: of no column alone.
        value: that value, as written.
        row: its lines, as they stand in the file; of Parquet, as CSV has it.
        row_number: of its record in the file, the first after the header is 0.
        mended: name of the file where it stands mended; empty: nobody has mended it.
    """

    file: str
    line: int
    byte_offset: int | None
    rule: str
    column: str
    value: str
    row: str
    row_number: int
    mended: str = ""


def table_folder(path: Path) -> Path:
    """Give the folder from which on the files of a table are named."""
    folder = path
    while not folder.is_dir():
        folder = folder.parent
    return folder


def quarantined_rows(table: Table, aside: PutAside) -> Iterator[QuarantinedRow]:
    """Describe rows that were put aside; their files are read again.

    Raises:
        UnreadableError: a file is no table any more.
        OSError: one is gone.
    """
    folder = table_folder(table.path)
    for path, rows in aside.by_file.items():
        inside = path.is_relative_to(folder)
        name = path.relative_to(folder).as_posix() if inside else path.name
        found = originals(path, rows, table.needs.csv)
        for index in sorted(rows):
            bad, text = rows[index], found[index]
            yield QuarantinedRow(
                name,
                text.line,
                text.byte_offset,
                bad.rule,
                bad.column,
                bad.cell.value,
                text.text,
                index,
            )
