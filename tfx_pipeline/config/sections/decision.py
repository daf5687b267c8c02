"""Configuration of the decision: from which probability on a row is answered with a class."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.section import Section

Share = Annotated[float, Field(gt=0, le=1)]


class CostsConfig(Section):
    """What a wrong answer costs, in one unit; a right one costs nothing."""

    false_positive: float = Field(gt=0)
    """Of answering the second class for a row of the first."""
    false_negative: float = Field(gt=0)
    """Of answering the first class for a row of the second."""


class DecisionConfig(Section):
    """From which probability on the second class is answered; give one of the four.

    The threshold is the one that serves the goal best on training rows that the model was not
    fitted to, each counted once whatever `label.weight` says. It is exported: the model answers a
    `class` beside the `probability`, and `accuracy`, `precision`, `recall` and `f1` are computed
    with it. Without this section there is no `class`, and these metrics take 0.5.
    """

    goal: Literal["accuracy", "balanced_accuracy", "f1"] | None = None
    """What is to be largest; `balanced_accuracy` is the mean of the recalls of both classes."""
    min_recall: Share | None = None
    """The largest precision of all thresholds with at least this recall."""
    min_precision: Share | None = None
    """The largest recall of all thresholds with at least this precision."""
    costs: CostsConfig | None = None
    """The least mean cost."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> DecisionConfig:
        given = [name for name, value in self if value is not None]
        if len(given) != 1:
            raise ValueError("give one of goal, min_recall, min_precision and costs")
        return self
