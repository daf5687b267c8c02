"""The configuration that follows from a plan, as a text that people read.

Each setting has its reason behind it, or above where the line is full; what would do instead
stands below it, commented out: `# price: {kind: bucketized} # when …`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from tfx_pipeline.tables.plan import Decision, TablePlan
from tfx_pipeline.tables.writing.yaml_values import (
    WIDTH,
    entry_lines,
    flow_text,
    key_text,
    one_line,
)
from tfx_pipeline.wording import counted

LEFT_OUT = "# Left out of the features:"
_ORDER = ("name", "data", "label", "features", "lookups", "model", "evaluation", "risk", "push")
_INDENT = 2

Node = Union[Decision, "_Section"]


@dataclass
class _Section:
    """Settings below one name, with what is said of all of them; `end` are lines behind them."""

    above: list[str] = field(default_factory=list)
    entries: dict[str, Node] = field(default_factory=dict)
    end: list[str] = field(default_factory=list)


def config_text(
    plan: TablePlan, name: str, data: Mapping[str, Any], *, with_editor_line: bool = True
) -> str:
    """Write the configuration.

    Args:
        plan: what was decided.
        name: of the pipeline.
        data: settings of `data` that the plan does not have: where the table and the schema are.
        with_editor_line: begin with the line by which editors find `schema.json` beside the file.
    """
    root = _Section()
    for key, setting in data.items():
        _add(root, ("data", key), Decision(setting))
    for dotted, decision in plan.sections.items():
        _add(root, tuple(dotted.split(".")), decision)
    features = _Section(end=_left_out(plan))
    features.entries.update(plan.features)
    root.entries["features"] = features
    head = ["# yaml-language-server: $schema=schema.json"] if with_editor_line else []
    head += _comment(_title(plan), 0)
    lines = [*head, *entry_lines("name", name, 0)]
    known = [key for key in _ORDER if key in root.entries]
    for key in [*known, *(key for key in root.entries if key not in known)]:
        lines += ["", *_lines(key, root.entries[key], 0)]
    return "\n".join(lines) + "\n"


def _title(plan: TablePlan) -> str:
    rows = counted(plan.looked_at, "row")
    if plan.looked_at < plan.rows:
        rows += f" of about {plan.rows:,}"
    return (
        f"{plan.table}, as `tfx-pipeline init` found it in {rows}. Change what you like: running it"
        " again keeps what was changed."
    )


def _add(root: _Section, path: tuple[str, ...], decision: Decision) -> None:
    """Put a setting where its dotted key says; a whole section becomes its entries."""
    *above, name = path
    section = root
    for key in above:
        inner = section.entries.setdefault(key, _Section())
        assert isinstance(inner, _Section), f"{path} lies within a setting"
        section = inner
    if above or not isinstance(decision.setting, Mapping):
        section.entries[name] = decision
        return
    inner = section.entries.setdefault(name, _Section())
    assert isinstance(inner, _Section)
    inner.above += _comment(decision.reason, 0)
    for each in decision.alternatives:
        inner.above += _comment(f"Or {flow_text(each.setting)}: {each.when}", 0)
    for key, setting in decision.setting.items():
        inner.entries[key] = Decision(setting)


def _lines(name: str, node: Node, indent: int) -> Iterator[str]:
    if isinstance(node, Decision):
        yield from setting_lines(name, node, indent)
        return
    yield from (f"{' ' * indent}{line}" for line in node.above)
    yield f"{' ' * indent}{key_text(name)}:"
    for key, each in node.entries.items():
        yield from _lines(key, each, indent + _INDENT)
    yield from (f"{' ' * (indent + _INDENT)}{line}" for line in node.end)


def setting_lines(name: str, decision: Decision, indent: int) -> list[str]:
    """Write one setting with its reason and its alternatives."""
    lines = entry_lines(name, decision.setting, indent)
    reason = one_line(decision.reason)
    if reason and len(lines) == 1 and len(lines[0]) + len(reason) + 3 <= WIDTH:
        lines[0] += f" # {reason}"
    elif reason:
        lines[:0] = _comment(reason, indent)
    for each in decision.alternatives:
        when = f" # {one_line(each.when)}" if each.when else ""
        setting = f"{key_text(name)}: {flow_text(each.setting)}"
        lines.append(f"{' ' * indent}# {setting}{when}")
    return lines


def _left_out(plan: TablePlan) -> list[str]:
    """Name the columns that nothing uses, a line each."""
    dropped = [column for column in plan.columns if column.role == "dropped"]
    lines = [LEFT_OUT] if dropped else []
    for column in dropped:
        reason = one_line(column.reason or column.meaning)
        lines.append(f"# - {one_line(column.name)}: {reason}")
    return lines


def _comment(text: str, indent: int) -> list[str]:
    start = f"{' ' * indent}# "
    return textwrap.wrap(
        one_line(text),
        WIDTH,
        initial_indent=start,
        subsequent_indent=start,
        break_long_words=False,
        break_on_hyphens=False,
    )
