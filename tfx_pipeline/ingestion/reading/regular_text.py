"""Text that Arrow reads as `csv.reader` does, and what tells it from the rest.

Terms:
    regular: UTF-8 in which a quote opens a cell at its very beginning and closes it at its very
        end, a quote inside is written twice, and lines end with LF or CR LF. Of such a text
        everybody reads the same cells, of any other one not: Arrow takes `"a"b` for `ab`.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfx_pipeline.ingestion.reading.arrow_arrays import recoded
from tfx_pipeline.ingestion.reading.dialect import Dialect
from tfx_pipeline.ingestion.reading.formats import SourceBytes

_BLOCK_BYTES = 1 << 22
_LONGEST_ROW = 1 << 25


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
    """A text in chunks of whole rows, each looked at before it is given."""

    def __init__(self, source: SourceBytes, written: RegularFormat) -> None:
        self._source = io.BufferedReader(source, _BLOCK_BYTES)
        self._quote = written.quote
        self._has_blanks = written.blank_after_delimiter
        self._ends = np.frombuffer(written.delimiter + b"\n\r" + written.quote, np.uint8)
        self._begins = np.frombuffer(written.delimiter + b"\n" + written.quote, np.uint8)
        self._has_ended = False
        for _ in range(written.skipped_lines):
            line = self._source.readline()
            if b"\r" in line.removesuffix(b"\r\n"):
                raise IrregularError

    def chunks(self) -> Iterator[bytes]:
        """Yield rows; what stands between blank lines and the end is none.

        Raises:
            IrregularError: the rest is not regular, or a row of it is very long.
        """
        left = b""
        while block := self._source.read(_BLOCK_BYTES):
            left += block
            if len(block) < _BLOCK_BYTES:
                break  # the file ends, be it behind a line feed or not
            end = end_of_rows(left, self._quote)
            if end:
                yield self._checked(left[:end])
            elif len(left) > _LONGEST_ROW:
                raise IrregularError
            left = left[end:]
        yield self._checked(left)

    def _checked(self, rows: bytes) -> bytes:
        """Refuse a CR that ends a line alone, and a blank line before the last rows."""
        if rows.startswith(codecs.BOM_UTF8):  # Arrow takes it off, wherever it begins to read
            raise IrregularError
        if b"\r" in rows and rows.count(b"\r") != rows.count(b"\r\n"):
            raise IrregularError
        if self._has_ended and rows.strip(b"\r\n"):
            raise IrregularError
        if _has_blank_line(rows):
            self._has_ended = True
            seen = b"\n" + rows
            blank = [place for mark in (b"\n\n", b"\n\r") if (place := seen.find(mark)) >= 0]
            if seen[min(blank) :].strip(b"\r\n"):
                raise IrregularError
        if self._quote in rows:
            self._check_quotes(rows)
        return rows

    def _check_quotes(self, rows: bytes) -> None:
        """Refuse quotes in the middle of cells, and one that is not closed."""
        text = np.frombuffer(b"\n" + rows + b"\n", np.uint8)
        marks = np.flatnonzero(text == self._quote[0])
        if len(marks) % 2 or self._has_blanks:
            raise IrregularError
        before, after = text[marks[::2] - 1], text[marks[1::2] + 1]
        if not (np.isin(before, self._begins).all() and np.isin(after, self._ends).all()):
            raise IrregularError


def end_of_rows(text: bytes, quote: bytes) -> int:
    """Find where the last whole row ends: behind a line feed that is not quoted."""
    if quote not in text:
        return text.rfind(b"\n") + 1
    letters = np.frombuffer(text, np.uint8)
    marks = np.flatnonzero(letters == quote[0])
    feeds = np.flatnonzero(letters == ord("\n"))
    ends = feeds[np.searchsorted(marks, feeds) % 2 == 0]
    return int(ends[-1]) + 1 if len(ends) else 0


def _has_blank_line(rows: bytes) -> bool:
    """Tell whether a line has nothing in it; ten times as fast as `find`."""
    feeds = np.frombuffer(rows, np.uint8) == ord("\n")
    twice = bool((feeds[1:] & feeds[:-1]).any())
    return twice or rows[:1] in (b"\n", b"\r") or (b"\r" in rows and b"\n\r" in rows)


def regular_columns(
    source: SourceBytes, written: RegularFormat, missing: Sequence[frozenset[str]]
) -> Iterator[list[Any]]:
    """Yield blocks of rows as columns: dictionaries of texts, null where a cell is empty.

    A thread reads the next block while this one is used. (Arrow's own reader of streams does so,
    too, and now and then waits for itself for ever once its source has raised: version 10.)

    `missing` are the cells that count as empty, by column.

    Raises:
        IrregularError: what follows the rows so far must be read with care.
    """
    blocks = _parsed(source, written, missing)
    with ThreadPoolExecutor(1) as pool:
        try:
            future = pool.submit(next, blocks, None)
            while (columns := future.result()) is not None:
                future = pool.submit(next, blocks, None)
                yield columns
        except GeneratorExit:
            raise
        except Exception as error:  # what is wrong, and where, is said by whoever reads with care
            raise IrregularError from error


def _parsed(
    source: SourceBytes, written: RegularFormat, missing: Sequence[frozenset[str]]
) -> Iterator[list[Any]]:
    for rows in RegularText(source, written).chunks():
        if rows.strip(b"\r\n"):
            yield parsed_rows(rows, written, missing)


def parsed_rows(
    rows: bytes,
    written: RegularFormat,
    missing: Sequence[frozenset[str]],
    ragged: list[Any] | None = None,
) -> list[Any]:
    """Read whole rows as columns, see `regular_columns`; `ragged` takes others.

    Raises:
        pyarrow.ArrowInvalid: the text is not UTF-8, or, without `ragged`, a row has not one cell a
            column.
    """
    import pyarrow as pa
    from pyarrow import csv

    names = [str(number) for number in range(written.width)]
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.dictionary(pa.int32(), pa.string())),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    table = csv.read_csv(
        pa.BufferReader(rows),
        csv.ReadOptions(use_threads=False, column_names=names, block_size=len(rows) + 1),
        csv.ParseOptions(
            delimiter=written.delimiter.decode(),
            quote_char=written.quote.decode(),
            newlines_in_values=written.quote in rows,
            invalid_row_handler=None if ragged is None else _noting(ragged),
        ),
        convert,
    )
    columns = [column.chunk(0) for column in table.columns]
    has_blanks = written.blank_after_delimiter
    return [
        _cleaned(column, has_blanks, marks) if has_blanks or marks else column
        for column, marks in zip(columns, missing, strict=True)
    ]


def _noting(ragged: list[Any]) -> Callable[[Any], str]:
    """Make what Arrow asks about a row that has not one cell a column."""

    def note(row: Any) -> str:
        ragged.append(row)
        return "skip"

    return note


def _cleaned(column: Any, has_blanks: bool, marks: frozenset[str]) -> Any:
    """Take blanks off the cells' beginnings, and what means empty out of them."""
    texts = [x.lstrip(" ") if has_blanks else x for x in column.dictionary.to_pylist()]
    return recoded(column, ["" if x in marks or x.strip() in marks else x for x in texts])
