"""Configuration of the label: what the model predicts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import model_validator

from tfx_pipeline.config.sections.section import ColumnName, OneOrMore, Section


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
