"""Facts as JSON: written, read back, and described by a JSON schema.

A float that is NaN is written as null, and null is read as NaN where a float must be.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import math
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from tfx_pipeline.report.facts.run_facts import RunFacts

REPORT_FILE = "report.json"
_SCHEMA = Path(__file__).resolve().parents[1] / "schemas" / "report.schema.json"
T = TypeVar("T")


def to_json(facts: RunFacts) -> str:
    """Write facts as one JSON object."""
    return json.dumps(plain(facts), indent=1, allow_nan=False, ensure_ascii=False)


def from_json(text: str | bytes) -> RunFacts:
    """Read what `to_json` wrote; what another release has added is left out.

    Raises:
        ValueError: it is something else.
    """
    return typed(RunFacts, json.loads(text))


def plain(value: Any) -> Any:
    """Make values of JSON of dataclasses; what is no value of JSON becomes its text."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (each.name for each in dataclasses.fields(value))
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    return str(value)


def typed(kind: type[T], value: Any) -> T:
    """Make a dataclass of values of JSON; keys that it does not know are left out.

    Raises:
        ValueError: a value is missing, or of another kind.
    """
    result: T = _typed(kind, value, kind.__name__)
    return result


@functools.cache
def _fields(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _typed(kind: Any, value: Any, place: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any:
        return value
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, value, place)
    if origin in (Union, types.UnionType):
        rest = [each for each in arguments if each is not type(None)]
        return None if value is None else _typed(rest[0], value, place)
    if origin is tuple or (origin and _is_kind_of(origin, Sequence)):
        _check(isinstance(value, list), value, place)
        return _sequence(origin, arguments, value, place)
    if origin and _is_kind_of(origin, Mapping):
        _check(isinstance(value, dict), value, place)
        return {key: _typed(arguments[1], each, f"{place}.{key}") for key, each in value.items()}
    if origin is Literal:
        _check(value in arguments, value, place)
        return value
    if kind is float:
        _check(value is None or _is_number(value), value, place)
        return math.nan if value is None else value
    _check(isinstance(value, kind), value, place)
    return value


def _is_kind_of(origin: Any, parent: type) -> bool:
    return isinstance(origin, type) and issubclass(origin, parent)


def _dataclass(kind: Any, value: Any, place: str) -> Any:
    _check(isinstance(value, dict), value, place)
    known = _fields(kind)
    given = {
        name: _typed(known[name], x, f"{place}.{name}")
        for name, x in value.items()
        if name in known
    }
    try:
        return kind(**given)
    except TypeError as error:
        raise ValueError(f"{place}: {error}") from None


def _sequence(origin: Any, arguments: tuple[Any, ...], values: list[Any], place: str) -> Any:
    if origin is tuple and arguments[-1] is not Ellipsis:
        kinds: Sequence[Any] = arguments
        _check(len(kinds) == len(values), values, place)
    else:
        kinds = [arguments[0]] * len(values)
    found = [_typed(kind, x, place) for kind, x in zip(kinds, values, strict=True)]
    return tuple(found) if origin is tuple else found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _check(holds: bool, value: Any, place: str) -> None:
    if not holds:
        raise ValueError(f"{place}: {str(value)[:80]!r} is not what stands there")


def json_schema() -> dict[str, Any]:
    """Give the JSON schema that ships with this package."""
    schema: dict[str, Any] = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    return schema


def render_schema() -> str:
    """Make that schema from the types: numbers may be null, where a figure does not exist."""
    from pydantic import TypeAdapter

    schema = _described(TypeAdapter(RunFacts).json_schema(mode="serialization"))
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The facts of a run",
    }
    return json.dumps({**head, **schema, "title": head["title"]}, indent=1) + "\n"


def _described(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_described(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    read = {key: _described(value) for key, value in schema.items()}
    if read.get("type") == "number":
        read["type"] = ["number", "null"]
    return read


if __name__ == "__main__":
    _SCHEMA.write_text(render_schema(), encoding="utf-8")
