"""An anomaly as a problem that knows its rule: who shows it may have the table at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tfx_pipeline.errors import Problem


@dataclass(frozen=True)
class RefusedRule:
    """A rule that a split breaks: its `Offence`, and the number of the split's rows."""

    offence: Any
    split: str
    total_rows: int


class AnomalyProblem(Problem):
    """A problem like any other, written and read as one; the rule stays in this process."""

    rule: RefusedRule

    @classmethod
    def of(cls, problem: Problem, rule: RefusedRule) -> AnomalyProblem:
        """Add its rule to a problem."""
        found = cls(problem.what, problem.place, problem.received, next_step=problem.next_step)
        object.__setattr__(found, "rule", rule)  # as a field, it would be written, too
        return found
