"""Configuration of the label: what the model predicts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from tfx_pipeline.config.sections.decision import DecisionConfig
from tfx_pipeline.config.sections.section import ColumnName, Named, OneOrMore, Section

BALANCED = "balanced"
"""In the place of a column of weights: each class counts the same."""


class LabelConfig(Section):
    """What the model predicts."""

    column: ColumnName
    """Source column of the label. It never reaches the features."""
    task: Literal["binary", "multiclass", "regression"]
    """Kind of prediction; decides loss, metrics and signatures."""
    rule: str | None = None
    """How the label follows from columns, e.g. `tips > 0.2 * fare`; none: the column itself.
    A name that is not a single word stands in backticks: `` `end s` - `start s` > 60 ``. Computed
    in float64: integers are exact up to 2**53, decimals as the table writes them, to 7 digits."""
    classes: Annotated[tuple[str, ...], OneOrMore(",")] = ()
    """Class names in the order of their ids (binary: negative, positive)."""
    weight: ColumnName | Literal["balanced"] | None = None
    """How much each row counts in training; none: all the same. The name of a column of numbers
    from 0 on, missing in no training row, which is no feature and which no caller sends; they are
    divided by their mean. Or `balanced`: each class counts the same, a row n / (k n_class), by the
    n training rows, k classes, and n_class rows of its class; probabilities are then no longer
    those of the table, but of one with as many rows of each class (so say in
    `evaluation.thresholds` what the model must reach). Metrics count each row once."""
    decision: Annotated[DecisionConfig | None, Named("goal")] = None
    """From which probability on the second class is answered, of a binary task."""

    @model_validator(mode="after")
    def _classes_fit_the_task(self) -> LabelConfig:
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("classes must differ from one another")
        if self.task == "multiclass" and len(self.classes) < 3:
            raise ValueError("multiclass needs at least three classes, in the order of their ids")
        if self.task == "binary" and len(self.classes) not in (0, 2):
            raise ValueError("binary takes no classes, or two: [negative, positive]")
        if self.task == "regression" and self.classes:
            raise ValueError("regression takes no classes")
        return self

    @model_validator(mode="after")
    def _weight_and_decision_fit_the_task(self) -> LabelConfig:
        if self.task == "regression" and self.weight == BALANCED:
            raise ValueError("regression has no classes that could be `balanced`")
        if self.task != "binary" and self.decision:
            raise ValueError(
                "a decision belongs to a binary task: multiclass answers the likeliest"
            )
        return self

    @property
    def weight_column(self) -> str | None:
        """Name of the column of weights, if there is one."""
        return None if self.weight == BALANCED else self.weight
