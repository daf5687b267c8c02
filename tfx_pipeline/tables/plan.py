"""What was decided about a table: plain values, from which a configuration is written.

Terms:
    setting: what stands in the configuration, as YAML has it: a mapping, list, text or number.
    reason: a short sentence that says why; it becomes the comment beside the setting.
    alternative: another setting that would do, and when one would choose it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Role = Literal["label", "feature", "weight", "key", "time", "dropped"]
"""`key`: says which rows belong together; `time`: orders the rows; `dropped`: used by nothing."""


@dataclass(frozen=True)
class Alternative:
    """Another setting, and when to choose it."""

    setting: Any
    when: str


@dataclass(frozen=True)
class Decision:
    """A setting with its reason."""

    setting: Any
    reason: str = ""
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True)
class ColumnPlan:
    """A column of the table.

    Attributes:
        name: of the column.
        role: what it is used for; a key or a time can be a feature as well, see `feature`.
        meaning: what it holds, in words for the data's README: "numbers from 0 to 87,000; 3 %
            missing".
        feature: its entry in `features`, with the reason; none: it is no feature.
        reason: why the role.
        rows: rows that were looked at; `missing` of them, and `distinct` values.
        statistics: what else was found, JSON-able: `smallest`, `largest`, `examples`, ….
    """

    name: str
    role: Role
    meaning: str
    feature: Decision | None = None
    reason: str = ""
    rows: int = 0
    missing: int = 0
    distinct: int = 0
    statistics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What a person should look at: a leak suspect, rare classes, few rows.

    Attributes:
        columns: that it is about.
        text: one sentence, with figures.
        next_step: what to do about it.
    """

    columns: tuple[str, ...]
    text: str
    next_step: str = ""


@dataclass(frozen=True)
class TablePlan:
    """All that was decided.

    Attributes:
        table: the path as it was given.
        rows: of the table; an estimate where `looked_at` is less.
        looked_at: rows that the decisions come from.
        columns: in the table's order.
        sections: of the configuration, beside `features`, by dotted key (`data.csv`, `data.split`,
            `label`, `evaluation.metrics`, `model.family`, …), in the order in which they are
            written.
        warnings: what a person should look at.
    """

    table: str
    rows: int
    looked_at: int
    columns: tuple[ColumnPlan, ...]
    sections: Mapping[str, Decision]
    warnings: tuple[Finding, ...] = ()

    @property
    def features(self) -> dict[str, Decision]:
        """The section `features`."""
        return {x.name: x.feature for x in self.columns if x.feature is not None}
