"""Examples of files as columns: one a feature, with one value or none a row."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.arrow_arrays import numbers, numbers_of
from tfx_pipeline.ingestion.reading.formats import SourceBytes, UnreadableError
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.ingestion.reading.tfrecord import file_records

_BATCH_ROWS = 1 << 12
_BATCH_BYTES = 1 << 24
_NAMES = {"int64": "int64", "float": "float", "binary": "bytes"}
"""Of Arrow's types, as `tf.Example` calls them."""


class Examples:
    """The examples of files, which together have one set of columns.

    A feature may be in some examples only, so that the columns are known when all are read: they
    are decoded once, into a temporary file, from which `batches` gives them.

    Args:
        files: all of them.
        most_rows: so many records of each are read, the first ones; None: all.

    Attributes:
        names: of the columns, in the order of their bytes.
        digests: sha256 of the unpacked bytes of each file, hexadecimal, as far as it was read.

    Raises:
        UnreadableError: a file is damaged, its records are no examples, or a feature has several
            values or types.
    """

    def __init__(self, files: Sequence[Path], most_rows: int | None = None) -> None:
        self._most_rows = most_rows
        self.digests: dict[Path, str] = {}
        self._types: dict[str, tuple[Any, str]] = {}
        self._valueless: set[str] = set()  # features that some examples name, without a kind
        self._decoded = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self._blocks: dict[Path, list[tuple[int, int]]] = {}  # where each begins, and its rows
        try:
            for path in files:
                with SourceBytes(path) as source:
                    self._blocks[path] = list(self._decode(path, io.BufferedReader(source)))
                    self.digests[path] = source.digest.hexdigest()
        except BaseException:
            self.close()
            raise
        import pyarrow as pa

        for name in self._valueless - self._types.keys():
            self._types[name] = (pa.binary(), "")
        self.names = sorted(self._types, key=str.encode)

    def batches(self, path: Path) -> Iterator[Any]:
        """Yield the rows of a file as `pyarrow.RecordBatch`es with all columns."""
        import pyarrow as pa

        for begin, rows in self._blocks[path]:
            self._decoded.seek(begin)
            batch = pa.ipc.open_stream(self._decoded).read_next_batch()
            known = dict(zip(batch.schema.names, batch.columns, strict=True))
            columns = [known.get(name, pa.nulls(rows, self._types[name][0])) for name in self.names]
            yield pa.RecordBatch.from_arrays(columns, self.names)

    def close(self) -> None:
        """Remove what was decoded."""
        self._decoded.close()

    def _decode(self, path: Path, source: BinaryIO) -> Iterator[tuple[int, int]]:
        """Write the examples of a file as batches; yield where each begins, and its rows."""
        import pyarrow as pa

        start = 0
        for records in _blocks(islice(file_records(path, source), self._most_rows)):
            names, batch = _columns(path, records, start)
            self._valueless.update(set(names) - set(batch.schema.names))
            for field in batch.schema:
                where = f"{shown(path)}, records {start + 1:,} to {start + len(records):,}"
                self._check_type(field, where)
            yield self._decoded.tell(), len(records)
            with pa.ipc.new_stream(self._decoded, batch.schema) as written:
                written.write_batch(batch)
            start += len(records)

    def _check_type(self, field: Any, where: str) -> None:
        known, there = self._types.setdefault(field.name, (field.type, where))
        if field.type != known:
            what = f"feature `{field.name}` has values of two types"
            received = f"{_NAMES[str(known)]} at {there}; {_NAMES[str(field.type)]}"
            raise UnreadableError(Problem(what, where, received, "one type in all examples"))


def _blocks(records: Iterator[bytes]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    size = 0
    for record in records:
        block.append(record)
        size += len(record)
        if len(block) >= _BATCH_ROWS or size >= _BATCH_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _columns(path: Path, records: Sequence[bytes], start: int) -> tuple[list[str], Any]:
    """Decode successive examples; `start` is the number of those before them.

    Returns:
        The names of all features, and a batch of those that have a value.
    """
    import pyarrow as pa
    from tfx_bsl.cc.tfx_bsl_extension.coders import ExamplesToRecordBatchDecoder

    decoder = ExamplesToRecordBatchDecoder()
    try:
        batch = decoder.DecodeBatch(records)
    except RuntimeError as error:
        raise UnreadableError(_undecodable(path, records, start, decoder, error)) from error
    names = list(batch.schema.names)
    columns = {
        name: _single_values(path, name, column, start)
        for name, column in zip(names, batch.columns, strict=True)
        if not pa.types.is_null(column.type)
    }
    return names, pa.RecordBatch.from_arrays(list(columns.values()), list(columns))


def _undecodable(
    path: Path, records: Sequence[bytes], start: int, decoder: Any, error: RuntimeError
) -> Problem:
    """Find the first record that cannot be decoded with those before it."""
    good, bad = 0, len(records)  # numbers of first records that can be, and that cannot
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            decoder.DecodeBatch(records[:middle])
            good = middle
        except RuntimeError as nearer:
            bad, error = middle, nearer
    reason = str(error).partition(": ")[2]
    what = f"record {start + bad:,} is no `tf.Example`: {reason}"
    if "wrong type" in reason:
        what = f"record {start + bad:,} has another type than those before it: {reason}"
    return Problem(what, shown(path), allowed="one type of each feature in all examples")


def _single_values(path: Path, name: str, column: Any, start: int) -> Any:
    """Make a column of lists one of values, null where a list is empty or missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    counts = numbers_of(pc.fill_null(pc.list_value_length(column), 0))
    if counts.max(initial=0) > 1:
        row = int(np.argmax(counts > 1))
        what = f"record {start + row + 1:,} has {counts[row]:,} values of the feature `{name}`"
        step = "write a feature for each value; a table has one value a row and column"
        raise UnreadableError(Problem(what, shown(path), allowed="one, or none", next_step=step))
    values = pc.take(column.flatten(), numbers(np.cumsum(counts) - 1, counts == 0))
    return values.cast(pa.binary()) if pa.types.is_large_binary(values.type) else values
