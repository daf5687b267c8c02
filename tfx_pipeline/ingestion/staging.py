"""A copy of the table that ExampleGen reads, in a folder named after its content.

It is CSV in UTF-8 with commas and LF, without the rows that have no label, and with a file that
says the type of each column. TFX's cache knows input files by number, size and time of change in
whole seconds: an edit within one second is then served stale, and a fresh checkout runs everything
again. A folder named after the content, as input, makes that cache tell the truth.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.columns.number_text import MISSING_MARKS
from tfx_pipeline.ingestion.columns.types import ColumnPlan, ColumnType
from tfx_pipeline.ingestion.example_encoding import ExampleEncoder
from tfx_pipeline.ingestion.reading.parquet import Record
from tfx_pipeline.ingestion.reading.records import OpenTable
from tfx_pipeline.ingestion.reading.table_files import staged_name
from tfx_pipeline.ingestion.splits import Splitter
from tfx_pipeline.ingestion.table import FileSummary, Table
from tfx_pipeline.ingestion.versions.manifest import manifest_of, write_manifest

TYPES_FILE = "column_types.json"
"""Beside the staged files: the type of each column, in the order of the header."""

_SPECIAL = re.compile(r'[,"\r\n]')
_STAGED = re.compile(r"[0-9a-f]{16}|\.staging-\w+")


def stage_table(table: Table, target_dir: Path) -> Path:
    """Write a clean copy of a table without problems, atomically; remove earlier ones.

    Returns:
        A folder of CSV files with one header, `target_dir/<digest>`. It is complete or absent,
        and is used again for the same content.

    Raises:
        DataError: the table has problems.
        OSError: it cannot be written.
    """
    if table.problems:
        raise DataError(table.problems)
    staged = target_dir / table.digest[:16]
    if not staged.is_dir():
        target_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".staging-", dir=target_dir))
        try:
            _write(table, folder)
            os.replace(folder, staged)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    for earlier in target_dir.iterdir():
        if earlier != staged and _STAGED.fullmatch(earlier.name):
            shutil.rmtree(earlier, ignore_errors=True)
    return staged


def parse_types(content: bytes | str) -> dict[str, ColumnType]:
    """Read what `TYPES_FILE` holds."""
    types: dict[str, ColumnType] = json.loads(content)
    return types


def staged_records(table: Table, file: FileSummary) -> Iterator[Record]:
    """Yield the rows of a file as they are staged: those with a label, cells in plain writing."""
    left_out = table.labels.left_out(file.path)
    rewriters = [
        (place, _rewriter(plan)) for place, plan in enumerate(table.plans) if plan.is_rewritten
    ]
    with OpenTable(file.path, table.needs.csv) as source:
        for index, record in enumerate(source.records):
            if not record or index in left_out:
                continue
            row = [record[position] for position in table.positions]
            for place, rewrite in rewriters:
                row[place] = rewrite(row[place])
            yield row


def row_splits(table: Table) -> Iterator[str]:
    """Name the split of each row of a table that can be staged."""
    encoder = ExampleEncoder({plan.name: plan.type for plan in table.plans})
    splitter = Splitter(table.needs.splits, table.needs.seed)
    for file in table.files:
        for record in staged_records(table, file):
            yield splitter.split(encoder.encode(record))


def _write(table: Table, folder: Path) -> None:
    for number, file in enumerate(table.files):
        target = folder / staged_name(file.path)
        if target.exists():  # of the same name in another folder
            target = folder / f"{number:04d}-{target.name}"
        is_whole = not table.labels.left_out(file.path)
        is_as_it_is = not any(plan.is_rewritten for plan in table.plans)
        if file.is_plain and is_whole and is_as_it_is:
            shutil.copyfile(file.path, target)
        else:
            with open(target, "w", encoding="utf-8", newline="") as lines:
                lines.write(_line(table.header))
                lines.writelines(map(_line, staged_records(table, file)))
        os.utime(target, (0, 0))
    types = {plan.name: plan.type for plan in table.plans}
    (folder / TYPES_FILE).write_text(json.dumps(types, indent=1), encoding="utf-8")
    write_manifest(folder, manifest_of(table))


def _rewriter(plan: ColumnPlan) -> Callable[[str], str]:
    """Make what turns a cell into the plain writing of its type."""

    def whole(text: str) -> str:
        return text.partition(".")[0]

    def number(cell: str) -> str:
        text = cell.strip()
        if not text or text in MISSING_MARKS:
            return ""
        text = plan.style.plain(text)
        return whole(text) if plan.type == "int64" else text

    def name(cell: str) -> str:
        if not cell.strip():
            return ""
        return whole(cell) if plan.type == "int64" else cell

    return number if plan.is_number else name


def _line(record: Sequence[str]) -> str:
    """Write one record; before Python 3.13 `csv.writer` leaves a carriage return unquoted."""
    cells = ['"' + x.replace('"', '""') + '"' if _SPECIAL.search(x) else x for x in record]
    return (",".join(cells) or '""') + "\n"
