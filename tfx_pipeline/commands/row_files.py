"""Rows of a file or of the standard input: CSV or JSON, each with the line on which it stands.

Terms:
    raw row: values by name as they were read: texts from CSV and words, anything from JSON.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from tfx_pipeline.errors import ConfigError, Problem

_TITLE = "the rows cannot be sent"
_ALLOWED = 'a list of objects, {"instances": [objects]}, or an object a line'
_DELIMITERS = ",;\t|"
_LINE_END = re.compile(r"\r\n|\r|\n")  # others, such as U+2028, may stand in a text of JSON
_LARGEST_CELL = 2**31 - 1


@dataclass(frozen=True)
class RawRow:
    """A row as it was read, and where."""

    place: str
    values: Mapping[str, Any]


def read_rows(path: str) -> Iterator[RawRow]:
    """Read rows from a file, or from the standard input for `-`.

    A text that begins with `[` or `{` is JSON (a list of objects, `{"instances": […]}`, or an
    object a line); anything else is CSV with a header.

    Raises:
        ConfigError: the file cannot be read or is neither.
    """
    name = "standard input" if path == "-" else path
    try:
        if path == "-":
            yield from _rows_of(_standard_input(), name)
        else:
            with open(path, encoding="utf-8", newline="") as stream:
                yield from _rows_of(stream, name)
    except OSError as error:
        raise _refuse(f"cannot be read: {error.strerror or error}", name) from error
    except UnicodeDecodeError as error:
        place = name if path == "-" else f"{name}:{_foreign_line(path)}"
        problem = Problem("not UTF-8 text", place, None, "UTF-8", "write the file in UTF-8")
        raise ConfigError([problem], _TITLE) from error


def _standard_input() -> Iterable[str]:
    """Give the lines of the standard input with their own ends, whatever the terminal's codec."""
    if not hasattr(sys.stdin, "buffer"):
        return sys.stdin
    return io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", newline="")


def _foreign_line(path: str) -> int:
    """Find the first line that is not UTF-8."""
    with open(path, "rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def _rows_of(lines: Iterable[str], name: str) -> Iterator[RawRow]:
    waiting, before, first = iter(lines), 0, ""
    for line in waiting:
        first = line.removeprefix("\ufeff") if before == 0 else line
        if first.strip():
            break
        before += 1
    if first.lstrip()[:1] in ("[", "{"):
        yield from _json_rows("".join(["\n" * before, first, *waiting]), name)
    elif first.strip():
        yield from _csv_rows(chain([first], waiting), name, before)


def _csv_rows(lines: Iterable[str], name: str, before: int) -> Iterator[RawRow]:
    """Read CSV with a header; blanks after the delimiter are none of the cells."""
    waiting = iter(lines)
    first = next(waiting)
    delimiter = max(_DELIMITERS, key=first.count)
    csv.field_size_limit(_LARGEST_CELL)
    records = csv.reader(
        chain([first], waiting),
        delimiter=delimiter,
        skipinitialspace=f"{delimiter} " in first,
        strict=True,
    )
    header: list[str] = []
    line = before
    try:
        for record in records:
            line, begins = before + records.line_num, line + 1
            if not header:
                header = _header(record, f"{name}:{begins}")
            elif len(record) == len(header):
                yield RawRow(f"{name}:{begins}", dict(zip(header, record, strict=True)))
            elif record:
                what, received = "not as long as the header", f"{len(record)} fields"
                problem = Problem(what, f"{name}:{begins}", received, str(len(header)))
                raise ConfigError([problem], _TITLE)
    except csv.Error as error:
        raise _refuse(f"cannot be read: {error}", f"{name}:{line + 1}") from error


def _header(record: list[str], place: str) -> list[str]:
    """Clean the names as those of the table that a model was trained on are cleaned."""
    names = [cell.strip().strip('"').strip() for cell in record]
    if twice := next((each for each in names if each and names.count(each) > 1), None):
        raise _refuse(f"two columns have the name `{twice}`", place)
    return names


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

    Args:
        text: of all lines.
        name: of the file.
        whole: why the text is no single document; told when its first line is no object either.
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
