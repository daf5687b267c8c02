"""The refusal of a split, with what a run needs to find the rows in the table itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tfx_pipeline.components.data_gate.anomalies import Offence
from tfx_pipeline.errors import DataError


@dataclass(frozen=True)
class RefusedRule:
    """A rule that a split breaks, and the number of its rows."""

    offence: Offence
    split: str
    total_rows: int


class AnomaliesError(DataError):
    """The data breaks the schema; `rules` are in the order of the problems."""

    def __init__(self, rules: Sequence[RefusedRule]) -> None:
        self.rules = tuple(rules)
        problems = [rule.offence.to_problem(rule.split, rule.total_rows) for rule in rules]
        super().__init__(problems, "the data breaks the schema; nothing was trained or pushed")
