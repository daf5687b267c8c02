"""The folder of a job: what it was begun with, what of it is done, and who works at it.

`part-*` are the answers. What else lies there begins with `_`, so that readers of tables pass it
over: `_job.json` and `_chunks/` while the job works, `_manifest.json` once it is finished, and
`_bad_rows.csv`. A chunk is done when its record is there; all before it is on the disk by then.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.batch.cells.bad_rows import BadRow, as_csv
from tfx_pipeline.batch.chunks import Position
from tfx_pipeline.batch.output.part_files import OutputFormat, part_name
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown
from tfx_pipeline.storage.local_files import (
    held,
    make_folder,
    sync_folder,
    write_atomically,
    write_json,
)
from tfx_pipeline.wording import listed

MANIFEST, BAD_ROWS = "_manifest.json", "_bad_rows.csv"
_JOB, _CHUNKS, _WORK = "_job.json", "_chunks", "_work"
_TITLE = "the output folder cannot be used"


@dataclass(frozen=True)
class ChunkRecord:
    """A chunk that is done.

    Attributes:
        file: of its answers.
        rows: that were read.
        written: of these, answered.
        bad: the others.
        bytes: of the file.
        sha256: of the file, hexadecimal.
        end: where the next chunk begins.
        read: digest of what was read, where it cannot be known otherwise; else empty.
    """

    file: str
    rows: int
    written: int
    bad: int
    bytes: int
    sha256: str
    end: Position
    read: str = ""


class OutputFolder:
    """A folder that this process holds; see `opened`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: list[ChunkRecord] = []

    @property
    def work_folder(self) -> Path:
        """Where an engine may have what it works with; nothing there lasts."""
        return self.folder / _WORK

    @property
    def job(self) -> dict[str, Any] | None:
        """What the job was begun with; None: none was."""
        return self._json(_JOB)

    @property
    def manifest(self) -> dict[str, Any] | None:
        """What a finished job says; None: it is not finished."""
        return self._json(MANIFEST)

    def begin(self, job: Mapping[str, Any]) -> None:
        """Write down what the job is begun with.

        Raises:
            OSError: the folder cannot be written to.
        """
        (self.folder / _CHUNKS).mkdir(exist_ok=True)
        write_json(self.folder / _JOB, job)
        sync_folder(self.folder)

    def find_done(self) -> None:
        """Read the records; a chunk whose file is not as it was, and all after it, is not done."""
        self.records = []
        while record := self._record(len(self.records)):
            self.records.append(record)
        names = {record.file for record in self.records}
        for file in (*self.folder.glob("part-*"), *self.folder.glob(".part-*")):
            if file.name not in names:
                file.unlink()

    def add(
        self,
        content: bytes,
        written: OutputFormat,
        rows: tuple[int, int],
        bad: Sequence[BadRow],
        end: Position,
        read: str = "",
    ) -> None:
        """Add the next chunk: `content` of its file; rows read, and answered.

        Raises:
            OSError: it cannot be written; then it is not done.
        """
        chunk = len(self.records)
        name = part_name(chunk, written)
        sha256 = hashlib.sha256(content).hexdigest()
        write_atomically(self.folder / name, content)
        if bad:
            write_atomically(self._chunk_file(chunk, "csv"), as_csv(bad, with_header=False))
        sync_folder(self.folder)
        record = ChunkRecord(name, *rows, len(bad), len(content), sha256, end, read)
        write_json(self._chunk_file(chunk, "json"), asdict(record))
        sync_folder(self.folder / _CHUNKS)
        self.records.append(record)

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Put the bad rows together, and say that the job is finished.

        Raises:
            OSError: the folder cannot be written to.
        """
        bad = [place for place, record in enumerate(self.records) if record.bad]
        if bad:
            self._join(bad)
        parts = [
            {k: v for k, v in asdict(x).items() if k not in ("end", "read")} for x in self.records
        ]
        write_json(self.folder / MANIFEST, {**manifest, "parts": parts})
        sync_folder(self.folder)
        self.clean()

    def clean(self) -> None:
        """Remove what only a job that works needs, and what one that was killed left aside."""
        for name in (_CHUNKS, _WORK):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in (_JOB, MANIFEST):
            for aside in self.folder.glob(f".{name}.*"):
                aside.unlink(missing_ok=True)
        (self.folder / _JOB).unlink(missing_ok=True)

    def _join(self, chunks: Sequence[int]) -> None:
        aside = self.folder / _CHUNKS / BAD_ROWS
        with open(aside, "wb") as stream:
            stream.write(as_csv([], with_header=True))
            for chunk in chunks:
                with open(self._chunk_file(chunk, "csv"), "rb") as part:
                    shutil.copyfileobj(part, stream)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(self.folder / BAD_ROWS)

    def _record(self, chunk: int) -> ChunkRecord | None:
        try:
            values = json.loads(self._chunk_file(chunk, "json").read_bytes())
            record = ChunkRecord(**{**values, "end": Position(*values["end"])})
            size = (self.folder / record.file).stat().st_size
        except FileNotFoundError:
            return None
        return record if size == record.bytes else None

    def _chunk_file(self, chunk: int, kind: str) -> Path:
        return self.folder / _CHUNKS / f"{chunk:05d}.{kind}"

    def _json(self, name: str) -> dict[str, Any] | None:
        file = self.folder / name
        try:
            return dict(json.loads(file.read_bytes()))
        except FileNotFoundError:
            return None
        except ValueError as error:
            what = "it is not what `batch` wrote there"
            problem = Problem(what, shown(file), str(error), next_step="give another folder")
            raise ConfigError([problem], _TITLE) from error


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[OutputFolder]:
    """Hold a folder, which is made; a process that dies lets go of it.

    One that was made for a job that then cannot be begun is removed.

    Raises:
        ConfigError: it cannot be made, holds something else, or another process works there.
    """
    is_new = not folder.exists()
    try:
        make_folder(folder)
        descriptor = held(folder)
    except OSError as error:
        raise ConfigError([os_problem(folder, error, "made or locked")], _TITLE) from error
    if descriptor is None:
        step = "wait until it ends, or give another --output"
        problem = Problem("another process writes there", shown(folder), next_step=step)
        raise ConfigError([problem], _TITLE)
    try:
        _refuse_foreign(folder)
        yield OutputFolder(folder)
    except BaseException:
        if is_new:
            with contextlib.suppress(OSError):  # it is not empty: the job was begun
                folder.rmdir()
        raise
    finally:
        os.close(descriptor)


def _refuse_foreign(folder: Path) -> None:
    names = sorted(os.listdir(folder))
    ours = {MANIFEST, _JOB}
    if not names or not ours.isdisjoint(names):
        return
    if all(name.startswith(f".{_JOB}.") or name == _CHUNKS for name in names):
        return  # a job that was killed before it had begun
    problem = Problem(
        "the folder holds something else",
        shown(folder),
        listed(names),
        "a folder that is empty or not there, or that of the same job with --resume",
        "give another --output",
    )
    raise ConfigError([problem], _TITLE)
