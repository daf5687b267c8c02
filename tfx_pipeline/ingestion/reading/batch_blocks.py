"""Rows that come as record batches, of a database or of TFRecord files, in blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.arrow_arrays import missing_of, numbers_of, sizes_of
from tfx_pipeline.ingestion.reading.blocks import RowBlock, without_marks
from tfx_pipeline.ingestion.reading.parquet import plain_column


class BatchBlocks:
    """Record batches, for one reading; of their attributes and blocks see `TableBlocks`.

    Without a `digest` of what they come from, it is one of the values, however they are divided
    into batches.
    """

    note = ""
    has_lines = False
    share: float | None = None

    def __init__(
        self, header: Sequence[str], batches: Iterable[Any], wanted: CsvFormat, digest: str = ""
    ) -> None:
        self.header = list(header)
        self.digest = digest
        self._batches = batches
        self._mark = wanted.decimal or "."
        self._missing = wanted.missing_cells(self.header)

    def blocks(self) -> Iterator[RowBlock]:
        """Yield the rows.

        Raises:
            UnreadableError: what gives the batches breaks off.
        """
        digests = [] if self.digest else [_ColumnDigest() for _ in self.header]
        start = 0
        for batch in self._batches:
            if not batch.num_rows:
                continue
            columns = [plain_column(column, self._mark) for column in batch.columns]
            columns = without_marks(columns, self._missing, self._mark)
            for digest, column in zip(digests, columns):  # noqa: B905 - there may be no digests
                digest.add(column)
            yield RowBlock(columns, range(start, start + batch.num_rows))
            start += batch.num_rows
        if digests:
            parts = [repr(self.header), *(digest.text() for digest in digests)]
            self.digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()


class _ColumnDigest:
    """Digest of the values of a column, block by block; where blocks end does not matter."""

    def __init__(self) -> None:
        self._type = ""
        self._sizes = hashlib.sha256()  # of texts; of numbers, whether they are missing
        self._values = hashlib.sha256()

    def add(self, column: Any) -> None:
        """Take in a column of a `RowBlock`."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self._type = str(column.type)
        if not pa.types.is_dictionary(column.type):
            is_missing = missing_of(column)
            self._sizes.update(is_missing.tobytes())
            self._values.update(np.where(is_missing, 0, numbers_of(column)).tobytes())
            return
        texts = pc.take(column.dictionary, column.indices)
        sizes = np.where(missing_of(texts), np.int32(-1), sizes_of(texts))
        self._sizes.update(sizes.tobytes())
        _, offsets, content = texts.buffers()
        if content is not None:
            ends = np.frombuffer(offsets, np.int32, len(texts) + 1, 4 * texts.offset)
            self._values.update(memoryview(content)[ends[0] : ends[-1]])

    def text(self) -> str:
        """Give it, hexadecimal."""
        return f"{self._type} {self._sizes.hexdigest()} {self._values.hexdigest()}"
