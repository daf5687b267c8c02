"""What pydantic finds wrong, said in the words of a configuration file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.section import alternatives, is_section, sections_of
from tfx_pipeline.config.yaml_source import KeyPath, YamlSource
from tfx_pipeline.errors import Problem
from tfx_pipeline.wording import nearest, shortened

_CREDENTIALS = re.compile(r"//.*@", re.DOTALL)  # a password may hold any character
_PASSWORD = re.compile(r"(?i)(passw\w*|pwd|secret|token)(=|%3D)[^&\s]*")
_ALLOWED = (
    ("bool", "true or false"),
    ("int", "a whole number"),
    ("float", "a number"),
    ("string", "a text"),
    ("tuple", "a list, e.g. [a, b]"),
)
"""How pydantic's names of errors begin, and what it wanted."""


def to_problem(details: ErrorDetails, source: YamlSource) -> Problem:
    """Say one error of pydantic: field, place, value, what is allowed, next step."""
    location, of_key = details["loc"], details["loc"][-1:] == ("[key]",)
    path, model = _walk(location[:-1] if of_key else location)
    field, place = ".".join(map(str, path)), source.place(path)
    error, name = details["type"], str(path[-1]) if path else ""
    if error == "value_error":
        return Problem(f"`{field}`: {details['ctx']['error']}", place, _received(details))
    if of_key:
        what = f"`{'.'.join(map(str, path[:-1]))}`: this name cannot be used"
        return Problem(what, place, name, details["msg"])
    if error == "extra_forbidden":
        known = sorted(model.model_fields) if model else []
        next_step = nearest(name, known) or _elsewhere(name, path) or "remove it"
        return Problem(f"`{field}` is not a known key", place, None, _listed(known), next_step)
    if error == "missing":
        missing = model.model_fields.get(name) if model else None
        meaning = missing.description if missing else None
        return Problem(f"`{field}` is missing", place, None, meaning)
    if error.startswith("union_tag"):
        tags = re.findall(r"'([^']+)'", str(details.get("ctx", {}).get("expected_tags", "")))
        kind = details.get("ctx", {}).get("tag")
        what, allowed = (
            f"`{field}.kind` says no known kind",
            tags or sorted(chain.from_iterable(map(_kinds_of, sections_of(_annotation(path))))),
        )
        if kind is None:
            return Problem(what, place, None, _listed(allowed))
        return Problem(what, place, repr(kind), _listed(allowed), nearest(str(kind), tags))
    what = f"`{field}` has a value that cannot be used"
    near = None
    if error in ("literal_error", "enum"):
        what = f"`{field}` has a value that is not known"
        near = nearest(str(details["input"]), re.findall(r"'([^']+)'", details["msg"]))
    return Problem(what, place, _received(details), _allowed(details, path), near)


def without_credentials(text: str) -> str:
    """Hide the user and password of addresses in a text."""
    return _PASSWORD.sub(r"\1\2…", _CREDENTIALS.sub("//…@", text))


def _received(details: ErrorDetails) -> str:
    return shortened(without_credentials(repr(details["input"])), 100)


def _allowed(details: ErrorDetails, path: KeyPath) -> str:
    """Say in words what a field takes; pydantic speaks of Python's types and of our classes."""
    error = details["type"]
    if error in ("model_type", "model_attributes_type", "dict_type"):
        return _mapping(_annotation(path))
    if error.endswith(("_type", "_parsing", "_parsing_size", "_from_float")):
        return next((words for kind, words in _ALLOWED if error.startswith(kind)), details["msg"])
    return details["msg"].removeprefix("Input should be ")


def _mapping(annotation: Any) -> str:
    """Write what a section, or a mapping of sections, looks like."""
    for each in alternatives(annotation):
        if is_section(each):
            fields = ", ".join(f"{name}: …" for name in each.model_fields)
            return f"a mapping: {{{fields}}}"
        if get_origin(each) is dict:
            inner = sections_of(get_args(each)[1])
            names = list(inner[0].model_fields) if inner else []
            name = "kind" if "kind" in names else next(iter(names), "")
            first = f"{{{name}: …}}" if inner else "…"
            return f"a mapping of names, e.g. {{name: {first}}}"
    return "a mapping"


def _listed(names: Iterable[str]) -> str | None:
    return ", ".join(names) or None


def _elsewhere(name: str, path: KeyPath) -> str | None:
    """Find a key in the other sections, when exactly its name is there."""
    found = [each for each in _fields(PipelineConfig, ()) if each[-1] == name and each != path]
    found.sort(key=len)
    if not found or len(found) > 3:
        return None
    return "did you mean " + " or ".join(f"`{'.'.join(each)}`" for each in found) + "?"


def _fields(model: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """List the paths of all fields; an entry of a mapping is called `<name>`."""
    for name, field in model.model_fields.items():
        yield (*path, name)
        for section, below in _sections_below(field.annotation):
            if section not in (PipelineConfig, model):
                yield from _fields(section, (*path, name, *below))


def _sections_below(annotation: Any) -> Iterator[tuple[type[BaseModel], tuple[str, ...]]]:
    for each in alternatives(annotation):
        if is_section(each):
            yield each, ()
        elif get_origin(each) is dict:
            yield from ((x, ("<name>", *y)) for x, y in _sections_below(get_args(each)[1]))
        elif get_origin(each) is tuple:
            yield from _sections_below(get_args(each)[0])


def _walk(location: tuple[int | str, ...]) -> tuple[KeyPath, type[BaseModel] | None]:
    """Follow pydantic's location; give the key path, without union tags, and the last section."""
    path: list[int | str] = []
    annotation: Any = PipelineConfig
    holder: type[BaseModel] | None = PipelineConfig
    for key in location:
        sections = sections_of(annotation)
        if len(sections) > 1:
            holder = next((each for each in sections if key in _kinds_of(each)), None)
            annotation = holder or Any
            if holder:
                continue  # `key` is a tag, put in between by pydantic
        elif sections:
            holder = sections[0]
        path.append(key)
        annotation = _inside(annotation, key)
    return tuple(path), holder


def _kinds_of(section: type[BaseModel]) -> tuple[Any, ...]:
    kind = section.model_fields.get("kind")
    return get_args(kind.annotation) if kind else ()


def _inside(annotation: Any, key: int | str) -> Any:
    """Give the type of what stands below a key."""
    for each in alternatives(annotation):
        if is_section(each) and key in each.model_fields:
            return each.model_fields[key].annotation
        if get_origin(each) in (dict, tuple):
            return get_args(each)[1 if get_origin(each) is dict else 0]
    return Any


def _annotation(path: KeyPath) -> Any:
    annotation: Any = PipelineConfig
    for key in path:
        annotation = _inside(annotation, key)
    return annotation
