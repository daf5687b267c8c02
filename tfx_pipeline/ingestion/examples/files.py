"""Examples in files that TFX reads: `Split-<name>/data_tfrecord-00000-of-00002.gz`.

TensorFlow's own writer takes a call of Python a record, and holds the interpreter for it: two
threads write no faster than one. Framed here a batch at a time, records are compressed by threads
beside the encoding of the next ones.
"""

from __future__ import annotations

import contextlib
import math
import os
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.examples.encoding import ExampleEncoder
from tfx_pipeline.ingestion.examples.record_frames import frame_records
from tfx_pipeline.ingestion.examples.split_proof import ProofOfSplits, SplitProof
from tfx_pipeline.ingestion.examples.splits import Splitter
from tfx_pipeline.ingestion.reading.arrow_arrays import booleans
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.processes.progress import progress
from tfx_pipeline.processes.writing_thread import WritingThread
from tfx_pipeline.storage.local_files import make_folder, sync_folder

_LEVEL = 1
"""300,000 taxi rows: level 1 takes 0.56 s for 21.4 MB, 3 takes 0.80 s for 19.2, 6 takes 1.79 s for
16.6; reading any of them back takes 0.7 s."""
_SHARD_BYTES = 1 << 28  # before compression
_Part: TypeAlias = tuple[Any, NDArray[np.bool_]]


def write_examples(
    table: StagedTable, splitter: Splitter, folders: Sequence[Path]
) -> tuple[dict[str, int], SplitProof]:
    """Write the rows of a table to the folders of their splits.

    Returns:
        The number of rows of each split, and what was counted of rows and keys in two of them.

    The same table gives the same bytes. The files appear when all of them are whole.

    Raises:
        OSError: they cannot be written.
    """
    encoder = ExampleEncoder(table.types)
    counts = np.zeros(len(splitter.names), np.int64)
    has_keys = splitter.needs.by == "key"
    proof = ProofOfSplits(len(splitter.names), table.rows, has_keys=has_keys)
    progress(0, table.rows)
    with contextlib.ExitStack() as stack:
        writer = None
        for file in table.files:
            for batch in table.batches(file, as_dictionaries=True):
                records, examples = frame_records(encoder.pieces(batch))
                hashes = splitter.row_hashes(examples)
                division = splitter.divide(batch, hashes)
                proof.add(hashes, division)
                counts += np.bincount(division.codes, minlength=len(counts))
                if writer is None:
                    size = records.nbytes / len(records) * table.rows
                    writer = ExampleWriter(folders, size)
                    stack.enter_context(writer)
                writer.write(division.codes, records)
                progress(counts.sum(), table.rows)
        if writer is None:
            writer = stack.enter_context(ExampleWriter(folders, 0))
        writer.finish()
    return dict(zip(splitter.names, counts.tolist(), strict=True)), proof.result()


class ExampleWriter:
    """Files that are not finished: gone at the end of the block unless `finish` was called."""

    def __init__(self, folders: Sequence[Path], size: float) -> None:
        """Take the folder of each split, and about how many bytes of records there will be."""
        self._shards = max(1, math.ceil(size / len(folders) / _SHARD_BYTES))
        self._files: list[list[_GzipFile]] = []
        self._batches = 0
        for folder in folders:
            make_folder(folder)
            self._files.append([_GzipFile(folder, i, self._shards) for i in range(self._shards)])

    def __enter__(self) -> ExampleWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for file in self._all():
            file.close()
            file.aside.unlink(missing_ok=True)

    def write(self, codes: NDArray[np.int8], records: Any) -> None:
        """Write records, `[rows]` of binary, to the splits with these numbers.

        Raises:
            OSError: they cannot be written.
        """
        shard = self._batches % self._shards
        self._batches += 1
        for code, files in enumerate(self._files):
            files[shard].write(records, codes == code)

    def finish(self) -> None:
        """Force all files to disk, and give them their names.

        Raises:
            OSError: one cannot be written.
        """
        for file in self._all():
            file.close()
            file.check()
            sync_folder(file.aside)
        for file in self._all():
            file.aside.rename(file.target)
        for files in self._files:
            sync_folder(files[0].target.parent)

    def _all(self) -> list[_GzipFile]:
        return [file for files in self._files for file in files]


class _GzipFile:
    """One file, compressed and written by a thread of its own, under another name."""

    def __init__(self, folder: Path, number: int, of: int) -> None:
        self.target = folder / f"data_tfrecord-{number:05d}-of-{of:05d}.gz"
        self.aside = folder / f".{self.target.name}.{os.getpid()}"
        self._thread = WritingThread(self._write)
        self.close, self.check = self._thread.close, self._thread.check

    def write(self, records: Any, are_its: NDArray[np.bool_]) -> None:
        self._thread.put((records, are_its))

    def _write(self, parts: Iterable[_Part]) -> None:
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
        with open(self.aside, "wb") as stream:
            for part in parts:
                stream.write(packer.compress(_content(*part)))
            stream.write(packer.flush())


def _content(records: Any, are_its: NDArray[np.bool_]) -> memoryview:
    """Give some of the records, one behind the other."""
    import pyarrow.compute as pc

    part = pc.filter(records, booleans(are_its))
    _, offsets, content = part.buffers()
    first, last = np.frombuffer(offsets, np.int32)[[part.offset, part.offset + len(part)]]
    return memoryview(content or b"")[first:last]
