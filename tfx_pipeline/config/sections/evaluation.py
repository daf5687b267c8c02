"""Configuration of the evaluation: metrics, slices, and the thresholds that bless a model."""

from __future__ import annotations

from typing import Annotated, Any, Literal

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

Unsure = Literal["accept", "point", "refuse"]
Probability = Annotated[float, Field(gt=0, lt=1)]


class ThresholdConfig(Section):
    """What a metric must reach for the model to be blessed."""

    min: float | None = None
    """Smallest value accepted."""
    max: float | None = None
    """Largest value accepted."""
    max_loss_against_baseline: float | None = Field(default=None, ge=0)
    """How much worse than the last blessed model it may be, in the metric's own unit: lower, where
    more is better; higher, where less is; and of `calibration` (best at 1), `mean_error` (best at
    0), `mean_prediction` (best at `mean_label`) and `mean_label` (best at the last model's),
    further from there. The interval of the change decides, see `unsure`."""

    @model_validator(mode="after")
    def _says_something(self) -> ThresholdConfig:
        if self.min is None and self.max is None and self.max_loss_against_baseline is None:
            raise ValueError("give min, max or max_loss_against_baseline")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min must not exceed max")
        return self


class UnsureConfig(Section):
    """What is done where an interval cannot tell.

    It holds both what is asked for and what is not: `accept` that and note it, let the figure
    itself decide (`point`) and note it, or `refuse`. Of a metric without an interval, as
    `max_error`, `accept` is as `point`.
    """

    bounds: Unsure = "point"
    """Of a fixed bound, `min` or `max`."""
    changes: Unsure = "accept"
    """Of a change against the last blessed model."""


class ErrorCostsConfig(Section):
    """What a row's answer costs, by what it is and what is answered, in one unit."""

    false_positive: float | None = Field(default=None, gt=0)
    """Of answering the second class for a row of the first, as in `label.decision.costs`."""
    false_negative: float | None = Field(default=None, gt=0)
    """Of answering the first class for a row of the second."""
    matrix: dict[str, dict[str, float]] = {}
    """By class, what each answer for a row of it costs: `{ham: {spam: 10}, spam: {ham: 1}}`. A gain
    is below 0. A right answer that is not named costs nothing."""
    other: float | None = None
    """What a wrong answer costs that `matrix` does not name; none: it must name all."""
    unit: str = Field(default="", max_length=20)
    """Of all these, to be shown: EUR."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> ErrorCostsConfig:
        pair = (self.false_positive, self.false_negative)
        if bool(self.matrix) == any(cost is not None for cost in pair):
            raise ValueError("give false_positive and false_negative, or matrix")
        if not self.matrix and None in pair:
            raise ValueError("give both false_positive and false_negative")
        if self.other is not None and not self.matrix:
            raise ValueError("other is of the answers that matrix does not name: give matrix")
        return self


class EvaluationConfig(Section):
    """How the model is evaluated, on the eval split."""

    metrics: Annotated[
        tuple[MetricName, ...], Field(max_length=len(ALL_METRICS)), OneOrMore(",")
    ] = ()
    """Metrics to compute, as scikit-learn defines them, over rows whose label is known, each
    counted once whatever `label.weight` says; none: those that fit the task, and those that have a
    threshold. Binary: `auc`, `pr_auc` (average precision), `log_loss`, `brier`, `ece` (mean gap
    between probability and share in 15 bins of equally many rows), `accuracy`, `balanced_accuracy`,
    `precision`, `recall`, `specificity`, `f1` (the second class is answered above 0.5, or above
    what `label.decision` chose), `mean_cost` (of a row, see `costs`), `calibration` (sum of the
    probabilities / positive rows), `mean_label`, `mean_prediction`. Multi-class: `accuracy` (which
    precision, recall and F1 are when averaged over rows, micro), `log_loss`, `macro_auc` and
    `weighted_auc` (each class against the others), `brier` (summed over the classes), `ece` (of
    the likeliest class), `top_2_accuracy`, `top_3_accuracy`, `top_5_accuracy`, `top_10_accuracy`,
    `balanced_accuracy`, averaged over the classes with equal weight (macro) `precision`, `recall`,
    `f1`, by their rows `weighted_precision`, `weighted_f1`, and `mean_cost`. Regression: `mse`,
    `rmse`, `mae`, `median_absolute_error`, `p90_absolute_error`, `max_error`, `mean_error` (answer
    less label), `error_sd`, `mape`, `r2`, `calibration`, `mean_label`, `mean_prediction`, and
    `pinball_5`, `pinball_10`, `pinball_25`, `pinball_50`, `pinball_75`, `pinball_90`, `pinball_95`
    (the loss of the answers as that quantile). A metric that does not exist on the eval split
    (`auc` without a positive row, `mape` of a label 0) has no value, and a threshold on it refuses
    the model."""
    slices: Annotated[tuple[Slice, ...], _SLICES] = ()
    """Also per value of these columns; several columns in one slice are crossed."""
    thresholds: dict[MetricName, ThresholdConfig] = {}
    """Per metric, over all rows; a model that misses one is not pushed. Without any, and while
    there is no blessed model that `max_loss_against_baseline` could be judged by, a model must beat
    the trivial answer by 0.1 % of its loss, and by the interval of the difference. For
    classification that is, in `log_loss` (computed for this even if it is not among the metrics),
    the majority class of the training split, each class with its share there as its probability;
    for regression, in `mse`, the mean of the labels there. Without any it must not be worse than
    the last blessed model in that metric either, see `margin`."""
    margin: float = Field(default=0.01, ge=0, le=1)
    """Without thresholds, what share of the last blessed model's `log_loss` or `mse` a model may be
    worse by."""
    unsure: UnsureConfig = UnsureConfig()
    """What is done where the rows are too few to tell."""
    confidence: float = Field(default=0.95, ge=0.5, le=0.9999)
    """Share of the eval splits whose interval would hold the true value. Intervals of slices hold
    all at once with it."""
    resamples: int = Field(default=1000, ge=200, le=100_000)
    """How often the rows are drawn again where an interval is a bootstrap's."""
    min_slice_rows: int = Field(default=30, ge=2)
    """A slice with fewer rows is named without figures."""
    at_thresholds: Annotated[tuple[Probability, ...], Field(max_length=20), OneOrMore(",")] = ()
    """Of a binary task: probabilities from which on the second class could be answered; what comes
    of each is reported beside the model's own."""
    costs: ErrorCostsConfig | None = None
    """What errors cost: then `mean_cost` is among the metrics, and the report says by which
    threshold these rows would have cost least. None: what `label.decision.costs` says, if it does.
    """
