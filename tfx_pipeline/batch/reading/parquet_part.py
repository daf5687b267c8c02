"""Rows of a Parquet file: the wanted columns alone, in their own types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.batch.reading.blocks import Block, Wanted, without_records
from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.table_files import shown

_BLOCK_ROWS = 1 << 14
_BLOCK_BYTES = 1 << 25
_BUFFER_BYTES = 1 << 20
_CELL_BYTES = 8
_DAMAGED = "a damaged Parquet file"


class ParquetPart:
    """A Parquet file; see `Part`.

    Raises:
        UnreadableError: it is damaged.
    """

    note = ""

    def __init__(self, path: Path) -> None:
        import pyarrow.parquet as pq

        self.path, self.share = path, 0.0
        try:
            file = pq.ParquetFile(path)
            self._schema = file.schema_arrow
        except (OSError, ValueError) as error:
            raise _damaged(path, error) from error
        facts = file.metadata
        self.names: list[str] = self._schema.names
        self.rows: int | None = facts.num_rows
        groups = [facts.row_group(group) for group in range(facts.num_row_groups)]
        self._group_rows = [group.num_rows for group in groups]
        bytes_of_row = sum(group.total_byte_size for group in groups) // max(facts.num_rows, 1)
        self._row_bytes = bytes_of_row

    def type_of(self, name: str) -> Any:
        """See `Part`."""
        return self._schema.field(name).type

    def blocks(self, wanted: Wanted, skip: int) -> Iterator[Block]:
        """See `Part`; whole row groups are skipped without being read."""
        start, groups = 0, list(range(len(self._group_rows)))
        while groups and start + self._group_rows[groups[0]] <= skip:
            start += self._group_rows[groups.pop(0)]
        if groups:  # Arrow 18 refuses to read none
            yield from without_records(self._blocks(wanted, groups, start), skip - start)
        self.share = 1.0

    def _blocks(self, wanted: Wanted, groups: list[int], start: int) -> Iterator[Block]:
        import pyarrow.parquet as pq

        names = [name for name in wanted.names if name in self.names]
        texts = [x for x in names if x not in wanted.kept and self._is_text(x)]
        try:
            file = pq.ParquetFile(self.path, read_dictionary=texts, buffer_size=_BUFFER_BYTES)
            for batch in file.iter_batches(self._rows_of_a_block(len(names)), groups, names):
                rows = batch.num_rows
                # A struct `a` with a field `b` comes along where a column `a.b` is asked for.
                places = batch.schema.names
                columns = {name: batch.column(places.index(name)) for name in names}
                self.share = (start + rows) / max(self.rows or 1, 1)
                yield Block(columns, np.arange(start, start + rows))
                start += rows
        except (OSError, ValueError) as error:
            raise _damaged(self.path, error) from error

    def _rows_of_a_block(self, columns: int) -> int:
        """Give fewer rows where they are wide or long; what is equal is stored once in a file."""
        row_bytes = max(self._row_bytes, _CELL_BYTES * columns)
        return max(1, min(_BLOCK_ROWS, _BLOCK_BYTES // row_bytes))

    def _is_text(self, name: str) -> bool:
        import pyarrow as pa

        type_ = self._schema.field(name).type
        return bool(pa.types.is_string(type_) or pa.types.is_binary(type_))


def _damaged(path: Path, error: Exception) -> UnreadableError:
    if isinstance(error, OSError) and error.errno and error.strerror:
        return UnreadableError(Problem("it cannot be read", shown(path), error.strerror))
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    step = "fetch or write it again"
    return UnreadableError(Problem(_DAMAGED, shown(path), reason, next_step=step))
