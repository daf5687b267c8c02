"""Configuration of the evaluation: metrics, slices, and the thresholds that bless a model."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from tfx_pipeline.config.sections.section import ColumnName, OneOrMore, Section
from tfx_pipeline.evaluation import metric_names
from tfx_pipeline.evaluation.metric_names import ALL_METRICS, nearest_metric


def _known(name: Any) -> Any:
    """Refuse a name that is no metric's, and ask for the one that was meant."""
    if name in ALL_METRICS:
        return name
    near = nearest_metric(name) if isinstance(name, str) else None
    question = f": did you mean `{near}`?" if near else "."
    called = repr(name) if str(name).isprintable() else "so"
    raise ValueError(f"no metric is called {called}{question} There are {', '.join(ALL_METRICS)}")


MetricName = Annotated[metric_names.MetricName, BeforeValidator(_known)]


_SLICES = OneOrMore(doubtful="[[a], [b]] for one slice each, or [[a, b]] for both crossed")
Slice = Annotated[tuple[ColumnName, ...], _SLICES]


class ThresholdConfig(Section):
    """What a metric must reach for the model to be blessed."""

    min: float | None = None
    """Smallest value accepted."""
    max: float | None = None
    """Largest value accepted."""
    max_loss_against_baseline: float | None = Field(default=None, ge=0)
    """How much worse than the last blessed model it may be, in the metric's own unit: lower, where
    more is better; higher, where less is; and of `calibration` (best at 1), `mean_prediction` (best
    at `mean_label`) and `mean_label` (best at the last model's), further from there."""

    @model_validator(mode="after")
    def _says_something(self) -> ThresholdConfig:
        if self.min is None and self.max is None and self.max_loss_against_baseline is None:
            raise ValueError("give min, max or max_loss_against_baseline")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min must not exceed max")
        return self


class EvaluationConfig(Section):
    """How the model is evaluated, on the eval split."""

    metrics: Annotated[
        tuple[MetricName, ...], Field(max_length=len(ALL_METRICS)), OneOrMore(",")
    ] = ()
    """Metrics to compute, as scikit-learn defines them, over rows whose label is known; none: those
    that fit the task, and those that have a threshold. Binary: `auc`, `pr_auc` (average precision),
    `log_loss`, `accuracy`, `precision`, `recall`, `f1` (the second class is answered above 0.5),
    `calibration` (sum of the probabilities / positive rows), `mean_label`, `mean_prediction`.
    Multi-class: `accuracy`, `log_loss`, and, averaged over the classes with equal weight (macro),
    `precision`, `recall`, `f1`. Regression: `mse`, `rmse`, `mae`, `mape`, `r2`, `calibration`,
    `mean_label`, `mean_prediction`. A metric that does not exist on the eval split (`auc` without a
    positive row, `mape` of a label 0) has no value, and a threshold on it refuses the model."""
    slices: Annotated[tuple[Slice, ...], _SLICES] = ()
    """Also per value of these columns; several columns in one slice are crossed."""
    thresholds: dict[MetricName, ThresholdConfig] = {}
    """Per metric, over all rows; a model that misses one is not pushed. Without any, and while
    there is no blessed model that `max_loss_against_baseline` could be judged by, a model must beat
    the trivial answer by 0.1 % of its loss. For classification that is, in `log_loss` (computed for
    this even if it is not among the metrics), the majority class of the training split, each class
    with its share there as its probability; for regression, in `mse`, the mean of the labels there.
    """
