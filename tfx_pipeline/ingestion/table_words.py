"""What people say of a table in the README of its folder: terms, and meaning and unit of columns.

    **Terms**: the licence, to the end of the paragraph.

    | column | meaning | unit | missing |
    |---|---|---|---|
    | `bill_length_mm` | length of the bill along its ridge | millimetres | 0.58 % |

A row may name several columns; `meaning and unit` may be one column, as `tfx-pipeline init` has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_README = "README.md"
_TERMS = re.compile(r"^\*\*Terms\*\*:\s*(.+?)(?:\n\s*\n|\Z)", re.MULTILINE | re.DOTALL)
_NOT_SAID = "not said yet"
_CELLS = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"(`+) ?(.+?) ?\1(?!`)")


@dataclass(frozen=True)
class ColumnWords:
    """What is said of a column; "" where nothing is."""

    meaning: str = ""
    unit: str = ""


@dataclass(frozen=True)
class TableWords:
    """What is said of a table.

    Attributes:
        columns: by name; those of which something is said.
        terms: its licence, in one line; "": nobody said it.
    """

    columns: Mapping[str, ColumnWords] = field(default_factory=dict)
    terms: str = ""


def read_table_words(place: Path) -> TableWords:
    """Read the README beside a table, a file or a folder; one that cannot be read says nothing."""
    folder = place if place.is_dir() else place.parent
    try:
        text = (folder / _README).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return TableWords()
    found = _TERMS.search(text)
    terms = " ".join(found[1].split()) if found else ""
    return TableWords(dict(_columns(text)), "" if terms.startswith(_NOT_SAID) else terms)


def _columns(text: str) -> Iterator[tuple[str, ColumnWords]]:
    head: Sequence[str] = ()
    for line in text.splitlines():
        if not line.startswith("|"):
            head = ()
            continue
        cells = [each.strip().replace("\\|", "|") for each in _CELLS.split(line)[1:]]
        if not head:
            head = [each.lower() for each in cells]
            continue
        said = dict(zip(head, cells))  # noqa: B905 - a row may be shorter
        meaning = said.get("meaning") or said.get("meaning and unit") or ""
        words = ColumnWords(meaning, said.get("unit", ""))
        if words != ColumnWords():
            yield from ((name[2], words) for name in _CODE.finditer(said.get("column", "")))
