"""Text that Arrow reads as `csv.reader` does, and what tells it from the rest.

Terms:
    regular: UTF-8 in which a quote opens a cell at its very beginning and closes it at its very
        end, a quote inside is written twice, and lines end with LF or CR LF. Of such a text
        everybody reads the same cells, of any other one not: Arrow takes `"a"b` for `ab`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfx_pipeline.ingestion.reading.arrow_arrays import recoded
from tfx_pipeline.ingestion.reading.dialect import Dialect
from tfx_pipeline.ingestion.reading.formats import SourceBytes

_BLOCK_BYTES = 1 << 22
_LF, _CR = b"\n", b"\r"


class IrregularError(Exception):
    """A text that must be read with care from here on."""


@dataclass(frozen=True)
class RegularFormat:
    """How a regular text is written.

    Attributes:
        delimiter: one byte between cells.
        quote: one byte around a cell.
        blank_after_delimiter: blanks at the beginning of a cell are no part of it; such a text is
            regular only without quotes.
        skipped_lines: before the first row.
        width: cells of a row.
    """

    delimiter: bytes
    quote: bytes
    blank_after_delimiter: bool
    skipped_lines: int
    width: int

    @classmethod
    def of(cls, dialect: Dialect, skipped_lines: int, width: int) -> RegularFormat | None:
        """Give the format of a dialect; None: Arrow does not know it."""
        marks = dialect.delimiter + dialect.quote
        if dialect.comment or len(marks) != 2 or not marks.isascii() or marks[0] == marks[1]:
            return None
        delimiter, quote = dialect.delimiter.encode(), dialect.quote.encode()
        return cls(delimiter, quote, dialect.blank_after_delimiter, skipped_lines, width)


class RegularText:
    """Bytes of a text on their way to Arrow, each looked at once.

    Raises:
        IrregularError: by `read`, before it gives what is not regular.
    """

    def __init__(self, source: SourceBytes, written: RegularFormat) -> None:
        self._source = io.BufferedReader(source, _BLOCK_BYTES)
        self._written = written
        self._ends = np.frombuffer(written.delimiter + _LF + _CR + written.quote, np.uint8)
        self._begins = np.frombuffer(written.delimiter + _LF + written.quote, np.uint8)
        self._before = _LF  # the last bytes before a block, two at most
        self._is_quoted = self._is_closed = self._has_ended = False
        self.closed = False
        for _ in range(written.skipped_lines):
            line = self._source.readline()
            if _CR in line.removesuffix(b"\r\n"):
                raise IrregularError

    def read(self, size: int) -> bytes:
        """Give the next bytes; none: it has ended."""
        block = self._source.read(size)
        if block:
            self._check_lines(block)
            self._check_quotes(block)
            self._before = (self._before + block[-2:])[-2:]
        elif self._is_quoted or self._before.endswith(_CR):
            raise IrregularError
        return block

    def close(self) -> None:
        """Close the file."""
        self._source.close()
        self.closed = True

    def _check_lines(self, block: bytes) -> None:
        """Refuse a CR that ends a line alone, and a blank line before the last rows."""
        seen = self._before + block
        if self._has_ended and block.strip(b"\r\n"):
            raise IrregularError
        if _CR in seen and seen.count(_CR) != seen.count(b"\r\n") + seen.endswith(_CR):
            raise IrregularError
        blank = [place for mark in (b"\n\n", b"\n\r") if (place := seen.find(mark)) >= 0]
        if blank:
            self._has_ended = True
            if seen[min(blank) :].strip(b"\r\n"):
                raise IrregularError

    def _check_quotes(self, block: bytes) -> None:
        """Refuse quotes in the middle of cells."""
        if self._is_closed and block[0] not in self._ends:
            raise IrregularError
        self._is_closed = False
        if self._written.quote not in block:
            return
        if self._written.blank_after_delimiter:
            raise IrregularError
        text = np.frombuffer(block, np.uint8)
        marks = np.flatnonzero(text == self._written.quote[0])
        opening, closing = marks[self._is_quoted :: 2], marks[not self._is_quoted :: 2]
        before = text[opening - 1]
        if len(opening) and opening[0] == 0:
            before[0] = self._before[-1]
        after = text[closing[closing + 1 < len(text)] + 1]
        if not (np.isin(before, self._begins).all() and np.isin(after, self._ends).all()):
            raise IrregularError
        self._is_quoted ^= bool(len(marks) % 2)
        self._is_closed = bool(len(closing)) and closing[-1] == len(text) - 1


def regular_columns(
    source: SourceBytes, written: RegularFormat, marks: frozenset[str]
) -> Iterator[list[Any]]:
    """Yield blocks of rows as columns: dictionaries of texts, null where a cell is empty.

    `marks` are cells that count as empty.

    Raises:
        IrregularError: what follows the rows so far must be read with care.
    """
    import pyarrow as pa
    from pyarrow import csv

    names = [str(number) for number in range(written.width)]
    types = dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string()))
    try:
        text = RegularText(source, written)
        reader = csv.open_csv(
            text,
            csv.ReadOptions(column_names=names, block_size=_BLOCK_BYTES),
            csv.ParseOptions(
                delimiter=written.delimiter.decode(),
                quote_char=written.quote.decode(),
                newlines_in_values=True,
            ),
            csv.ConvertOptions(
                column_types=types,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
        while True:
            columns = list(reader.read_next_batch().columns)
            if written.blank_after_delimiter or marks:
                columns = [_cleaned(x, written.blank_after_delimiter, marks) for x in columns]
            yield columns
    except StopIteration:
        return
    except GeneratorExit:
        raise
    except Exception as error:  # what is wrong, and where, is said by whoever reads with care
        raise IrregularError from error


def _cleaned(column: Any, has_blanks: bool, marks: frozenset[str]) -> Any:
    """Take blanks off the cells' beginnings, and what means empty out of them."""
    texts = [x.lstrip(" ") if has_blanks else x for x in column.dictionary.to_pylist()]
    return recoded(column, ["" if x in marks or x.strip() in marks else x for x in texts])
