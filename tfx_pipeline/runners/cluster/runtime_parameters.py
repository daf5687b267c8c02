"""Fields of the configuration that a run may set anew, as parameters of a compiled pipeline.

Every parameter is a text for the service, which hands it on as it is: services write numbers anew,
some with six digits. What it means is decided by `parse_override`, here and in the step.

Terms:
    field: dotted path in the configuration, e.g. `model.epochs`.
    name: the parameter's name in a compiled pipeline, e.g. `model_epochs`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from pydantic import BaseModel

from tfx_pipeline.config.loader import LoadedConfig, parse_override, validated
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.wording import nearest

_FIXED = (
    *("data.path", "data.source", "data.schema_file", "environment", "export.formats"),
    *("push.base_directory", "push.infra_check.server", "push.model_name"),
)


@dataclass(frozen=True)
class RuntimeParameter:
    """A field that a run may set, and the configuration's value as `parameter_text` writes it."""

    field: str
    name: str
    default: str


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
        if fixed.startswith(f"{field}."):
            next_step = "declare its fields that runs change, one by one"
            return Problem(
                f"`{field}` holds `{fixed}`, which is fixed when compiled",
                _PLACE,
                next_step=next_step,
            )
        if field == fixed or field.startswith(f"{fixed}."):
            next_step = f"remove it there, and give it to compile: --set {field}=…"
            return Problem(f"`{field}` is fixed when compiled", _PLACE, None, None, next_step)
    value: Any = config
    for key in field.split("."):
        children = _children(value)
        if key not in children:
            allowed = ", ".join(sorted(children)) or "a field of a section that is there"
            return Problem(f"`{field}` is no field", _PLACE, key, allowed, nearest(key, children))
        value = children[key]
    return RuntimeParameter(field, field.replace(".", "_").lower(), parameter_text(value))


def _children(value: Any) -> Mapping[str, Any]:
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    return value if isinstance(value, dict) else {}


def parameter_text(value: Any) -> str:
    """Write a value of the configuration on one line, so that `parse_override` reads the same.

    Numbers have all their digits. Nothing in it means something to Kubernetes, which replaces
    `$(…)` in arguments, or to Argo, which replaces `{{…}}`.
    """
    text = yaml.dump(
        _plain(value), Dumper=_Dumper, default_flow_style=True, width=10**9, sort_keys=True
    )
    text = text.removesuffix("\n").removesuffix("\n...")
    return text.replace("{{", r"{\x7B").replace("$", r"\x24")


class _Dumper(yaml.SafeDumper):
    """YAML whose texts are on one line, and double-quoted where `parameter_text` escapes."""

    def represent_text(self, text: str) -> yaml.Node:
        """Choose the quotes of a text."""
        style = '"' if _NEEDS_ESCAPES.search(text) else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

    def ignore_aliases(self, data: Any) -> bool:
        """Write what occurs twice twice."""
        return True


_Dumper.add_representer(str, _Dumper.represent_text)
_NEEDS_ESCAPES = re.compile(r"[\n\r\x85\u2028\u2029$]|\{\{")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def check_parameters(loaded: LoadedConfig, words: Sequence[str]) -> dict[str, str]:
    """Read `field=value` words; give the values as texts by the parameters' names.

    The configuration says what may be set; the parameter's name does as well as the field.

    Raises:
        ConfigError: not declared, given twice, or not a value that the field can have.
    """
    declared = runtime_parameters(loaded.config)
    values: dict[str, str] = {}
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
) -> str | Problem:
    """Read a value as the step will, with the whole configuration around it; write it anew."""
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
    return parameter_text(read)
