"""Put settings that a search found into a configuration that a person wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.tables.writing.config_merge import merge_config
from tfx_pipeline.tables.writing.yaml_text import NOTHING, YamlText
from tfx_pipeline.tables.writing.yaml_values import entry_lines, flow_text

_SECTION = "model"


def with_model_settings(text: str, setting: Mapping[str, Any], name: str) -> str:
    """Give the text with these values in its section `model`; all else stays as it is.

    Args:
        text: of the file.
        setting: values by dotted path in that section: `trees.leaves`.
        name: of the file, in errors.

    Raises:
        ConfigError: it is no YAML, or written in a way that cannot be changed.
    """
    there = YamlText(text, name)
    there.check()
    section = there.entries.by_path.get((_SECTION,))
    if section is None:
        lines = _lines(_grouped(setting), 2)
        return "\n".join([text.rstrip("\n"), "", f"{_SECTION}:", *lines]) + "\n"
    before, now = [f"{_SECTION}:"], [f"{_SECTION}:"]
    for key, new in _grouped(setting).items():
        known, entry = there.value((_SECTION, key)), there.entries.by_path.get((_SECTION, key))
        if entry is None or not entry.is_section or not isinstance(new, Mapping):
            was = {} if known is NOTHING else {key: known}
            before += _lines(was, 2)
            now += _lines({key: _joined(known, new)}, 2)
            continue
        fields = {field: there.value((_SECTION, key, field)) for field in new}
        before += [f"  {key}:", *_lines({x: y for x, y in fields.items() if y is not NOTHING}, 4)]
        now += [f"  {key}:", *_lines(new, 4)]
    texts = ("\n".join(before) + "\n", text, "\n".join(now) + "\n")
    merged, kept = merge_config(*texts, (), name)
    if kept or not section.is_section:
        what = f"`{_SECTION}` is written between braces, where nothing can be put in"
        step = "write its fields on lines of their own, or put these in by hand"
        received = flow_text(_grouped(setting))
        raise ConfigError([Problem(what, name, received, next_step=step)], "nothing was written")
    return merged


def _grouped(setting: Mapping[str, Any]) -> dict[str, Any]:
    """Put values by dotted path into mappings."""
    grouped: dict[str, Any] = {}
    for path, value in setting.items():
        key, dot, field = path.partition(".")
        if dot:
            grouped.setdefault(key, {})[field] = value
        else:
            grouped[key] = value
    return grouped


def _joined(known: Any, new: Any) -> Any:
    """Put new fields over those that are there; a text alone is short for a name."""
    if not isinstance(new, Mapping) or known is NOTHING:
        return new
    return {**({"name": known} if isinstance(known, str) else known or {}), **new}


def _lines(values: Mapping[str, Any], indent: int) -> list[str]:
    return [line for key, value in values.items() for line in entry_lines(key, value, indent)]
