"""A copy of the table that TFX reads truly, in a folder named after its content.

TFX's cache knows input files by number, size and time of change in whole seconds. An edit within
one second is then served stale, and a fresh checkout runs everything again. A folder named after
the content, as input, makes that cache tell the truth.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.csv_table import CsvSummary, FileSummary
from tfx_pipeline.ingestion.csv_text import numbered_records

_SPECIAL = re.compile(r'[,"\r\n]')
_STAGED = re.compile(r"[0-9a-f]{16}|\.staging-\w+")


def stage_csv(table: CsvSummary, target_dir: Path) -> Path:
    """Write a clean copy, atomically: UTF-8 without byte order mark, lines that end in LF.

    Args:
        table: a summary without problems.
        target_dir: where the copy goes; earlier copies in it are removed.

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
            for file in table.files:
                _copy(file, table.header, folder / f"{file.path.stem}.csv")
            os.replace(folder, staged)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    for earlier in target_dir.iterdir():
        if earlier != staged and _STAGED.fullmatch(earlier.name):
            shutil.rmtree(earlier, ignore_errors=True)
    return staged


def _copy(file: FileSummary, header: tuple[str, ...], target: Path) -> None:
    if file.is_plain:
        shutil.copyfile(file.path, target)
    else:
        records = (record for _, record in numbered_records(file.path))
        next(records)
        with open(target, "w", encoding="utf-8", newline="") as lines:
            lines.write(",".join(header) + "\n")
            lines.writelines(_line(record) for record in records if record)
    os.utime(target, (0, 0))


def _line(record: Sequence[str]) -> str:
    """Write one record; before Python 3.13 `csv.writer` leaves a carriage return unquoted."""
    cells = [_quoted(cell) if _SPECIAL.search(cell) else cell for cell in record]
    return (",".join(cells) or '""') + "\n"


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
