"""Rows that are not answered, and why: in the words of a server that is sent such a value."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tfx_pipeline.modules.description.columns import CellType
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.wording import counted, shortened

HEADER = ("file", "line", "row", "id", "column", "value", "reason")
"""Columns of the file of bad rows; a line or row is counted from 1."""
NOT_TEXT = "it is not UTF-8 text"
TOO_BIG = "JSON Parse error: Number too big to be stored in double."
_DTYPES: dict[CellType, int] = {"float32": 1, "int64": 2, "string": 7}
"""TensorFlow's data types of the inputs of a served model; a whole number is sent as a double."""
_SHOWN = 1000


@dataclass(frozen=True)
class BadRow:
    """A row that is set apart.

    Attributes:
        file: name of the part that it stands in.
        line: 0: the part has no lines.
        record: its number in the part, from 0.
        id: what the column of ids holds; empty: there is none, or the row cannot be read.
        column: of the value; empty: it is the row itself.
        value: as it was found.
        reason: why it cannot be answered.
    """

    file: str
    line: int
    record: int
    id: str
    column: str
    value: str
    reason: str


def refusal(value: Any, type_: CellType) -> str:
    """Say why a served model refuses a value, which JSON has: a truth value, or a text."""
    from tfx_pipeline.serving.json.checks import refuse_value

    try:
        refuse_value(value, _DTYPES[type_])
    except ServingError as error:
        return error.message


def wrong_width(cells: int, width: int) -> str:
    """Say that a row cannot be read."""
    return f"the row has {counted(cells, 'cell')}, and the header {width:,}"


def as_csv(rows: Iterable[BadRow], *, with_header: bool) -> bytes:
    """Write rows, of long values the beginning."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if with_header:
        writer.writerow(HEADER)
    for row in rows:
        line, value = row.line or "", shortened(row.value, _SHOWN)
        cells = [row.file, line, row.record + 1, row.id, row.column, value, row.reason]
        # No reader of CSV takes a NUL byte, and not every writer.
        writer.writerow([str(cell).replace("\0", r"\x00") for cell in cells])
    return text.getvalue().encode("utf-8", "backslashreplace")
