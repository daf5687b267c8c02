"""The cells of a table as text, block by block: Arrow arrays of strings, an array a column.

A file that is plain for sure is read by Arrow, any other one by the careful reader of `ingestion`,
which finds what Arrow would let pass; what both read is the same.

Terms:
    row: of a file, the first one after the header is 0; blank lines are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.header import clean_names, header_problems, left_out
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.dialect import Dialect
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.records import OpenTable, numbered_records
from tfx_pipeline.ingestion.reading.table_files import shown

Texts = Any
"""An Arrow array of strings, or of a dictionary of strings; a missing cell is the empty one."""

_BLOCK_BYTES = 1 << 23
_BLOCK_ROWS = 1 << 15
_LONE_RETURN = re.compile(rb"\r(?=[^\n])")


class NotPlainError(Exception):
    """A file that must be read with care."""


@dataclass(frozen=True)
class TextBlock:
    """Cells of successive rows.

    Attributes:
        path: of the file.
        first_row: index of the block's first row in the file.
        rows: how many.
        columns: the cells, by the column's name.
    """

    path: Path
    first_row: int
    rows: int
    columns: dict[str, Texts]


def header_of(path: Path, csv: CsvFormat) -> list[str]:
    """Give the names of a file's columns that are read, as the pipeline has them.

    Raises:
        DataError: the file, or its header, cannot be used.
    """
    try:
        with OpenTable(path, csv) as table:
            names = clean_names(table.header)
    except UnreadableError as error:
        raise DataError([error.problem], f"{shown(path)} cannot be read") from error
    if problems := header_problems(path, names):
        raise DataError(problems, f"{shown(path)} cannot be read")
    skipped = left_out(names)
    return [name for i, name in enumerate(names) if i not in skipped]


def arrow_blocks(path: Path, csv: CsvFormat) -> Iterator[TextBlock]:
    """Read a plain file by Arrow.

    Raises:
        NotPlainError: it is none, and be it in its last row.
    """
    import pyarrow as pa
    from pyarrow import csv as pa_csv

    dialect, names, may_span_lines = _plain(path, csv)
    skipped = left_out(names)
    text = pa.string()
    try:
        reader = pa_csv.open_csv(
            path,
            pa_csv.ReadOptions(
                column_names=[str(i) for i in range(len(names))],
                skip_rows=1,
                block_size=_BLOCK_BYTES,
            ),
            pa_csv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=may_span_lines),
            pa_csv.ConvertOptions(
                column_types={str(i): text for i in range(len(names))}, strings_can_be_null=False
            ),
        )
        start = 0
        for batch in reader:
            columns = zip(names, batch.columns, strict=True)
            kept = {name: x for i, (name, x) in enumerate(columns) if i not in skipped}
            yield TextBlock(path, start, batch.num_rows, kept)
            start += batch.num_rows
    except pa.ArrowInvalid as error:
        if "Empty CSV file" not in str(error):
            raise NotPlainError(str(error)) from error


def careful_blocks(path: Path, csv: CsvFormat) -> Iterator[TextBlock]:
    """Read any file that `ingestion` has read to its end without a problem."""
    import pyarrow as pa

    with OpenTable(path, csv) as table:
        names = clean_names(table.header)
        skipped = left_out(names)
        rows = (record for record in table.records if len(record) == len(names))
        start = 0
        while block := list(islice(rows, _BLOCK_ROWS)):
            columns = zip(names, zip(*block, strict=True), strict=True)
            kept = {
                name: pa.array(cells, pa.string())
                for i, (name, cells) in enumerate(columns)
                if i not in skipped
            }
            yield TextBlock(path, start, len(block), kept)
            start += len(block)


def places_of(cells: Sequence[Cell], csv: CsvFormat) -> list[str]:
    """Name file and line of cells, whose index is that of their row; a file is read once."""
    wanted: dict[Path, set[int]] = {}
    for cell in cells:
        wanted.setdefault(cell.path, set()).add(cell.index)
    lines = {path: _lines_of_rows(path, rows, csv) for path, rows in wanted.items()}
    return [shown(cell.path, lines[cell.path].get(cell.index)) for cell in cells]


def _lines_of_rows(path: Path, rows: Iterable[int], csv: CsvFormat) -> dict[int, int]:
    wanted = set(rows)
    with OpenTable(path, csv) as table:
        width = len(table.header)
    found: dict[int, int] = {}
    row = 0
    for line, record in numbered_records(path, csv):
        if len(record) != width:
            continue
        if row in wanted:
            found[row] = line
            if len(found) == len(wanted):
                break
        row += 1
    return found


def _plain(path: Path, csv: CsvFormat) -> tuple[Dialect, list[str], bool]:
    """Give dialect and names of a file that Arrow reads as the careful reader does.

    The last value says whether a cell may hold a line break.
    """
    try:
        with OpenTable(path, csv) as table:
            dialect, names = table.dialect, clean_names(table.header)
            is_text = table.is_utf8_text
    except UnreadableError as error:
        raise NotPlainError(str(error)) from error
    usual = (csv.missing_values, csv.names, csv.comment) == (None, (), None)
    if dialect is None or not (usual and is_text) or header_problems(path, names):
        raise NotPlainError("not written as plain text")
    if dialect.prefix_lines or dialect.blank_after_delimiter or dialect.quote != '"':
        raise NotPlainError("not written as usual")
    return dialect, names, _has_quotes(path, dialect.delimiter)


def _has_quotes(path: Path, delimiter: str) -> bool:
    """Look at all bytes for what the two readers take otherwise; say whether a cell is quoted.

    Raises:
        NotPlainError: a NUL byte, a lone carriage return, or a quote that neither opens nor closes
            a cell, nor is written twice.
    """
    quotes = 0
    before = b"\n"
    with open(path, "rb") as file:
        block = file.read(_BLOCK_BYTES)
        while block:
            following = file.read(_BLOCK_BYTES)
            after = following[:1] or b"\n"
            if b"\0" in block:
                raise NotPlainError("a NUL byte")
            if b"\r" in block and _LONE_RETURN.search(block + after):
                raise NotPlainError("a lone carriage return")
            if b'"' in block:
                quotes += _quotes(before + block + after, delimiter.encode(), is_open=quotes % 2)
            before, block = block[-1:], following
    if quotes % 2:
        raise NotPlainError("a quote that is never closed")
    return quotes > 0


def _quotes(near: bytes, delimiter: bytes, is_open: int) -> int:
    """Count the quotes of a block, given with the byte before it and the one behind it."""
    import numpy as np

    bytes_ = np.frombuffer(near, np.uint8)
    places = np.flatnonzero(bytes_[1:-1] == ord('"')) + 1
    is_closing = (np.arange(len(places)) + is_open) % 2 == 1
    beside = np.where(is_closing, bytes_[places + 1], bytes_[places - 1])
    if not np.isin(beside, list(delimiter + b'\r\n"')).all():
        raise NotPlainError("a quote in the middle of a cell")
    return len(places)
