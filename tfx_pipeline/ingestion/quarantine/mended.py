"""Which bad rows were mended since: by their place, and what stood there.

Mended rows lie in a file of their own beside the file that they came from, whose name says so. A
record beside the quarantine says which rows they were. The record is written first, and counts only
once its file is there: whatever is cut off in between, a row is in the table once, or not yet.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.ingestion.quarantine.quarantined_row import QuarantinedRow
from tfx_pipeline.storage import fileio

FOLDER = "mended"
"""Of the records, in that of the quarantine."""
_INFIX = ".mended-"
_DIGITS = 12


@dataclass(frozen=True)
class RowPlace:
    """A row of a file: the file's name in the table's folder, where it begins, and its digest."""

    file: str
    begins: int
    digest: str

    @classmethod
    def of(cls, row: QuarantinedRow) -> RowPlace:
        """Give the place of a row."""
        begins = row.row_number if row.byte_offset is None else row.byte_offset
        return cls(row.file, begins, hashlib.sha256(row.row.encode()).hexdigest())


def mended_name(file: Path, content: bytes) -> Path:
    """Name the file of mended rows of a file: beside it, after its content."""
    digest = hashlib.sha256(content).hexdigest()[:_DIGITS]
    return file.with_name(f"{file.name}{_INFIX}{digest}.csv")


def mended_files(files: Iterable[Path]) -> list[Path]:
    """Give the files of a table with those of their mended rows, which stand beside them."""
    listed = dict.fromkeys(files)
    for file in list(listed):
        if file.parent.is_dir():
            beside = [x for x in file.parent.iterdir() if x.name.startswith(f"{file.name}{_INFIX}")]
            listed |= dict.fromkeys(x for x in sorted(beside) if x.suffix == ".csv")
    return list(listed)


def origin(file: Path) -> Path:
    """Give the file whose rows were mended in another one; of any other file, itself."""
    name, infix, _ = file.name.rpartition(_INFIX)
    return file.with_name(name) if infix else file


def write_mended(
    records: str, folder: Path, file: Path, content: bytes, places: Iterable[RowPlace]
) -> None:
    """Write a file of mended rows into the table, and before it which rows it holds.

    Args:
        records: the folder of the records, a path or a URI.
        folder: that of the table.
        file: see `mended_name`.
        content: of the file.
        places: of its rows.

    Raises:
        PlaceError: they cannot be written.
    """
    name = file.relative_to(folder).as_posix()
    facts = {"file": name, "rows": [vars(place) for place in places]}
    record = fileio.join(records, f"{file.name}.json")
    fileio.write_bytes(record, json.dumps(facts, indent=1).encode())
    fileio.write_bytes(str(file), content)


def mended_rows(records: str | None, folder: Path) -> Mapping[RowPlace, str]:
    """Give the rows that were mended, each with the name of the file where it is now.

    Raises:
        PlaceError: the records cannot be read.
    """
    return dict(_mended(records, folder)) if records else {}


def _mended(records: str, folder: Path) -> Iterator[tuple[RowPlace, str]]:
    for name in fileio.list_folder(records):
        if not name.endswith(".json"):
            continue
        facts = json.loads(fileio.read_bytes(fileio.join(records, name)))
        if (folder / facts["file"]).is_file():
            for row in facts["rows"]:
                yield RowPlace(**row), facts["file"]
