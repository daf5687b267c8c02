"""The copy of a table that ExampleGen reads, written while the table is read.

A folder named after the content holds a stream of Arrow a file (`staged` reads them), the rows
without a label as numbers, and `table.json`: types, files, counts. TFX's cache knows input files by
number, size and time of change in whole seconds: an edit within one second is then served stale,
and a fresh checkout runs everything again. A folder named after the content, as input, makes that
cache tell the truth.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from tfx_pipeline.ingestion.staged_copy.reading import (
    DATA_SUFFIX,
    LEFT_OUT_SUFFIX,
    TABLE_FILE,
    describe,
    describe_tests,
)
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.versions.manifest import manifest_of, write_manifest
from tfx_pipeline.processes.writing_thread import WritingThread
from tfx_pipeline.storage.local_files import held, make_folder, sync_folder, write_atomically
from tfx_pipeline.storage.place_errors import explained

PREFIX = ".staging-"


class StagingCopy:
    """A copy that is not finished: gone at the end of the block unless `finish` was called."""

    def __init__(self, target_dir: Path) -> None:
        self._target_dir = target_dir
        self._files: list[_FileCopy] = []

    def __enter__(self) -> StagingCopy:
        with self._explained():
            make_folder(self._target_dir)
            self._folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self._target_dir))
        self._lock = _held(self._folder)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for file in self._files:
            file.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)

    def begin(self, path: Path, names: Sequence[str]) -> None:
        """Begin the copy of a file with these columns, or begin it again."""
        name = f"{path.name}{DATA_SUFFIX}"
        if any(file.target.name == name for file in self._files):  # of another folder
            name = f"{len(self._files):04d}-{name}"
        self._files.append(_FileCopy(path, self._folder / name, names))

    def add(self, columns: Sequence[Any]) -> None:
        """Take in successive rows of the file that was begun last, by column.

        Raises:
            PlaceError: they cannot be written.
        """
        with self._explained():
            self._files[-1].add(columns)

    def finish(self, table: Table) -> Path:
        """Complete the copy of a table without problems; give its folder, named after its content.

        Raises:
            PlaceError: it cannot be written.
        """
        staged = self._target_dir / table.digest[:16]
        with self._explained():
            if not staged.is_dir():
                self._finish(table, staged)
            elif table.tests:  # other ones, perhaps, of the same rows
                self._note_tests(table, staged)
        return staged

    def _explained(self) -> contextlib.AbstractContextManager[None]:
        return explained("write", str(self._target_dir))

    def _note_tests(self, table: Table, staged: Path) -> None:
        file = staged / TABLE_FILE
        with_tests = describe_tests(file.read_text(encoding="utf-8"), table)
        write_atomically(file, with_tests)
        os.utime(file, (0, 0))

    def _finish(self, table: Table, staged: Path) -> None:
        copies = {}
        for file in self._files:
            file.finish()
            copies[file.path] = (file.target.name, file.batches)
            left_out = table.labels.left_out(file.path)
            if len(left_out):
                rows = self._folder / f"{file.target.name}{LEFT_OUT_SUFFIX}"
                np.save(rows, left_out)
                rows.with_name(f"{rows.name}.npy").rename(rows)
                sync_folder(rows)
        write_atomically(self._folder / TABLE_FILE, describe(table, copies))
        write_manifest(self._folder, manifest_of(table))
        for each in self._folder.iterdir():
            os.utime(each, (0, 0))  # TFX's cache looks at it
        sync_folder(self._folder)
        self._folder.chmod(0o755)
        with contextlib.suppress(FileExistsError):
            self._folder.rename(staged)
        sync_folder(self._target_dir)


class _FileCopy:
    """The copy of one file, written in a thread of its own."""

    def __init__(self, path: Path, target: Path, names: Sequence[str]) -> None:
        self.path, self.target, self._names = path, target, names
        self.batches = 0
        self._thread = WritingThread(self._write)
        self.close = self._thread.close

    def add(self, columns: Sequence[Any]) -> None:
        self.batches += 1
        self._thread.put(columns)

    def finish(self) -> None:
        self.close()
        self._thread.check()
        sync_folder(self.target)

    def _write(self, blocks: Iterable[Sequence[Any]]) -> None:
        import pyarrow as pa

        writer = None
        with open(self.target, "wb") as stream:
            for columns in blocks:
                batch = pa.RecordBatch.from_arrays(list(columns), names=list(self._names))
                if writer is None:
                    options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
                    writer = pa.ipc.new_stream(stream, batch.schema, options=options)
                writer.write_batch(batch)
            if writer is not None:
                writer.close()


def _held(folder: Path) -> int | None:
    """Hold the folder, so that nobody takes it for a remnant; some file systems have no locks."""
    with contextlib.suppress(OSError):
        return held(folder)
    return None


def remove_copies(target_dir: Path, kept: Path) -> None:
    """Remove earlier copies, and what was left of those that were cut off."""
    for earlier in target_dir.iterdir():
        is_copy = len(earlier.name) == 16 and not set(earlier.name) - set("0123456789abcdef")
        if earlier != kept and is_copy:
            shutil.rmtree(earlier, ignore_errors=True)
        elif earlier.name.startswith(PREFIX) and earlier.is_dir():
            lock = _held(earlier)
            if lock is not None:
                shutil.rmtree(earlier, ignore_errors=True)
                os.close(lock)
