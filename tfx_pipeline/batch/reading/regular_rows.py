"""Rows of a regular text (see `ingestion.reading.regular_text`), the wanted columns alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.batch.reading.blocks import Block, Ragged, Wanted
from tfx_pipeline.ingestion.columns.number_text import MISSING_MARKS
from tfx_pipeline.ingestion.reading.formats import SourceBytes
from tfx_pipeline.ingestion.reading.regular_text import (
    IrregularError,
    RegularFormat,
    RegularText,
)


class RegularRows:
    """Parses chunks of a text.

    Numbers of the model are parsed at once, as float64: a tenth of the time of texts. A chunk in
    which one of them is none, or too large, is parsed again as texts, of which `cells` tells more.
    """

    def __init__(
        self,
        written: RegularFormat,
        names: Sequence[str],
        wanted: Wanted,
        missing: Sequence[frozenset[str]],
    ) -> None:
        import pyarrow as pa

        self._written = written
        self._places = {name: names.index(name) for name in wanted.names if name in names}
        as_written = {name for name in self._places if name in wanted.kept}
        texts = pa.dictionary(pa.int32(), pa.binary())
        self._as_texts = {
            name: pa.binary() if name in as_written else texts for name in self._places
        }
        self._as_numbers = dict(self._as_texts)
        for name, place in self._places.items():
            is_number = wanted.model.get(name, "string") != "string"
            if is_number and not missing[place] and name not in (as_written | wanted.styled):
                self._as_numbers[name] = pa.float64()
        self._tries_numbers = self._as_numbers != self._as_texts

    def blocks(self, source: SourceBytes, line: int) -> Iterator[Block]:
        """Yield the records; `line` is the one on which the first of them begins.

        Raises:
            IrregularError: what follows the records so far must be read with care.
        """
        done = 0
        for rows in RegularText(source, self._written).chunks():
            if not rows.strip(b"\r\n"):
                continue
            block = self._block(rows, done, line)
            line += rows.count(b"\n")
            done += block.count
            yield block

    def _block(self, rows: bytes, done: int, line: int) -> Block:
        ragged: list[Any] = []
        table = self._numbers(rows, ragged) if self._tries_numbers else None
        if table is None:
            ragged.clear()
            table = self._parsed(rows, self._as_texts, ragged)
            if table is None:
                raise IrregularError
        count = table.num_rows + len(ragged)
        records = np.arange(done, done + count)
        starts = self._lines(rows, count) + line
        wrong = np.array([each.number - 1 for each in ragged], np.int64)
        bad = [
            Ragged(int(records[place]), int(starts[place]), each.actual_columns)
            for place, each in zip(wrong.tolist(), ragged, strict=True)
        ]
        columns = {name: _one(table.column(str(p))) for name, p in self._places.items()}
        return Block(columns, np.delete(records, wrong), np.delete(starts, wrong), bad)

    def _numbers(self, rows: bytes, ragged: list[Any]) -> Any | None:
        """Parse numbers as such; None: some are none, or so large that they became infinite."""
        import pyarrow as pa
        import pyarrow.compute as pc

        table = self._parsed(rows, self._as_numbers, ragged)
        if table is None:
            return None
        for column in table.columns:
            if pa.types.is_floating(column.type) and pc.any(pc.is_inf(column)).as_py():
                return None
        return table

    def _parsed(self, rows: bytes, types: Mapping[str, Any], ragged: list[Any]) -> Any | None:
        import pyarrow as pa
        from pyarrow import csv

        def note(row: Any) -> str:
            ragged.append(row)
            return "skip"

        written = self._written
        marks = ["", *MISSING_MARKS] if types is self._as_numbers else [""]
        try:
            return csv.read_csv(
                pa.BufferReader(rows),
                csv.ReadOptions(
                    use_threads=False,
                    column_names=[str(place) for place in range(written.width)],
                    block_size=len(rows) + 1,
                ),
                csv.ParseOptions(
                    delimiter=written.delimiter.decode(),
                    quote_char=written.quote.decode(),
                    newlines_in_values=written.quote in rows,
                    invalid_row_handler=note,
                ),
                csv.ConvertOptions(
                    column_types={str(self._places[x]): type_ for x, type_ in types.items()},
                    include_columns=[str(place) for place in self._places.values()],
                    null_values=marks,
                    strings_can_be_null=False,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid:
            return None

    def _lines(self, rows: bytes, count: int) -> NDArray[np.int64]:
        """Tell how many lines stand before each record; a quoted cell may span several."""
        if self._written.quote not in rows or rows.count(b"\n") <= count:
            return np.arange(count)
        letters = np.frombuffer(rows, np.uint8)
        feeds = np.flatnonzero(letters == ord("\n"))
        marks = np.flatnonzero(letters == self._written.quote[0])
        ends = np.flatnonzero(np.searchsorted(marks, feeds) % 2 == 0)
        return np.concatenate([[0], ends + 1])[:count]


def _one(column: Any) -> Any:
    """Give the cells of a column that came in one chunk, or in none."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
