"""What is decided about one column before it is known what the others are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.plan import Alternative, ColumnPlan, Decision, Role
from tfx_pipeline.wording import percent


@dataclass(frozen=True)
class Guess:
    """A sort of column.

    Attributes:
        meaning: what it holds, without how much is missing.
        feature: its entry in `features`; none: it is no feature.
        reason: why; of a feature that stands in the decision.
        alternatives: other entries.
        statistics: see `ColumnPlan`.
    """

    meaning: str
    feature: Mapping[str, Any] | None
    reason: str
    alternatives: tuple[Alternative, ...] = ()
    statistics: Mapping[str, Any] = field(default_factory=dict)
    role: Role = "feature"

    def plan(self, column: ColumnSample, missing: int | None = None) -> ColumnPlan:
        """Make the column's plan; `missing`: rows without a value, where the guess found more."""
        missing = column.missing if missing is None else missing
        decision = None
        if self.feature is not None:
            decision = Decision(dict(self.feature), self.reason, self.alternatives)
        meaning = self.meaning
        if missing:
            meaning += f"; {percent(missing / column.rows)} missing"
        return ColumnPlan(
            column.name,
            self.role if self.feature is not None else "dropped",
            meaning,
            decision,
            self.reason,
            column.rows,
            missing,
            column.distinct,
            dict(self.statistics),
        )


def shown_number(number: float) -> str:
    """Write a number for people: `87,000`, `0.0123`, `-3.4e+38`."""
    if number == int(number) and abs(number) < 1e15:
        return f"{int(number):,}"
    return f"{number:,.0f}" if 1e5 <= abs(number) < 1e15 else f"{number:.6g}"
