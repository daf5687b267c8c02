"""Rows to send to a model: typed as words, or read, and given the types that it wants.

Terms:
    raw row: see `row_files`.
    missing: an empty cell, `NaN` or `null`; sent as NaN for a number and "" for a text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from tfx_pipeline.commands.asking.row_files import RawRow
from tfx_pipeline.deployment.client import DataType
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.columns.number_text import MISSING_MARKS
from tfx_pipeline.serving.types import TensorSpec
from tfx_pipeline.wording import nearest

_FLOATS = {DataType.DT_FLOAT, DataType.DT_DOUBLE}
_BOOLS = {"true": True, "1": True, "false": False, "0": False}
_NUMBER = re.compile(
    r"[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?|inf|infinity)", re.IGNORECASE
)  # Python's own would take `1_0` and other scripts' digits as well
_INT64 = range(-(2**63), 2**63)
_MOST_PROBLEMS = 10
_TITLE = "the rows cannot be sent"


def row_of_words(words: Sequence[str], inputs: Mapping[str, TensorSpec]) -> RawRow:
    """Make a row of `name=value` words; inputs that are not named are missing.

    Raises:
        ConfigError: a word has no `=`, or names no input.
    """
    values: dict[str, Any] = {}
    problems = []
    for word in words:
        name, equals, value = _divide(word, inputs)
        if not equals:
            problems.append(Problem("not a value", None, word, "name=value"))
        elif name not in inputs:
            allowed = ", ".join(inputs)
            what = f"the model has no input `{name}`"
            problems.append(Problem(what, None, None, allowed, nearest(name, inputs)))
        values[name] = value
    if problems:
        raise ConfigError(problems, _TITLE)
    return RawRow("the command line", {**values, **dict.fromkeys(sorted(inputs.keys() - values))})


def _divide(word: str, inputs: Mapping[str, TensorSpec]) -> tuple[str, str, str]:
    """Divide `name=value`; a name may hold `=` itself."""
    known = [name for name in inputs if word.startswith(f"{name}=")]
    name = max(known, key=len, default=word.partition("=")[0])
    return name, word[len(name) : len(name) + 1], word[len(name) + 1 :]


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
    if dtype == DataType.DT_STRING:
        if value is None or isinstance(value, str):
            return "" if value is None or not value.strip() else value
        raise ValueError("a text")
    text = value.strip() if isinstance(value, str) else None
    is_missing = value is None or text == "" or text in MISSING_MARKS
    if dtype in _FLOATS:
        return float("nan") if is_missing else _number(value)
    if dtype == DataType.DT_BOOL:
        if str(value).strip().lower() in _BOOLS:
            return _BOOLS[str(value).strip().lower()]
        raise ValueError("true or false")
    if is_missing:
        raise ValueError("a whole number; it has no way to be missing")
    return _whole(value)


def _number(value: Any) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            pass
    raise ValueError("a number")


def _whole(value: Any) -> int:
    """Give a whole number, exactly."""
    _number(value)
    number = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
    if not number.is_finite() or number.adjusted() > 20 or number != int(number):
        raise ValueError("a whole number")
    if int(number) not in _INT64:
        raise ValueError("a whole number of at most 64 bits")
    return int(number)
