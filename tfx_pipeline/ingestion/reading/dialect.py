"""How a text file is written: told by the configuration, else by its first lines.

Terms:
    prefix: lines before the header: blank ones, comments, and Excel's `sep=;`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.wording import counted

_DELIMITERS = ",;\t|"
_NAMES = {",": "comma", ";": "semicolon", "\t": "TAB", "|": "vertical bar", " ": "blank"}
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
_COMMENT = "#"
SAMPLE_LINES = 200
"""As many as `find_dialect` should see."""
FIELD_LIMIT = 1 << 30
"""Characters of the longest cell; Python's own limit, 131,072, is below some texts."""


@dataclass(frozen=True)
class Dialect:
    """How cells become a line; as in the staged copy, where nothing else is said.

    Attributes:
        delimiter: between cells.
        quote: around a cell with delimiters or line breaks in it.
        blank_after_delimiter: one or more blanks follow each delimiter and are no part of a cell.
        prefix_lines: lines before the header.
        comment: what a line begins with that is no row; empty: every line is one.
    """

    delimiter: str = ","
    quote: str = '"'
    blank_after_delimiter: bool = False
    prefix_lines: int = 0
    comment: str = ""

    def in_words(self) -> str:
        """Say what is not as usual; empty: all is."""
        parts = []
        if self.delimiter != ",":
            name = _NAMES.get(self.delimiter, repr(self.delimiter))
            parts.append(f"cells are separated by {name}")
        if self.blank_after_delimiter:
            parts.append("blanks after a delimiter are no part of a cell")
        if self.prefix_lines:
            lines = counted(self.prefix_lines, "line", separator="")
            parts.append(f"{lines} before the header passed over")
        if self.comment:
            parts.append(f"lines that begin with {self.comment!r} passed over")
        return ", ".join(parts)


def find_dialect(lines: Sequence[str], wanted: CsvFormat) -> Dialect:
    """Find out what `wanted` does not say from a file's first lines, which keep their ends."""
    prefix, separator = _prefix(lines, wanted)
    sample = lines[prefix:]
    if wanted.comment:
        sample = [line for line in sample if not line.startswith(wanted.comment)]
    delimiter = wanted.delimiter or separator or _delimiter(sample, wanted.quote)
    has_blanks = _has_blanks(_records(sample, delimiter, wanted.quote), delimiter)
    return Dialect(delimiter, wanted.quote, has_blanks, prefix, wanted.comment or "")


def _prefix(lines: Sequence[str], wanted: CsvFormat) -> tuple[int, str | None]:
    """Count the lines before the header; give the delimiter that one of them names."""
    separator = None
    for number, line in enumerate(lines):
        text = line.strip()
        named = _SEPARATOR_LINE.fullmatch(line.rstrip("\r\n"))
        if named and number + 1 < len(lines):
            separator = named[1]
        elif text and not _is_comment(lines, number, wanted):
            return number, separator
    return 0, separator


def _is_comment(lines: Sequence[str], number: int, wanted: CsvFormat) -> bool:
    """Tell a comment from a header such as `#id,name`, which has as many cells as what follows."""
    line = lines[number]
    if wanted.comment:
        return line.startswith(wanted.comment)
    if not line.lstrip().startswith(_COMMENT) or number + 1 >= len(lines):
        return False
    following = lines[number + 1]
    marks = wanted.delimiter or _DELIMITERS
    counts = [line.count(mark) for mark in marks]
    return not any(counts) or counts != [following.count(mark) for mark in marks]


def _delimiter(sample: Sequence[str], quote: str) -> str:
    """Choose the delimiter that cuts most records as it cuts the first; then, into most cells.

    Commas also stand in numbers and names: where another delimiter cuts as well, it is that one.
    """
    best, best_score = _DELIMITERS[0], (0.0, False, 0)
    for mark in _DELIMITERS:
        records = _records(sample, mark, quote)
        width = len(records[0]) if records else 0
        if width < 2:
            continue
        agreeing = sum(len(record) == width for record in records) / len(records)
        score = (round(agreeing, 1), mark != ",", width)
        if score > best_score:
            best, best_score = mark, score
    return best


def _records(sample: Sequence[str], delimiter: str, quote: str) -> list[list[str]]:
    """Cut the sample into records, as far as that goes."""
    csv.field_size_limit(FIELD_LIMIT)
    reader = csv.reader(sample, delimiter=delimiter, quotechar=quote)
    try:
        return [record for record in reader if record]
    except csv.Error:
        return []


def _has_blanks(records: Sequence[Sequence[str]], delimiter: str) -> bool:
    """Tell whether a blank follows each delimiter in all rows (the header may have none)."""
    cells = [cell for record in records[1:] for cell in record[1:] if cell]
    return delimiter != " " and bool(cells) and all(cell[0] == " " for cell in cells)
