"""Rows as they stand in their files: the lines, and where they begin."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.formats import SourceBytes
from tfx_pipeline.ingestion.reading.records import OpenTable


@dataclass(frozen=True)
class Original:
    """A row of a file.

    Attributes:
        line: on which it begins; of Parquet, its number, from 1 on.
        byte_offset: at which it begins in the unpacked file; none: it is Parquet.
        text: its lines, without the end of the last one; of Parquet, as CSV has it.
        cells: of its record.
    """

    line: int
    byte_offset: int | None
    text: str
    cells: tuple[str, ...]


def originals(path: Path, indices: Iterable[int], wanted: CsvFormat) -> dict[int, Original]:
    """Give records of a file by their indices; it is read up to the last of them, twice.

    Raises:
        UnreadableError: it is no table any more.
        OSError: it is gone.
    """
    kept = set(indices)
    last = max(kept, default=-1)
    lines: dict[int, tuple[int, int]] = {}
    cells: dict[int, tuple[str, ...]] = {}
    plain = replace(wanted, missing_values=None, missing_in={})  # the cells as they are
    with OpenTable(path, plain) as table:
        dialect = table.dialect
        line, passed = table.line, table.passed_over  # at the end of the record before
        if dialect and wanted.names:  # the first record has been read as if it were a header
            line = dialect.prefix_lines
        before = {index - 1 for index in kept}  # where a line is asked for: of few records
        for index, record in enumerate(islice(table.records, last + 1)):
            if index in kept:
                begins = line + 1 + table.passed_over - passed
                cells[index], lines[index] = tuple(record), (begins, max(begins, table.line))
            if index in before:
                line, passed = table.line, table.passed_over
    if dialect is None:
        return {i: Original(i + 1, None, _as_csv(row), row) for i, row in cells.items()}
    needed = {line for begin, end in lines.values() for line in range(begin, end + 1)}
    texts = _texts(path, needed, wanted)
    found = {}
    for index, (begin, end) in lines.items():
        text = "".join(texts[line][1] for line in range(begin, end + 1) if line in texts)
        found[index] = Original(begin, texts[begin][0], text.rstrip("\r\n"), cells[index])
    return found


def _texts(path: Path, numbers: set[int], wanted: CsvFormat) -> dict[int, tuple[int, str]]:
    """Give lines of a text by their numbers, each with the byte at which it begins."""
    found = {}
    last = max(numbers, default=0)
    with SourceBytes(path, wanted.encoding) as source:
        offset, name = source.text_begins, _without_mark(source.encoding)
        for number, line in enumerate(source.text(), start=1):
            if number > last:
                break
            if number in numbers:
                found[number] = (offset, line)
            offset += len(line.encode(name))
    return found


def _without_mark(encoding: str) -> str:
    """Give a codec that writes no byte order mark before each line."""
    name = codecs.lookup(encoding).name
    return f"{name}-le" if name in ("utf-16", "utf-32") else {"utf-8-sig": "utf-8"}.get(name, name)


def _as_csv(record: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(record)
    return text.getvalue()
