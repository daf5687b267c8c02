"""Rows anywhere in a text, for those who look at some of a large table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfx_pipeline.ingestion.reading.formats import UnreadableError, why_not_text
from tfx_pipeline.ingestion.reading.regular_text import (
    RegularFormat,
    end_of_rows,
    parsed_rows,
)

_COLUMN_BYTES = 1 << 23
_TRIED = 16
"""Line ends that are tried as ends of rows, where cells may hold some."""


@dataclass(frozen=True)
class SpreadText:
    """A regular text of `size` bytes that is not packed; `missing`, see `regular_columns`."""

    path: Path
    written: RegularFormat
    missing: Sequence[frozenset[str]]
    size: int

    def rows_at(self, begin: int, most_bytes: int) -> tuple[Sequence[Any], int, int]:
        """Read the whole rows that lie in some bytes.

        Args:
            begin: the first byte; 0: from the first row on.
            most_bytes: as many.

        Returns:
            The columns, see `RowBlock`; the bytes of their rows; and how many rows were passed over
            that have not one cell a column. No columns where rows cannot be told from parts of
            them.

        Raises:
            UnreadableError: it is not UTF-8; the cause is a `UnicodeError`.
        """
        import pyarrow as pa

        with open(self.path, "rb") as file:
            file.seek(begin)
            for _ in range(1 if begin else self.written.skipped_lines):
                file.readline()
            text = file.read(most_bytes)
            if file.tell() >= self.size and not text.endswith(b"\n"):
                text += b"\n"
        if not _is_utf8(text):
            raise UnreadableError(why_not_text(self.path, "utf-8")) from UnicodeError()
        for _ in range(_TRIED):  # what looks like the end of a row may stand in a quoted cell
            rows = text[: end_of_rows(text, self.written.quote)]
            if not rows.strip():
                break
            try:
                return parsed_rows(rows, self.written, self.missing), len(rows), 0
            except pa.ArrowInvalid:
                text = text[text.find(b"\n") + 1 :]
        return self._well_formed(text)

    def _well_formed(self, text: bytes) -> tuple[Sequence[Any], int, int]:
        """Read the rows that have one cell a column, if most have; the others are counted."""
        import pyarrow as pa

        rows = text[: end_of_rows(text, self.written.quote)]
        ragged: list[Any] = []
        try:
            columns = parsed_rows(rows, self.written, self.missing, ragged)
        except pa.ArrowInvalid:
            return (), 0, 0
        if not columns or len(columns[0]) < len(ragged):
            return (), 0, 0
        return columns, len(rows), len(ragged)

    def column(self, place: int) -> Iterator[Any]:
        """Yield the cells of one column: arrays of strings, null where empty.

        Rows that have not one cell a column are passed over.

        Raises:
            pyarrow.ArrowInvalid: the text is not UTF-8.
        """
        import pyarrow as pa
        from pyarrow import csv

        written = self.written
        names = [str(number) for number in range(written.width)]
        name = names[place]
        reader = csv.open_csv(
            self.path,
            csv.ReadOptions(
                skip_rows=written.skipped_lines, column_names=names, block_size=_COLUMN_BYTES
            ),
            csv.ParseOptions(
                delimiter=written.delimiter.decode(),
                quote_char=written.quote.decode(),
                newlines_in_values=True,
                invalid_row_handler=lambda row: "skip",
            ),
            csv.ConvertOptions(
                include_columns=[name],
                column_types={name: pa.string()},
                null_values=["", *self.missing[place]],
                strings_can_be_null=True,
            ),
        )
        yield from (batch.column(0) for batch in reader)


def _is_utf8(text: bytes) -> bool:
    """Tell whether bytes are text, but for a letter that is cut at either end."""
    try:
        text.lstrip(bytes(range(0x80, 0xC0))).decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"
    return True
