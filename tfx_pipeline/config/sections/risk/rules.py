"""Configuration of the risk check `rules`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.risk.check import RiskCheck, Severity
from tfx_pipeline.config.sections.section import ColumnName, OneOrMore, Section


class Rule(Section):
    """What the answer must do when features change, and all others stay as they are."""

    features: Annotated[tuple[ColumnName, ...], OneOrMore(",")] = Field(min_length=1)
    """Which ones change; of `never_lowers` and `never_raises`, one."""
    effect: Literal["never_lowers", "never_raises", "never_matters"]
    """What it does to the answer (the probability of the second class, of `class`, or the number),
    when the feature goes up: it `never_lowers` it, `never_raises` it; or whatever value the
    features have, it `never_matters`."""
    step: Annotated[tuple[float, ...], OneOrMore(",")] = ()
    """By how much a number goes up, in the column's own unit, one or several; unsaid: it takes
    values all over the range of its column."""
    values: tuple[str | float, ...] = ()
    """Which values it takes instead; of a text that goes up, all of them from low to high."""
    answer: str | None = None
    """Class whose probability this is about; of more than two classes, needed for all but
    `never_matters`."""
    tolerance: float = Field(default=0.001, ge=0)
    """Changes that are no larger do not count: of a probability; of a number as a share of the
    labels' standard deviation."""
    max_share: float = Field(default=0.0, ge=0, lt=1)
    """Share of the rows that may break the rule."""

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        is_order = self.effect != "never_matters"
        if is_order and len(self.features) > 1:
            raise ValueError(f"`{self.effect}` is about one feature: write a rule for each")
        if self.step and self.values:
            raise ValueError("`step` and `values` both say what changes: give one")
        if self.step and not is_order:
            raise ValueError("`step` belongs to never_lowers and never_raises; give `values`")
        if any(step <= 0 for step in self.step):
            raise ValueError("`step` must be above 0: the feature goes up")
        if is_order and len(self.values) == 1:
            raise ValueError("`values` must be two at least, from low to high")
        return self


class RulesCheck(RiskCheck):
    """What must hold of the answers: your own rules, tried on rows of the eval split."""

    severity: Severity = "error"
    """`error` refuses a model that breaks a rule, `warn` says it, `off`: the check is not made."""
    rules: tuple[Rule, ...] = ()
    """For example `{features: fare, effect: never_lowers}`."""
