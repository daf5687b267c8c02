"""Configuration of the input table, its split and its label."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.section import ColumnName, Section


class SplitConfig(Section):
    """How rows are divided: by a hash of the whole row, so equal rows stay together."""

    train: int = Field(default=2, ge=1, le=1000)
    """Weight of the training split (shares: train / (train + eval))."""
    eval: int = Field(default=1, ge=1, le=1000)
    """Weight of the evaluation split."""
    seed: int = Field(default=0, ge=0)
    """Salt of the hash: another seed, another split."""


class DataConfig(Section):
    """The table that the pipeline reads."""

    path: str
    """CSV file, or folder of CSV files with one header (relative to the project's root)."""
    split: SplitConfig = SplitConfig()
    """Training and evaluation shares."""
    schema_file: str | None = None
    """Curated schema (text proto). It validates and transforms; without it, the inferred one."""
    refuse_warnings: bool = False
    """Also stop at anomalies that TFDV marks as warnings, not only at its errors."""


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
    classes: tuple[str, ...] = ()
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
