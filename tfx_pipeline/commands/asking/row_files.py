"""Rows of a file or of the standard input: a table or JSON, each with the line on which it stands.

Terms:
    raw row: values by name as they were read: texts from tables and words, anything from JSON.
"""

from __future__ import annotations

import codecs
import json
import re
import sys
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.checks.number_checks import ambiguous_numbers
from tfx_pipeline.ingestion.columns.header import clean_names
from tfx_pipeline.ingestion.columns.number_text import PLAIN, NumberStyle
from tfx_pipeline.ingestion.needs import CsvFormat, TableNeeds
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.records import OpenTable, numbered_records
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.ingestion.table_reading import read_table

_TITLE = "the rows cannot be sent"
_ALLOWED = 'a list of objects, {"instances": [objects]}, or an object a line'
_LINE_END = re.compile(r"\r\n|\r|\n")  # others, such as U+2028, may stand in a text of JSON
_HEAD_BYTES = 1 << 12


@dataclass(frozen=True)
class RawRow:
    """A row as it was read, and where."""

    place: str
    values: Mapping[str, Any]


def read_rows(
    path: str, wanted: CsvFormat | None = None, numbers: Collection[str] = ()
) -> Iterator[RawRow]:
    """Read rows from a file, or from the standard input for `-`.

    A text that begins with `[` or `{` is JSON (a list of objects, `{"instances": […]}`, or an
    object a line); anything else is a table, read as the one that a model was trained on.

    Args:
        path: of the file, or `-`.
        wanted: how tables are written; the rest is found out.
        numbers: columns of numbers. How a table writes them, with a decimal comma say, is found
            out from all its rows, so it is read once more; the rows have them as most write them.

    Raises:
        ConfigError: the file cannot be read or is neither, or has numbers that can be read in two
            ways.
    """
    if path != "-":
        yield from _rows_of(Path(path), path, wanted or CsvFormat(), numbers)
        return
    with tempfile.NamedTemporaryFile(prefix="tfx-rows-") as copy:  # a table is read twice
        source = getattr(sys.stdin, "buffer", None)
        copy.write(source.read() if source else sys.stdin.read().encode())
        copy.flush()
        yield from _rows_of(Path(copy.name), "standard input", wanted or CsvFormat(), numbers)


def _rows_of(
    file: Path, name: str, wanted: CsvFormat, numbers: Collection[str]
) -> Iterator[RawRow]:
    try:
        with open(file, "rb") as stream:
            begin = stream.read(_HEAD_BYTES).removeprefix(codecs.BOM_UTF8).lstrip()
        if begin[:1] in (b"[", b"{"):
            yield from _json_rows(file.read_text(encoding="utf-8-sig"), name)
        elif begin:
            yield from _table_rows(file, name, wanted, numbers)
    except UnreadableError as error:
        problem = error.problem
        place = (problem.place or name).replace(shown(file), name)
        raise ConfigError([replace(problem, place=place)], _TITLE) from error
    except OSError as error:
        raise _refuse(f"cannot be read: {error.strerror or error}", name) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = Problem("not UTF-8 text", f"{name}:{line}", None, "UTF-8")
        raise ConfigError([problem], _TITLE) from error


def _table_rows(
    file: Path, name: str, wanted: CsvFormat, numbers: Collection[str]
) -> Iterator[RawRow]:
    with OpenTable(file, wanted) as table:
        header = clean_names(table.header)  # as those of the table that a model was trained on
        if twice := next((each for each in header if each and header.count(each) > 1), None):
            place = f"{name}:{max(table.line, 1)}"
            raise _refuse(f"two columns have the name `{twice}`", place)
    styles = _styles(file, name, wanted, numbers) if numbers else {}
    for line, record in numbered_records(file, wanted):
        if len(record) == len(header):
            values = dict(zip(header, record, strict=True))
            for column, style in styles.items():
                if style.reads(f"{values[column].strip()}\n"):
                    values[column] = style.plain(values[column].strip())
            yield RawRow(f"{name}:{line}", values)
        elif record:
            what, received = "not as long as the header", f"{len(record)} cells"
            problem = Problem(what, f"{name}:{line}", received, str(len(header)))
            raise ConfigError([problem], _TITLE)


def _styles(
    file: Path, name: str, wanted: CsvFormat, numbers: Collection[str]
) -> dict[str, NumberStyle]:
    """Find out which columns write their numbers in a style of their own."""
    table = read_table(file, TableNeeds(wanted, dict.fromkeys(numbers, "number")))
    if problems := list(ambiguous_numbers(table)):
        places = [(problem.place or name).replace(shown(file), name) for problem in problems]
        named = [replace(x, place=place) for x, place in zip(problems, places, strict=True)]
        raise ConfigError(named, _TITLE)
    return {plan.name: plan.style for plan in table.plans if plan.style != PLAIN}


def _json_rows(text: str, name: str) -> Iterator[RawRow]:
    try:
        content = json.loads(text, object_pairs_hook=_object)
    except ValueError as error:
        rows = _json_lines(text, name, error)
    else:
        rows = _json_document(text, name, content)
    for place, values in rows:
        if not isinstance(values, dict):
            raise ConfigError([Problem("not an object", place, repr(values), _ALLOWED)], _TITLE)
        yield RawRow(place, values)


def _json_lines(text: str, name: str, whole: ValueError) -> Iterator[tuple[str, Any]]:
    """Read an object a line; a comma may follow it.

    Why the `whole` is no single document is told when its first line is no object either.
    """
    read = 0
    for number, line in enumerate(_LINE_END.split(text), start=1):
        content = line.strip().removesuffix(",")
        if not content:
            continue
        try:
            values = json.loads(content, object_pairs_hook=_object)
        except ValueError as error:
            said, place = (error, number) if read else (whole, getattr(whole, "lineno", number))
            reason = getattr(said, "msg", str(said))
            problem = Problem(f"not JSON: {reason}", f"{name}:{place}", None, _ALLOWED)
            raise ConfigError([problem], _TITLE) from None
        read += 1
        yield f"{name}:{number}", values


def _json_document(text: str, name: str, content: Any) -> Iterator[tuple[str, Any]]:
    """Give the rows of one document, with the lines on which they begin."""
    start = re.match(r"\s*\[", text)
    if isinstance(content, dict):
        start = re.search(r'"instances"\s*:\s*\[', text)
        content = content.get("instances", [content])
    rows = content if isinstance(content, list) else [content]
    position, line = (start.end(), text.count("\n", 0, start.end()) + 1) if start else (0, 1)
    for values in rows:
        begin = re.compile(r"[\s,]*").match(text, position).end()  # type: ignore[union-attr]
        line += text.count("\n", position, begin)
        yield f"{name}:{line}", values
        if start:
            _, position = json.JSONDecoder().raw_decode(text, begin)
            line += text.count("\n", begin, position)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make an object; of two values of one name, none can be the right one."""
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"`{twice}` is given twice in an object")
    return values


def _refuse(what: str, place: str) -> ConfigError:
    return ConfigError([Problem(what, place)], _TITLE)
