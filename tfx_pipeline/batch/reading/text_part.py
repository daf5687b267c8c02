"""Rows of a text: by Arrow as far as it is regular, and from there on with care.

Texts come as binary where they may not be UTF-8: one bad cell is one bad row. A text whose
beginning is not in the encoding that is asked for is refused.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from tfx_pipeline.batch.reading.blocks import Block, Ragged, Wanted, without_records
from tfx_pipeline.batch.reading.regular_rows import RegularRows
from tfx_pipeline.ingestion.columns.header import clean_names
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.reading.arrow_arrays import binaries
from tfx_pipeline.ingestion.reading.formats import SourceBytes
from tfx_pipeline.ingestion.reading.records import OpenTable, numbered_records
from tfx_pipeline.ingestion.reading.regular_text import IrregularError, RegularFormat

_CAREFUL_ROWS = 1 << 12


class TextPart:
    """A text, packed or not; see `Part`.

    Raises:
        UnreadableError: it holds no table that can be read.
    """

    rows: int | None = None

    def __init__(self, path: Path, wanted: CsvFormat) -> None:
        self.path, self.share = path, 0.0
        self._csv = wanted
        self._format: RegularFormat | None = None
        with OpenTable(path, wanted) as table:
            self.names = clean_names(table.header)
            self.note = table.note
            self._missing = wanted.missing_cells(table.header)
            self._first_line = 1
            if table.dialect:
                lines = table.dialect.prefix_lines if wanted.names else table.line
                self._first_line = lines + 1
                if codecs.lookup(table.encoding).name == "utf-8":
                    self._format = RegularFormat.of(table.dialect, lines, len(table.header))

    def type_of(self, name: str) -> Any:
        """See `Part`: a cell stays as it is written."""
        import pyarrow as pa

        return pa.string()

    def blocks(self, wanted: Wanted, skip: int) -> Iterator[Block]:
        """See `Part`; what is skipped is read."""
        yield from without_records(self._blocks(wanted), skip)
        self.share = 1.0

    def _blocks(self, wanted: Wanted) -> Iterator[Block]:
        done = 0
        if self._format:
            try:
                with SourceBytes(self.path, self._csv.encoding) as source:
                    rows = RegularRows(self._format, self.names, wanted, self._missing)
                    for block in rows.blocks(source, self._first_line):
                        self.share = source.share
                        yield block
                        done += block.count
                return
            except IrregularError:
                pass  # what is wrong, and where, is said by whoever reads with care
        yield from self._careful_blocks(wanted, done)

    def _careful_blocks(self, wanted: Wanted, skip: int) -> Iterator[Block]:
        """Read records one after the other; a blank line is none."""
        places = {x: self.names.index(x) for x in wanted.names if x in self.names}
        width = len(self.names)
        records = (each for each in numbered_records(self.path, self._csv) if each[1])
        numbered = islice(enumerate(records), skip, None)
        while found := list(islice(numbered, _CAREFUL_ROWS)):
            good = [(number, line, row) for number, (line, row) in found if len(row) == width]
            ragged = [Ragged(n, line, len(x)) for n, (line, x) in found if len(x) != width]
            columns = {
                name: binaries([_bytes(row[place]) for _, _, row in good])
                for name, place in places.items()
            }
            numbers = np.array([number for number, _, _ in good], np.int64)
            lines = np.array([line for _, line, _ in good], np.int64)
            yield Block(columns, numbers, lines, ragged)


def _bytes(cell: str) -> bytes:
    return cell.encode("utf-8", "surrogatepass")
