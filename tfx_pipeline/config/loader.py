"""Load a pipeline's configuration: file, environment overlay, `--set` overrides, checks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tfx_pipeline.config.path_checks import path_problems
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.source_text import as_written, is_text
from tfx_pipeline.config.type_problems import to_problem, without_credentials
from tfx_pipeline.config.yaml_source import KeyPath, YamlSource, parse_scalar, parse_yaml, read_yaml
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.storage.plain_names import link
from tfx_pipeline.wording import counted

_KEY = re.compile(r"""(?:"[^"]+"|'[^']+'|[^.="']+)""")
_OVERRIDE = re.compile(rf"(?P<keys>{_KEY.pattern}(?:\.{_KEY.pattern})*)=(?P<value>.*)", re.DOTALL)


@dataclass(frozen=True)
class LoadedConfig:
    """A valid configuration, where each of its values was said, and its file's name in messages."""

    config: PipelineConfig
    source: YamlSource
    name: str


def load_config(
    file: str | Path,
    env: str | None = None,
    overrides: Sequence[str] = (),
    accepted_risks: Sequence[Mapping[str, str]] = (),
) -> LoadedConfig:
    """Read `file`, lay the environment over it, then the overrides, and check the types.

    Args:
        file: YAML file of the pipeline. Relative paths in it start at its folder, or at that
            folder's parent when the folder is called `configs`.
        env: name of `env/<name>.yaml` beside the file, or the path of a YAML file.
        overrides: `a.b=c` each; see `parse_override`.
        accepted_risks: entries of `risk.accepted` beside those that are there, in the place of
            what is there of the same check.

    Raises:
        ConfigError: with all problems found.
    """
    path = _from_home(file)
    source = as_written(read_yaml(path), PipelineConfig)
    if env:
        is_file = env.endswith((".yaml", ".yml"))
        overlay = _from_home(env) if is_file else path.parent / "env" / f"{env}.yaml"
        source = source.overlay(as_written(read_yaml(overlay), PipelineConfig))
    for override in overrides:
        source = source.overlay(parse_override(override))
    if accepted_risks:
        source = source.overlay(_accepting(source, accepted_risks))
    loaded = _checked(source, path, str(path))
    config = loaded.config
    if config.environment.runner == "local":
        for place in (config.environment.pipeline_root, config.push.base_directory):
            if not is_uri(place):
                link(config.path(place))
    return loaded


def _accepting(source: YamlSource, risks: Sequence[Mapping[str, str]]) -> YamlSource:
    """Give `risk.accepted` with these entries; what is there and no list is left to fail."""
    section = source.values.get("risk", {})
    before = section.get("accepted", []) if isinstance(section, dict) else section
    before = [] if before is None else before  # of a key without a value
    if not isinstance(before, list):
        return YamlSource({}, {})
    checks = {risk["check"] for risk in risks}
    others = [x for x in before if not isinstance(x, dict) or x.get("check") not in checks]
    places: dict[KeyPath, str] = {
        ("risk", "accepted", len(others) + number): f"--accept-risk {risk['check']}"
        for number, risk in enumerate(risks)
    }
    return YamlSource({"risk": {"accepted": [*others, *map(dict, risks)]}}, places)


def loaded_text(text: str, file: Path, name: str) -> LoadedConfig:
    """Check a text that is to become `file`, as `load_config` checks what is there.

    Args:
        text: YAML.
        file: by which the root of its paths is found.
        name: of the file, in messages.

    Raises:
        ConfigError: with all problems found.
    """
    return _checked(as_written(parse_yaml(text, name), PipelineConfig), file, name)


def _checked(source: YamlSource, path: Path, name: str) -> LoadedConfig:
    """Check the types of all values, and the paths among them."""
    config = validated(source, name)
    folder = path.absolute().parent
    config._root = folder.parent if folder.name == "configs" else folder
    if problems := list(path_problems(config, source)):
        raise ConfigError(problems, _title(name, problems))
    return LoadedConfig(config, source, name)


def validated(source: YamlSource, name: str) -> PipelineConfig:
    """Check the types of all values; the configuration's root is yet to be set.

    Raises:
        ConfigError: with all problems found.
    """
    try:
        return PipelineConfig.model_validate(source.values)
    except ValidationError as error:
        problems = [to_problem(details, source) for details in error.errors()]
        problems.sort(key=_line_of)
        raise ConfigError(problems, _title(name, problems)) from None


def _line_of(problem: Problem) -> tuple[str, int]:
    file, _, line = (problem.place or "").rpartition(":")
    return (file, int(line)) if line.isdecimal() else (problem.place or "", 0)


def _title(name: str, problems: Sequence[Problem]) -> str:
    return f"{name} cannot be used: {counted(len(problems), 'problem', separator='')}"


def _from_home(file: str | Path) -> Path:
    """Fill in `~`, which no shell does in `--config=~/…`."""
    try:
        return Path(file).expanduser()
    except RuntimeError:  # there is no such user, or no home
        return Path(file)


def parse_override(text: str, option: str = "--set") -> YamlSource:
    """Read `a.b=c`; a name that holds a dot or `=` is quoted: `features."a.b".kind=text`.

    Args:
        text: where `c` is quoted, or a list or a mapping for a field that is not a text, it is
            read as YAML; anything else is taken letter by letter.
        option: how it came to us, for messages.

    Raises:
        ConfigError: it is none.
    """
    place = without_credentials(f"{option} {text}")
    found = _OVERRIDE.fullmatch(text)
    if found is None:
        problem = Problem("not an override", place, None, "section.field=value")
        raise ConfigError([problem], f"{option} cannot be used")
    keys = [key.strip("\"'") for key in _KEY.findall(found["keys"])]
    value = found["value"].strip() or found["value"]  # a blank may be what is meant
    opening = "\"'" if is_text(PipelineConfig, tuple(keys)) else "\"'[{"
    if value and value[0] in opening:
        source = parse_yaml(f"value: {value}", place)
    else:
        path = ("value",)
        source = YamlSource({"value": parse_scalar(value)}, {path: place}, {path: value})
    parsed: Any = source.values["value"]
    for key in reversed(keys):
        parsed = {key: parsed}
    inside = [path[1:] for path in source.places if path]
    whole = YamlSource(
        parsed,
        {(*keys, *path): place for path in inside},
        {(*keys, *path[1:]): written for path, written in source.texts.items()},
    )
    return as_written(whole, PipelineConfig)
