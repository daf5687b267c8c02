"""Fields of the configuration that a run may set anew, as parameters of a compiled pipeline.

Terms:
    field: dotted path in the configuration, e.g. `model.epochs`.
    name: the parameter's name in a compiled pipeline, e.g. `model_epochs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml
from pydantic import BaseModel

from tfx_pipeline.config.loader import LoadedConfig, parse_override, validated
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.wording import nearest

Kind = Literal["integer", "double", "boolean", "text"]

_KINDS: dict[Any, Kind] = {int: "integer", float: "double", bool: "boolean"}
_FIXED = ("data.path", "data.schema_file", "environment", "push.base_directory", "push.model_name")


@dataclass(frozen=True)
class RuntimeParameter:
    """A field that a run may set, and the configuration's value as the kind has it.

    The kind `text` holds YAML on one line.
    """

    field: str
    name: str
    kind: Kind
    default: Any


def runtime_parameters(config: PipelineConfig) -> tuple[RuntimeParameter, ...]:
    """Look the declared fields up.

    Raises:
        ConfigError: one is no field, cannot change after compiling, or is called as another.
    """
    found: dict[str, RuntimeParameter] = {}
    problems: list[Problem] = []
    for field in dict.fromkeys(config.environment.runtime_parameters):
        parameter = _parameter(config, field)
        if isinstance(parameter, Problem):
            problems.append(parameter)
        elif parameter.name in found:
            other = found[parameter.name].field
            what = f"`{field}` and `{other}` would be one parameter, `{parameter.name}`"
            problems.append(Problem(what, _PLACE, next_step="declare one of them"))
        else:
            found[parameter.name] = parameter
    if problems:
        raise ConfigError(problems, f"{_PLACE} cannot be used")
    return tuple(found.values())


_PLACE = "environment.runtime_parameters"


def _parameter(config: PipelineConfig, field: str) -> RuntimeParameter | Problem:
    for fixed in _FIXED:
        if field == fixed or field.startswith(f"{fixed}."):
            next_step = f"remove it there, and give it to compile: --set {field}=…"
            return Problem(f"`{field}` is fixed when compiled", _PLACE, None, None, next_step)
    value: Any = config
    annotation: Any = None
    for key in field.split("."):
        children = _children(value)
        if key not in children:
            allowed = ", ".join(sorted(children)) or "a field of a section that is there"
            return Problem(f"`{field}` is no field", _PLACE, key, allowed, nearest(key, children))
        annotation = None
        if isinstance(value, BaseModel):
            annotation = type(value).model_fields[key].annotation
        value = children[key]
    kind: Kind = _KINDS.get(annotation, "text")
    name = field.replace(".", "_").lower()
    return RuntimeParameter(field, name, kind, value if kind != "text" else _one_line(value))


def _children(value: Any) -> Mapping[str, Any]:
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    return value if isinstance(value, dict) else {}


def _one_line(value: Any) -> str:
    """Write a value so that YAML reads it back."""
    plain = _plain(value)
    text = yaml.safe_dump(plain, default_flow_style=True, width=10**9, sort_keys=True)
    return text.removesuffix("\n").removesuffix("\n...")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def check_parameters(loaded: LoadedConfig, words: Sequence[str]) -> dict[str, Any]:
    """Read `field=value` words; give the values by the parameters' names.

    The configuration says what may be set; the parameter's name does as well as the field.

    Raises:
        ConfigError: not declared, given twice, or not a value that the field can have.
    """
    declared = runtime_parameters(loaded.config)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for word in words:
        left, equals, text = word.partition("=")
        place = f"--parameter {word}"
        known = {x.field: x for x in declared} | {x.name: x for x in declared}
        if not equals or left not in known:
            problems.append(_unknown(place, left, [x.field for x in declared]))
            continue
        parameter = known[left]
        if parameter.name in values:
            problems.append(Problem(f"`{parameter.field}` is given twice", place))
            continue
        value = _checked_value(loaded, parameter, text, place)
        if isinstance(value, Problem):
            problems.append(value)
        else:
            values[parameter.name] = value
    if problems:
        raise ConfigError(problems, "the command line cannot be used")
    return values


def _unknown(place: str, received: str, declared: Sequence[str]) -> Problem:
    next_step = nearest(received, declared)
    if not declared or not next_step:
        next_step = f"declare it in {_PLACE}, compile, and submit that"
    allowed = ", ".join(declared) or f"nothing: {_PLACE} is empty"
    return Problem("no such runtime parameter", place, received, allowed, next_step)


def _checked_value(
    loaded: LoadedConfig, parameter: RuntimeParameter, text: str, place: str
) -> Any | Problem:
    """Read a value as the step will, with the whole configuration around it."""
    try:
        said = parse_override(f"{parameter.field}={text}", "--parameter")
        config = validated(loaded.source.overlay(said), place)
    except ConfigError as error:
        first = error.problems[0]
        what = f"`{parameter.field}` cannot have this value"
        allowed = first.allowed or first.what.removeprefix(f"`{parameter.field}`: ")
        return Problem(what, place, text, allowed, first.next_step)
    read: Any = config
    for key in parameter.field.split("."):
        read = _children(read)[key]
    return _one_line(read) if parameter.kind == "text" else read
