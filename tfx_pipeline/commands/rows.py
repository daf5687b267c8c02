"""Rows to send to a model: read from CSV, JSON or words, and typed as the model wants them.

Terms:
    raw row: values by name as they were read: texts from CSV and words, anything from JSON.
    missing: an empty cell, `NaN` or `null`; sent as NaN for a number and "" for a text.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from tfx_pipeline.config.loader import nearest
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.serving.client import DataType
from tfx_pipeline.serving.types import TensorSpec

_FLOATS = {DataType.DT_FLOAT, DataType.DT_DOUBLE}
_BOOLS = {"true": True, "1": True, "false": False, "0": False}
_MOST_PROBLEMS = 10
_TITLE = "the rows cannot be sent"


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
            yield from _rows_of(sys.stdin, name)
        else:
            with open(path, encoding="utf-8-sig", newline="") as stream:
                yield from _rows_of(stream, name)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise ConfigError([Problem(f"cannot be read: {cause}", name)], _TITLE) from error


def row_of_words(words: Sequence[str], inputs: Mapping[str, TensorSpec]) -> RawRow:
    """Make a row of `name=value` words; inputs that are not named are missing.

    Raises:
        ConfigError: a word has no `=`, or names no input.
    """
    values: dict[str, Any] = {}
    problems = []
    for word in words:
        # The longest name that is one: a column may be called `a=b`, and a value hold `=` as well.
        known = max((x for x in inputs if word.startswith(f"{x}=")), key=len, default=None)
        name, equals, value = word.partition("=")
        if known is not None:
            name, value = known, word.removeprefix(f"{known}=")
        elif not equals:
            problems.append(Problem("not a value", None, word, "name=value"))
        elif name not in inputs:
            allowed = ", ".join(inputs)
            what = f"the model has no input `{name}`"
            problems.append(Problem(what, None, None, allowed, nearest(name, inputs)))
        values[name] = value
    if problems:
        raise ConfigError(problems, _TITLE)
    return RawRow("the command line", {**values, **dict.fromkeys(sorted(inputs.keys() - values))})


def typed_rows(
    rows: Iterable[RawRow], inputs: Mapping[str, TensorSpec]
) -> Iterator[dict[str, Any]]:
    """Keep the model's inputs of each row, in the row's order, as the values that it wants.

    Raises:
        ConfigError: with the problems of the first row that has any.
    """
    for row in rows:
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        foreign = [name for name in row.values if name not in inputs]
        for name in sorted(inputs.keys() - row.values):
            what = f"there is no column `{name}`, which the model takes"
            problems.append(Problem(what, row.place, next_step=nearest(name, foreign)))
        for name, received in row.values.items():
            if name not in inputs:
                continue  # a table may have more columns, such as the label
            try:
                values[name] = _typed(received, inputs[name])
            except ValueError as error:
                what = f"`{name}` has a value that cannot be used"
                problems.append(Problem(what, row.place, repr(received), str(error)))
        if problems:
            more = len(problems) - _MOST_PROBLEMS
            listed = problems[:_MOST_PROBLEMS]
            if more > 0:
                listed.append(Problem(f"{more} more problems in this row", row.place))
            raise ConfigError(listed, _TITLE)
        yield values


def _rows_of(lines: Iterable[str], name: str) -> Iterator[RawRow]:
    waiting = iter(lines)
    first = next((line for line in waiting if line.strip()), "")
    if first.lstrip()[:1] in ("[", "{"):
        yield from _json_rows("".join([first, *waiting]), name)
    else:
        yield from _csv_rows(chain([first], waiting), name)


def _csv_rows(lines: Iterable[str], name: str) -> Iterator[RawRow]:
    records = csv.reader(lines, strict=True)
    header = next(records, [])
    for number, record in enumerate((record for record in records if record), start=1):
        place = f"{name}, row {number} (line {records.line_num})"
        if len(record) != len(header):
            received = f"{len(record)} fields"
            problem = Problem("not as long as the header", place, received, str(len(header)))
            raise ConfigError([problem], _TITLE)
        yield RawRow(place, dict(zip(header, record, strict=True)))


def _json_rows(text: str, name: str) -> Iterator[RawRow]:
    allowed = 'a list of objects, {"instances": [objects]}, or an object a line'
    try:
        content = json.loads(text)
    except ValueError as error:
        try:
            content = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError:
            raise ConfigError(
                [Problem(f"not JSON: {error}", name, None, allowed)], _TITLE
            ) from None
    if isinstance(content, dict):
        content = content.get("instances", [content])
    for number, values in enumerate(content if isinstance(content, list) else [content], start=1):
        place = f"{name}, row {number}"
        if not isinstance(values, dict):
            raise ConfigError([Problem("not an object", place, repr(values), allowed)], _TITLE)
        yield RawRow(place, values)


def _typed(value: Any, spec: TensorSpec) -> Any:
    """Convert a value; wrap a bare one where the model takes `[batch, 1]`.

    Raises:
        ValueError: saying what is allowed.
    """
    sizes = spec.shape[1:] if spec.shape is not None else ()
    if sizes and isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            raise ValueError("a list as JSON") from None
    if isinstance(value, list):
        return [_typed(each, TensorSpec(spec.name, spec.dtype, sizes)) for each in value]
    if any(size > 1 for size in sizes):
        raise ValueError(f"a list of {' × '.join(map(str, sizes))} values, as JSON")
    value = _scalar(value, spec.dtype)
    for _ in sizes:
        value = [value]
    return value


def _scalar(value: Any, dtype: int) -> Any:
    is_missing = value is None or (isinstance(value, str) and not value.strip())
    if dtype == DataType.DT_STRING:
        if is_missing or isinstance(value, str):
            return value or ""
        raise ValueError("a text")
    if isinstance(value, str):
        value = value.strip()
    if dtype in _FLOATS:
        return float("nan") if is_missing else _number(value)
    if dtype == DataType.DT_BOOL:
        if str(value).lower() in _BOOLS:
            return _BOOLS[str(value).lower()]
        raise ValueError("true or false")
    number = None if is_missing else _number(value)
    if number is None or not float(number).is_integer():
        raise ValueError("a whole number; it has no way to be missing")
    return (
        int(value) if isinstance(value, int) or str(value).lstrip("+-").isdigit() else int(number)
    )


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError("a number")
    try:
        return float(value)
    except (ValueError, OverflowError):
        raise ValueError("a number") from None
