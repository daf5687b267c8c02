"""The rows of a file in blocks, a column each, whatever its format.

A text is read by Arrow as far as it is regular, and from there on with care: row by row, which
also says what is wrong with it. Both give the same cells.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.arrow_arrays import encoded, recoded
from tfx_pipeline.ingestion.reading.formats import SourceBytes
from tfx_pipeline.ingestion.reading.parquet import ParquetFile, Record, as_texts
from tfx_pipeline.ingestion.reading.records import OpenTable
from tfx_pipeline.ingestion.reading.regular_text import (
    IrregularError,
    RegularFormat,
    regular_columns,
)
from tfx_pipeline.ingestion.reading.spread_text import SpreadText

_BLOCK_ROWS = 1 << 15
_BLOCK_BYTES = 1 << 25
_FEW_ROWS = 64  # between two looks at how many bytes they have


@dataclass(frozen=True)
class RowBlock:
    """Successive rows of a file.

    Attributes:
        columns: all of them, `[rows]` each: texts (`dictionary<int32, string>`), int64, or floats
            of 32 or 64 bits; null is missing, and so is NaN.
        indices: `[rows]`, of their records in the file.
        ragged: records between them that have not one cell a column, with their indices.
    """

    columns: Sequence[Any]
    indices: Sequence[int] | NDArray[np.int64]
    ragged: Sequence[tuple[int, Record]] = ()


class TableBlocks:
    """One file, open for one reading from its header on.

    Attributes:
        header: names of the columns, as written.
        note: what is not as usual about the file; empty: nothing.
        digest: sha256 of its bytes, hexadecimal; known once all blocks are read.
        has_lines: its rows stand on lines of a text; else the number of a row is its place.
        share: about how much of it has been read, 0 to 1; None: nothing yet.

    Raises:
        UnreadableError: it holds no table that can be read.
    """

    def __init__(self, path: Path, wanted: CsvFormat) -> None:
        self._path, self._wanted = path, wanted
        self.digest = ""
        self.share: float | None = None
        with OpenTable(path, wanted) as table:
            self.header, self.note = table.header, table.note
            self._missing = wanted.missing_cells(table.header)
            self.has_lines = table.dialect is not None
            self._size = 0 if table.is_packed else path.stat().st_size
            self._format = None
            if table.dialect and codecs.lookup(table.encoding).name == "utf-8":
                lines = table.dialect.prefix_lines if wanted.names else table.line
                self._format = RegularFormat.of(table.dialect, lines, len(table.header))

    def blocks(self) -> Iterator[RowBlock]:
        """Yield the rows.

        Raises:
            UnreadableError: the file is no table to its end.
        """
        if not self.has_lines:
            yield from self._parquet_blocks()
            return
        start = 0
        if self._format:
            try:
                with SourceBytes(self._path, self._wanted.encoding) as source:
                    for columns in regular_columns(source, self._format, self._missing):
                        rows = len(columns[0])
                        self.share = source.share
                        yield RowBlock(columns, range(start, start + rows))
                        start += rows
                    self.digest = source.digest.hexdigest()
                return
            except IrregularError:
                pass
        yield from self._careful_blocks(start)

    @property
    def is_regular(self) -> bool:
        """Whether it is a text that Arrow may read, ten times as fast."""
        return self._format is not None

    def spread(self) -> SpreadText | None:
        """Give what reads rows anywhere in the file; None: it must be read from its beginning."""
        if not self._format or not self._size:
            return None
        return SpreadText(self._path, self._format, self._missing, self._size)

    def _parquet_blocks(self) -> Iterator[RowBlock]:
        start = 0
        mark = self._wanted.decimal or "."
        file = ParquetFile(self._path, mark)
        for columns in file.columns():
            columns = without_marks(columns, self._missing, mark)
            rows = len(columns[0])
            self.share = (start + rows) / file.rows
            yield RowBlock(columns, range(start, start + rows))
            start += rows
        self.digest = _digest(self._path)

    def _careful_blocks(self, start: int) -> Iterator[RowBlock]:
        """Read the records from an index on, one after the other."""
        width = len(self.header)
        with OpenTable(self._path, self._wanted) as table:
            records = islice(table.records, start, None)
            while block := _next_records(table, records):
                indices: Sequence[int] | NDArray[np.int64] = range(start, start + len(block))
                ragged = []
                start += len(block)
                if set(map(len, block)) != {width}:
                    found = list(zip(indices, block, strict=True))
                    ragged = [(i, row) for i, row in found if row and len(row) != width]
                    indices = np.array([i for i, row in found if len(row) == width], np.int64)
                    block = [row for _, row in found if len(row) == width]
                columns = [encoded(cells) for cells in zip(*block, strict=True)]
                self.share = table.share
                yield RowBlock(columns, indices, ragged)
            self.digest = table.digest


def _next_records(table: OpenTable, records: Iterator[Record]) -> list[Record]:
    """Give the next records, fewer where they are long."""
    block: list[Record] = []
    begin = table.position
    while len(block) < _BLOCK_ROWS and table.position - begin < _BLOCK_BYTES:
        few = list(islice(records, min(_FEW_ROWS, _BLOCK_ROWS - len(block))))
        block += few
        if not few:
            break
    return block


def without_marks(
    columns: Sequence[Any], missing: Sequence[frozenset[str]], mark: str
) -> list[Any]:
    """Let cells be missing whose texts are among those of their column; the types stay."""
    pairs = zip(columns, missing, strict=True)
    return [_without(column, cells, mark) if cells else column for column, cells in pairs]


def _without(column: Any, marks: frozenset[str], mark: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = as_texts(column, mark)
    kept = ["" if x in marks or x.strip() in marks else x for x in texts.dictionary.to_pylist()]
    if all(kept):
        return column
    texts = recoded(texts, kept)
    if column.type == texts.type:
        return texts
    return pc.if_else(texts.is_valid(), column, pa.scalar(None, column.type))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()
