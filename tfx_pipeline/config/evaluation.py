"""Configuration of the evaluation: metrics, slices, and the thresholds that bless a model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.section import ColumnName, Section
from tfx_pipeline.config.short_forms import OneOrMore

MetricName = Literal[
    "auc",
    "pr_auc",
    "log_loss",
    "accuracy",
    "calibration",
    "mean_label",
    "mean_prediction",
    "mse",
    "mae",
]


_SLICES = OneOrMore(doubtful="[[a], [b]] for one slice each, or [[a, b]] for both crossed")
Slice = Annotated[tuple[ColumnName, ...], _SLICES]


class ThresholdConfig(Section):
    """What a metric must reach for the model to be blessed."""

    min: float | None = None
    """Smallest value accepted."""
    max: float | None = None
    """Largest value accepted."""
    max_loss_against_baseline: float | None = Field(default=None, ge=0)
    """How much worse than the last blessed model it may be, in the metric's own unit."""

    @model_validator(mode="after")
    def _says_something(self) -> ThresholdConfig:
        if self.min is None and self.max is None and self.max_loss_against_baseline is None:
            raise ValueError("give min, max or max_loss_against_baseline")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min must not exceed max")
        return self


class EvaluationConfig(Section):
    """How the model is evaluated, on the eval split."""

    metrics: Annotated[tuple[MetricName, ...], Field(max_length=9), OneOrMore(",")] = ()
    """Metrics to compute; none: those that fit the task."""
    slices: Annotated[tuple[Slice, ...], _SLICES] = ()
    """Also per value of these columns; several columns in one slice are crossed."""
    thresholds: dict[MetricName, ThresholdConfig] = {}
    """Per metric, over all rows; a model that misses one is not pushed."""
