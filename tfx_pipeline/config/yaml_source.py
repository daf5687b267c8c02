"""Read YAML while remembering the line of every key, and how every scalar was written.

Names are texts: a key is what stands there, whatever YAML takes it for (`on`, `1`, `2021-01-01`).
What a scalar means is decided later, by the type of its field (see `source_text`).

Terms:
    plain scalar: a value without quotes, such as `no`, `0x10` or `Cash`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.wording import shortened

KeyPath = tuple[str | int, ...]
"""Where a value stands: mapping keys and list positions from the root on."""

_SYNTAX = "check indentation and colons; quote texts that begin with one of { [ * & ! | > % @ `"
_RESOLVED = ("bool", "int", "float", "null", "merge")  # and no dates
_MOST_VALUES = 100_000  # a few lines of aliases can stand for billions


@dataclass(frozen=True)
class YamlSource:
    """Values of one YAML file, or of several merged, with the place of each."""

    values: dict[str, Any]
    places: dict[KeyPath, str]  # `file:line`
    texts: dict[KeyPath, str] = field(default_factory=dict)  # what was written for plain scalars

    def place(self, path: KeyPath) -> str | None:
        """Give `file:line` of the value at `path`, or of the nearest value that holds it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return None

    def overlay(self, other: YamlSource) -> YamlSource:
        """Merge `other` on top: mappings key by key; anything else replaces what was there.

        The texts are left out: both are to be read as their types want them before.
        """
        return YamlSource(_merge(self.values, other.values), {**self.places, **other.places})


def read_yaml(file: Path) -> YamlSource:
    """Read one YAML file whose root is a mapping (an empty file counts as an empty one).

    Raises:
        ConfigError: no such file, not text, not YAML, a key given twice, or another root.
    """
    name = str(file)
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        folder = file.parent
        there = sorted(path.name for path in folder.glob("*.yaml")) if folder.is_dir() else []
        allowed = f"one of {', '.join(there)} in {folder}" if there else None
        raise ConfigError([Problem("no such file", name, allowed=allowed)], name) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem("the file cannot be read", name, str(error))], name) from error
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> YamlSource:
    """Read YAML text; `name` stands for the file in places and errors.

    Raises:
        ConfigError: see `read_yaml`.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        found = _Found(name)
        if node is not None:
            found.collect(node, ())
        values = {} if node is None else loader.construct_document(node)
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError([_syntax_problem(error, name)], name) from None
    except RecursionError:
        raise ConfigError([Problem("values are nested too deeply", name)], name) from None
    if not isinstance(values, dict):
        allowed = "a mapping of sections, e.g. `name: taxi`"
        received = shortened(repr(values), 60)
        raise ConfigError(
            [Problem("the root is not a mapping", f"{name}:1", received, allowed)], name
        )
    if found.repeated:
        raise ConfigError(found.repeated, name)
    return YamlSource(values, found.places, found.texts)


def parse_scalar(text: str) -> Any:
    """Give what YAML takes an unquoted text for: a number, a truth value, nothing, or a text."""
    loader = _Loader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return loader.construct_object(yaml.ScalarNode(tag, text))


class _Loader(yaml.SafeLoader):
    """YAML whose keys are texts, and in which only numbers, truth values and nulls are none."""

    yaml_implicit_resolvers = {
        first: [(tag, form) for tag, form in forms if tag.rpartition(":")[2] in _RESOLVED]
        for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping; the keys are what stands there."""
        self.flatten_mapping(node)
        return {_key(key): self.construct_object(value, deep=deep) for key, value in node.value}

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """Read a number; what only looks like one (`0b_`) stays a text."""
        try:
            construct = yaml.SafeLoader.yaml_constructors[node.tag]
            return construct(self, node)
        except ValueError:
            return node.value


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.construct_number)
_Loader.add_constructor("tag:yaml.org,2002:merge", lambda _, node: node.value)  # `<<` as a value


def _key(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise yaml.MarkedYAMLError(problem="a key that is no text", problem_mark=node.start_mark)
    return str(node.value)


class _Found:
    """What the nodes of a document say beside their values."""

    def __init__(self, name: str) -> None:
        self.places: dict[KeyPath, str] = {}
        self.texts: dict[KeyPath, str] = {}
        self.repeated: list[Problem] = []
        self._name = name
        self._holders: list[yaml.Node] = []

    def collect(self, node: yaml.Node, path: KeyPath) -> None:
        """Note the places and texts of a node and of all in it."""
        self.places.setdefault(path, self._place(node))
        if node in self._holders or len(self.places) > _MOST_VALUES:
            what = "an alias that holds itself, or too many values"
            raise yaml.MarkedYAMLError(problem=what, problem_mark=node.start_mark)
        self._holders.append(node)
        if isinstance(node, yaml.MappingNode):
            self._collect_mapping(node, path)
        elif isinstance(node, yaml.SequenceNode):
            for position, value in enumerate(node.value):
                self.collect(value, (*path, position))
        elif isinstance(node, yaml.ScalarNode) and node.style is None:
            self.texts[path] = node.value
        self._holders.pop()

    def _collect_mapping(self, node: yaml.MappingNode, path: KeyPath) -> None:
        own: set[str] = set()
        has_merged = False
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                has_merged = True
                merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
                for each in reversed(merged):  # of two, the first is the one that counts
                    self.collect(each, path)
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            name, child = _key(key), (*path, _key(key))
            if name in own:
                what = f"`{name}` is given twice"
                self.repeated.append(Problem(what, self._place(key), allowed="each key once"))
            own.add(name)
            if has_merged:
                self._forget(child)
            self.places[child] = self._place(key)
            self.collect(value, child)

    def _forget(self, path: KeyPath) -> None:
        """Leave out what a merged mapping said, and this one says anew."""
        for known in (self.places, self.texts):
            for below in [each for each in known if each[: len(path)] == path]:
                del known[below]

    def _place(self, node: yaml.Node) -> str:
        return f"{self._name}:{node.start_mark.line + 1}"


def _merge(below: Any, above: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    merged = dict(below)
    for key, value in above.items():
        merged[key] = _merge(below[key], value) if key in below else value
    return merged


def _syntax_problem(error: Exception, name: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    place = f"{name}:{mark.line + 1}" if mark else name
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    return Problem(f"not valid YAML: {what}", place, next_step=_SYNTAX)
