"""Load a pipeline's configuration: file, environment overlay, `--set` overrides, checks."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.yaml_source import KeyPath, YamlSource, parse_yaml, read_yaml
from tfx_pipeline.errors import ConfigError, Problem


class LoadedConfig:
    """A valid configuration and where each of its values was said.

    Attributes:
        config: the typed configuration.
        source: its values with their places.
        name: how the configuration file is called in messages.
    """

    def __init__(self, config: PipelineConfig, source: YamlSource, name: str) -> None:
        self.config = config
        self.source = source
        self.name = name


def load_config(
    file: str | Path, env: str | None = None, overrides: Sequence[str] = ()
) -> LoadedConfig:
    """Read `file`, lay the environment over it, then the overrides, and check the types.

    Args:
        file: YAML file of the pipeline. Relative paths in it start at its folder, or at that
            folder's parent when the folder is called `configs`.
        env: name of `env/<name>.yaml` beside the file, or the path of a YAML file.
        overrides: `a.b=c` each; `c` is read as YAML.

    Raises:
        ConfigError: with all problems found.
    """
    path = Path(file)
    source = read_yaml(path)
    if env:
        overlay = Path(env) if env.endswith((".yaml", ".yml")) else _env_file(path, env)
        source = source.overlay(read_yaml(overlay))
    for override in overrides:
        source = source.overlay(parse_override(override))
    config = validated(source, str(path))
    config._root = _project_root(path)
    return LoadedConfig(config, source, str(path))


def validated(source: YamlSource, name: str) -> PipelineConfig:
    """Check the types of all values; the configuration's root is yet to be set.

    Args:
        source: the values with their places.
        name: how they are called in messages.

    Raises:
        ConfigError: with all problems found.
    """
    try:
        return PipelineConfig.model_validate(source.values)
    except ValidationError as error:
        problems = [_to_problem(details, source) for details in error.errors()]
        problems.sort(key=_line_of)
        raise ConfigError(problems, _title(name, problems)) from None


def _line_of(problem: Problem) -> tuple[str, int]:
    file, _, line = (problem.place or "").rpartition(":")
    return (file, int(line)) if line.isdecimal() else (problem.place or "", 0)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Ask whether one of the known names was meant, when one is near."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f"did you mean `{near[0]}`?" if near else None


def _title(name: str, problems: Sequence[Problem]) -> str:
    count = len(problems)
    return f"{name} cannot be used: {count} problem{'s' if count != 1 else ''}"


def _env_file(config_file: Path, env: str) -> Path:
    return config_file.parent / "env" / f"{env}.yaml"


def _project_root(config_file: Path) -> Path:
    folder = config_file.absolute().parent
    return folder.parent if folder.name == "configs" else folder


def parse_override(text: str) -> YamlSource:
    """Read `a.b=c`, whose value is YAML.

    Raises:
        ConfigError: it is none.
    """
    dotted, equals, value = text.partition("=")
    keys = dotted.split(".")
    place = f"--set {text}"
    if not equals or not all(keys):
        problem = Problem("not an override", place, text, "section.field=value")
        raise ConfigError([problem], "--set cannot be used")
    source = parse_yaml(f"value: {value}", place)
    parsed: Any = source.values["value"]
    for key in reversed(keys):
        parsed = {key: parsed}
    inside = [path[1:] for path in source.places if path]
    return YamlSource(parsed, {(*keys, *path): place for path in inside})


def _to_problem(details: ErrorDetails, source: YamlSource) -> Problem:
    path, model = _walk(details["loc"], source.values)
    field = ".".join(str(key) for key in path)
    received: str | None = repr(details["input"])
    allowed: str | None = details["msg"]
    next_step = None
    if details["type"] == "extra_forbidden":
        what, known = f"`{field}` is not a known key", sorted(model.model_fields) if model else []
        allowed = ", ".join(known) or None
        next_step = nearest(str(path[-1]), known) or "remove it"
        received = None
    elif details["type"] == "missing":
        what, received, allowed = f"`{field}` is missing", None, _meaning(model, path)
    elif details["type"].startswith("union_tag"):
        tags = details["ctx"].get("expected_tags", "numeric, categorical, …")
        what, allowed = f"`{field}.kind` says no known kind", tags
    elif details["type"] in ("literal_error", "enum"):
        what = f"`{field}` has a value that is not known"
        next_step = nearest(str(details["input"]), re.findall(r"'([^']+)'", allowed or ""))
    elif details["type"] == "value_error":
        what = f"`{field}`: {details['ctx']['error']}"
        allowed = None
    else:
        what = f"`{field}` has a value that cannot be used"
    place = source.place(path)
    return Problem(what, place, _one_line(received), allowed, next_step)


def _one_line(text: str | None, width: int = 100) -> str | None:
    return text if text is None or len(text) <= width else text[: width - 1] + "…"


def _walk(location: tuple[int | str, ...], values: Any) -> tuple[KeyPath, type[BaseModel] | None]:
    """Follow pydantic's location; give the key path, without union tags, and the last model."""
    path: list[int | str] = []
    model: type[BaseModel] | None = PipelineConfig
    holder: type[BaseModel] | None = PipelineConfig
    for position, key in enumerate(location):
        if key == "[key]":  # what is wrong is the key before it, not the value
            continue
        tagged = _model_of_tag(model, values, key)
        if tagged is not None:
            model = holder = tagged
            continue
        path.append(key)
        holder = model if _is_model(model) else holder
        model = _field_model(model, key)
        last = position == len(location) - 1
        values = values[key] if not last and _has(values, key) else None
    return tuple(path), holder


def _has(values: Any, key: int | str) -> bool:
    return (isinstance(values, dict) and key in values) or (
        isinstance(values, list) and isinstance(key, int) and key < len(values)
    )


def _is_model(candidate: Any) -> bool:
    return isinstance(candidate, type) and issubclass(candidate, BaseModel)


def _field_model(model: Any, key: int | str) -> Any:
    """Give the section class behind a field, or the annotation to look into further."""
    annotation = (
        model.model_fields[key].annotation
        if _is_model(model) and key in model.model_fields
        else model
    )
    return _innermost(annotation)


def _innermost(annotation: Any) -> Any:
    if _is_model(annotation):
        return annotation
    sections = [x for x in map(_innermost, getattr(annotation, "__args__", ())) if x is not None]
    if len(sections) == 1:
        return sections[0]
    return annotation if sections else None


def _model_of_tag(model: Any, values: Any, key: int | str) -> type[BaseModel] | None:
    """Give the union member called `key`, when `key` is a tag that pydantic put in between."""
    if model is None or _is_model(model) or not isinstance(values, dict) or key in values:
        return None
    for member in _sections(model):
        kind = member.model_fields.get("kind")
        if kind is not None and key in getattr(kind.annotation, "__args__", ()):
            return member
    return None


def _sections(annotation: Any) -> list[type[BaseModel]]:
    if _is_model(annotation):
        return [annotation]
    return [x for part in getattr(annotation, "__args__", ()) for x in _sections(part)]


def _meaning(model: type[BaseModel] | None, path: KeyPath) -> str | None:
    field = model.model_fields.get(str(path[-1])) if model else None
    return field.description if field else None
