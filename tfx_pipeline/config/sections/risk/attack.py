"""Configuration of the risk check `attack`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from tfx_pipeline.config.sections.risk.check import RiskCheck
from tfx_pipeline.config.sections.section import ColumnName, OneOrMore

Share = Annotated[float, Field(gt=0, le=1)]


class AttackCheck(RiskCheck):
    """How little somebody must change to get another answer.

    A search tries values of the training rows, column after column; it can ask the model as often
    as it likes and sees its probabilities. What it does not find may still exist.
    """

    immutable: Annotated[tuple[ColumnName, ...], OneOrMore()] = ()
    """Features that whoever sends rows cannot choose."""
    max_columns: int = Field(default=3, ge=1, le=10)
    """So many features of a row may change."""
    max_distance: Share = 0.25
    """A number may move past this share of the training rows, and by this share of their range (1st
    to 99th percentile): 0.1, from the median to the 40th or the 60th percentile. A text may take
    any of the 8 most frequent values."""
    tiny_distance: Share = 0.01
    """A change of one number that nobody would notice, as `max_distance` counts."""
    max_tiny_flips: Share = 0.4
    """Share of the rows in which one tiny change may give another class; of regression, move the
    answer by more than the labels' standard deviation."""
    rare_share: float = Field(default=0.1, ge=0, le=1)
    """A category that comes in no more of the training rows than this must not give nearly all
    rows one sure answer: of classes, one with 50 times the odds that it has among the training
    rows (a class that more than 70 % of them have is no gift); of regression, one that is two
    standard deviations of the labels away. Whoever learns of it has the answer that he wants."""
    min_accuracy: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of the rows that must still be answered rightly when `max_columns` features were
    changed. Unsaid, any: where all features can be chosen, little is left."""
    restarts: int = Field(default=1, ge=0, le=20)
    """So often the search begins anew with another first step, for rows that held."""
    max_rows: int = Field(default=200, ge=20, le=100_000)
    """Rows of the eval split that are attacked."""
