"""Configuration of the risk check `robustness`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tfx_pipeline.config.sections.risk.check import RiskCheck
from tfx_pipeline.config.sections.section import ColumnName, OneOrMore

Change = Literal["missing", "unseen", "at_range", "beyond_range", "unit", "swapped"]
Factor = Annotated[float, Field(gt=1, le=1e9)]


class RobustnessCheck(RiskCheck):
    """What one wrong feature does to the answers.

    An answer that is no finite number, or no probability, is always found; so is a model that
    fails; a category that moves nearly all answers to one class, or beyond the labels, though too
    few training rows with it say so; and a column whose unit is not that of the training rows.
    """

    judged: Annotated[tuple[Change, ...], OneOrMore(",")] = ("missing", "unseen")
    """Changes to which `max_loss` and `max_flips` apply: a value that is `missing`, or `unseen` in
    training; numbers `at_range` of the training rows, or `beyond_range` by its width; mistaken for
    another `unit`; two columns `swapped`. What the others do is shown."""
    max_loss: float | None = Field(default=2.0, ge=1)
    """Mean loss of a judged change, as a multiple of the largest of three: the loss without it, the
    best constant answer's, and the loss with that feature's values of other rows. A model that
    knows less may be less sure; it may not be sure and wrong. Of classes the loss is Brier's,
    of numbers the absolute error."""
    max_flips: float | None = Field(default=None, gt=0, le=1)
    """Share of the answers that a judged change may turn into another class; of regression, that
    it may move by more than the labels' standard deviation."""
    units: tuple[Factor, ...] = (60.0, 1.609, 1000.0)
    """Factors by which a number may be mistaken, and divided by as well: minutes for seconds,
    kilometres for miles, grams for kilograms."""
    columns: dict[ColumnName, Literal["off"]] = {}
    """Features that are not changed: `{id: off}`."""
    max_rows: int = Field(default=500, ge=20, le=100_000)
    """Rows of the eval split that each change is tried on."""
