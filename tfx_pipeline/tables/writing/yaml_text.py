"""A text in YAML: what it says, and where it says so."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tfx_pipeline.config.yaml_source import parse_yaml
from tfx_pipeline.tables.writing.yaml_entries import Entries, Path, entries_of

NOTHING = object()
"""The value of what is not there."""


@dataclass(frozen=True)
class YamlText:
    """A text, and the name of its file in errors."""

    text: str
    name: str

    def check(self) -> None:
        """Make sure that it is YAML, and refers to nothing that holds it.

        Raises:
            ConfigError: it is not.
        """
        _ = self.values

    @cached_property
    def values(self) -> dict[str, Any]:
        """What it says; raises ConfigError where it is no YAML."""
        return parse_yaml(self.text, self.name).values

    @cached_property
    def entries(self) -> Entries:
        """Where it says so."""
        return entries_of(self.text)

    @cached_property
    def settings(self) -> list[Path]:
        """Paths of the entries on lines of their own that are no sections."""
        known = self.entries.by_path.values()
        return [x.path for x in known if not x.is_section and not x.is_inline]

    def value(self, path: Path) -> Any:
        """Give the value at a path, or `NOTHING`."""
        value: Any = self.values
        for name in path:
            if not isinstance(value, dict) or name not in value:
                return NOTHING
            value = value[name]
        return value


def with_changes(values: Mapping[str, Any], changes: Mapping[Path, Any]) -> dict[str, Any]:
    """Give values with others at some paths, and without those that are to be `NOTHING`."""
    changed: dict[str, Any] = copy.deepcopy(dict(values))
    for path, value in changes.items():
        holder = changed
        for name in path[:-1]:
            if not isinstance(holder.get(name), dict):
                holder[name] = {}
            holder = holder[name]
        if value is NOTHING:
            del holder[path[-1]]
        else:
            holder[path[-1]] = value
    return changed
