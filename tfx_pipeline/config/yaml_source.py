"""Read YAML while remembering the line of every key, so that errors can point at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from tfx_pipeline.errors import ConfigError, Problem

KeyPath = tuple[str | int, ...]
"""Where a value stands: mapping keys and list positions from the root on."""


class YamlSource:
    """Values of one YAML file, or of several merged, with the place of each.

    Attributes:
        values: the nested mapping.
        places: `file:line` of each key path.
    """

    def __init__(self, values: dict[str, Any], places: dict[KeyPath, str]) -> None:
        self.values = values
        self.places = places

    def place(self, path: KeyPath) -> str | None:
        """Give `file:line` of the value at `path`, or of the nearest value that holds it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return None

    def overlay(self, other: YamlSource) -> YamlSource:
        """Merge `other` on top: mappings key by key; anything else replaces what was there."""
        return YamlSource(_merge(self.values, other.values), {**self.places, **other.places})


def read_yaml(file: Path, shown_as: str | None = None) -> YamlSource:
    """Read one YAML file whose root is a mapping (an empty file counts as an empty one).

    Raises:
        ConfigError: no such file, not text, not YAML, a key given twice, or another root.
    """
    name = shown_as or str(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError([_missing_file(file, name)], name) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem("the file cannot be read", name, str(error))], name) from error
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> YamlSource:
    """Read YAML text; `name` stands for the file in places and errors.

    Raises:
        ConfigError: see `read_yaml`.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        values = {} if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError([_syntax_problem(error, name)], name) from None
    if not isinstance(values, dict):
        allowed = "a mapping of sections, e.g. `name: taxi`"
        raise ConfigError(
            [Problem("the root is not a mapping", f"{name}:1", _shorten(values), allowed)], name
        )
    places: dict[KeyPath, str] = {}
    repeated: list[Problem] = []
    if node is not None:
        _collect_places(node, (), name, places, repeated)
    if repeated:
        raise ConfigError(repeated, name)
    return YamlSource(values, places)


def _collect_places(
    node: yaml.Node,
    path: KeyPath,
    name: str,
    places: dict[KeyPath, str],
    repeated: list[Problem],
) -> None:
    places.setdefault(path, f"{name}:{node.start_mark.line + 1}")
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            child = (*path, str(key.value))
            place = f"{name}:{key.start_mark.line + 1}"
            if child in places:
                repeated.append(
                    Problem(f"`{key.value}` is given twice", place, allowed="each key once")
                )
            places[child] = place
            _collect_places(value, child, name, places, repeated)
    elif isinstance(node, yaml.SequenceNode):
        for position, value in enumerate(node.value):
            _collect_places(value, (*path, position), name, places, repeated)


def _merge(below: Any, above: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    merged = dict(below)
    for key, value in above.items():
        merged[key] = _merge(below[key], value) if key in below else value
    return merged


def _missing_file(file: Path, name: str) -> Problem:
    folder = file.parent
    there = sorted(path.name for path in folder.glob("*.yaml")) if folder.is_dir() else []
    allowed = f"one of {', '.join(there)} in {folder}" if there else None
    return Problem("no such file", name, allowed=allowed)


def _syntax_problem(error: Exception, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"{name}:{mark.line + 1}" if mark else name
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Problem(f"not valid YAML: {what}", place, next_step="check indentation and colons")


def _shorten(value: Any, width: int = 60) -> str:
    text = repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"
