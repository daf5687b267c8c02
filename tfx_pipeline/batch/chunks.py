"""The rows of all parts in chunks, which are written one by one, with their cells read.

Where a chunk ends depends on nothing but the number of its rows: so a job that begins again in
the middle makes the chunks that it would have made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.batch.cells.bad_rows import BadRow, wrong_width
from tfx_pipeline.batch.cells.kept import kept_column, shown_cell, taken
from tfx_pipeline.batch.cells.reader import BadCell, CellReader, absent
from tfx_pipeline.batch.reading.blocks import Block, Part, Wanted
from tfx_pipeline.export.rows import Rows
from tfx_pipeline.ingestion.columns.number_text import NumberStyle

_MOST_CELLS = 1 << 22
_MOST_ROWS = 1 << 18
_LEAST_ROWS = 1 << 8
_MOST_BYTES = 1 << 26


class Position(NamedTuple):
    """Where a chunk ends: in which part, and how many of its records lie before."""

    part: int = 0
    records: int = 0


@dataclass(frozen=True)
class Chunk:
    """Successive rows of the input.

    Attributes:
        cells: of the good ones, by column of the model.
        kept: of the good ones, by column that is passed through: `pyarrow.ChunkedArray`.
        bad: the others.
        count: of all.
        end: where the next chunk begins.
    """

    cells: Rows
    kept: Mapping[str, Any]
    bad: Sequence[BadRow]
    count: int
    end: Position


_Found = tuple[str, BadCell]


class _Read(NamedTuple):
    """What was read of a block: see `Chunk`."""

    cells: Mapping[str, NDArray[Any]]
    kept: Mapping[str, Any]
    bad: list[BadRow]


@dataclass(frozen=True)
class ChunkReader:
    """Reads chunks.

    Attributes:
        parts: of the input, in their order.
        wanted: columns.
        readers: of the model's columns.
        id_column: column whose value names a bad row; empty: there is none.
        kept_schema: `pyarrow.Schema` of the columns that are passed through.
    """

    parts: Sequence[Part]
    wanted: Wanted
    readers: Mapping[str, CellReader]
    id_column: str
    kept_schema: Any

    def open(self, start: Position, rows: int = 0) -> tuple[int, Iterator[Chunk]]:
        """Give the rows of a chunk and the chunks from `start` on, of which the last is smaller.

        Without `rows`, the first block says how many they are: wide or long ones take memory.

        Raises:
            UnreadableError: a part cannot be read to its end; the iterator raises it, too.
        """
        blocks = self._blocks(start)
        first = list(islice(blocks, 1))
        rows = rows or self._rows_of_a_chunk([block for _, block in first])
        return rows, self._chunks(chain(first, blocks), start, rows)

    def with_styles(self, styles: Mapping[str, NumberStyle]) -> ChunkReader:
        """Read the numbers of some columns as they are written."""
        if not styles:
            return self
        readers = {
            name: replace(each, style=styles.get(name, each.style))
            for name, each in self.readers.items()
        }
        wanted = replace(self.wanted, styled=frozenset(styles))
        return replace(self, readers=readers, wanted=wanted)

    def no_rows(self) -> Chunk:
        """Give the chunk of an input without rows."""
        import pyarrow as pa

        cells = {name: absent(type_, 0) for name, type_ in self.wanted.model.items()}
        kept = {x.name: pa.chunked_array([], x.type) for x in self.kept_schema}
        return Chunk(cells, kept, (), 0, Position())

    def _chunks(
        self, blocks: Iterable[tuple[int, Block]], start: Position, rows: int
    ) -> Iterator[Chunk]:
        waiting: list[tuple[int, Block]] = []
        count, end = 0, start
        for part, block in blocks:
            rest: Block | None = block
            while rest is not None:
                taken, rest = rest, None
                if count + taken.count > rows:
                    taken, rest = taken.cut(rows - count)
                waiting.append((part, taken))
                count += taken.count
                end = Position(part, taken.count + (end.records if end.part == part else 0))
                if count == rows:
                    yield self._chunk(waiting, count, end)
                    waiting, count = [], 0
        if count:
            yield self._chunk(waiting, count, end)

    def _rows_of_a_chunk(self, blocks: Sequence[Block]) -> int:
        most = min(_MOST_ROWS, _MOST_CELLS // max(1, len(self.wanted.names)))
        for block in blocks:
            size = sum(column.nbytes for column in block.columns.values())
            most = min(most, _MOST_BYTES * block.count // max(size, 1))
        return max(_LEAST_ROWS, 1 << max(most, 1).bit_length() - 1)

    def _blocks(self, start: Position) -> Iterator[tuple[int, Block]]:
        for place in range(start.part, len(self.parts)):
            skip = start.records if place == start.part else 0
            for block in self.parts[place].blocks(self.wanted, skip):
                if block.count:
                    yield place, block

    def _chunk(self, blocks: Sequence[tuple[int, Block]], count: int, end: Position) -> Chunk:
        import pyarrow as pa

        read = [self._read(self.parts[part], block) for part, block in blocks]
        cells = {name: np.concatenate([x.cells[name] for x in read]) for name in self.wanted.model}
        kept = {
            field.name: pa.chunked_array([x.kept[field.name] for x in read], field.type)
            for field in self.kept_schema
        }
        return Chunk(cells, kept, [row for x in read for row in x.bad], count, end)

    def _read(self, part: Part, block: Block) -> _Read:
        """Read the cells of a block; leave out the rows that have a bad one."""
        rows = len(block.records)
        cells: dict[str, NDArray[Any]] = {}
        kept: dict[str, Any] = {}
        found: dict[int, _Found] = {}
        for name, reader in self.readers.items():
            if name not in block.columns:
                cells[name] = absent(reader.type, rows)
                continue
            cells[name], bad_cells = reader.read(block.columns[name])
            for each in bad_cells:
                found.setdefault(each.place, (name, each))
        for field in self.kept_schema:
            kept[field.name], bad_cells = kept_column(block.columns[field.name], field.type)
            for each in bad_cells:
                found.setdefault(each.place, (field.name, each))
        bad = self._bad_rows(part, block, kept, found)
        if found:
            good = np.delete(np.arange(rows), list(found))
            cells = {name: values[good] for name, values in cells.items()}
            kept = {name: taken(column, good) for name, column in kept.items()}
        return _Read(cells, kept, bad)

    def _bad_rows(
        self, part: Part, block: Block, kept: Mapping[str, Any], found: Mapping[int, _Found]
    ) -> list[BadRow]:
        """Name the bad rows, and where they stand, in their order."""
        name, lines = part.path.name, block.lines
        bad = [
            BadRow(name, x.line, x.record, "", "", "", wrong_width(x.cells, len(part.names)))
            for x in block.ragged
        ]
        for place, (column, cell) in found.items():
            line = 0 if lines is None else int(lines[place])
            record = int(block.records[place])
            row_id = shown_cell(kept[self.id_column], place) if self.id_column else ""
            bad.append(BadRow(name, line, record, row_id, column, cell.value, cell.reason))
        return sorted(bad, key=lambda row: row.record)
