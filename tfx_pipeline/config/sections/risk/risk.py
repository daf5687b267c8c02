"""Configuration of what is examined of a model before it is pushed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.risk.attack import AttackCheck
from tfx_pipeline.config.sections.risk.extraction import ExtractionCheck
from tfx_pipeline.config.sections.risk.fairness import FairnessCheck
from tfx_pipeline.config.sections.risk.importance import ImportanceCheck
from tfx_pipeline.config.sections.risk.membership import MembershipCheck
from tfx_pipeline.config.sections.risk.robustness import RobustnessCheck
from tfx_pipeline.config.sections.risk.rules import RulesCheck
from tfx_pipeline.config.sections.risk.shift import ShiftCheck
from tfx_pipeline.config.sections.risk.worst_rows import WorstRowsCheck
from tfx_pipeline.config.sections.section import Line, Named, Section
from tfx_pipeline.evaluation.risk.findings import CheckName


class AcceptedRisk(Section):
    """A risk that somebody takes: what the check finds is said, and stops nothing."""

    check: CheckName
    """Which check's findings."""
    reason: Line
    """Why."""
    by: Line
    """Who."""


class RiskConfig(Section):
    """What is examined of a model after its evaluation; what each check found is in the report."""

    enabled: bool = True
    """Whether any of it is made."""
    sample_rows: int = Field(default=10_000, ge=100, le=1_000_000)
    """At most so many rows of a split are looked at, chosen at random from all of them."""
    seed: int = Field(default=0, ge=0)
    """Of all that is random."""
    accepted: tuple[AcceptedRisk, ...] = ()
    """Risks that are taken, each with a reason and a name; `--accept-risk` adds one."""
    fairness: Annotated[FairnessCheck, Named("severity")] = FairnessCheck()
    """Differences between groups of people."""
    robustness: Annotated[RobustnessCheck, Named("severity")] = RobustnessCheck()
    """Features that are missing, unseen, out of range, in another unit, swapped."""
    attack: Annotated[AttackCheck, Named("severity")] = AttackCheck()
    """How little somebody must change to get another answer."""
    rules: Annotated[RulesCheck, Named("severity")] = RulesCheck()
    """What must hold of the answers: monotonicity, invariance."""
    worst_rows: Annotated[WorstRowsCheck, Named("severity")] = WorstRowsCheck()
    """Rows that the model is sure of, and wrong."""
    membership: Annotated[MembershipCheck, Named("severity")] = MembershipCheck()
    """Whether answers tell which rows the model was trained on."""
    extraction: Annotated[ExtractionCheck, Named("severity")] = ExtractionCheck()
    """How many questions it takes to copy the model."""
    importance: Annotated[ImportanceCheck, Named("severity")] = ImportanceCheck()
    """Which features the answers come from, and whether one explains too much."""
    shift: Annotated[ShiftCheck, Named("severity")] = ShiftCheck()
    """The metrics, if rows came as in the newest data."""

    @model_validator(mode="after")
    def _accepts_once(self) -> RiskConfig:
        names = [each.check for each in self.accepted]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"accepted: `{name}` stands there {names.count(name)} times: once")
        return self
