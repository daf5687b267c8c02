"""What Evaluator found: metrics beside the baseline's, and why a model was refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import tensorflow_model_analysis as tfma

from tfx_pipeline.errors import Problem
from tfx_pipeline.runners.store import StepRecord

Metrics = dict[str, float]


def overall_metrics(
    evaluator: StepRecord, names: Sequence[str], *, baseline: bool = False
) -> Metrics:
    """Read metrics over all rows, of the candidate or of the baseline (empty: there is none)."""
    folder = evaluator.output("evaluation")
    metrics: Metrics = {}
    for record in tfma.load_metrics(str(folder)):
        if record.slice_key.single_slice_keys:
            continue
        for entry in record.metric_keys_and_values:
            key = entry.key
            if key.is_diff or (key.model_name == "baseline") != baseline:
                continue
            if entry.value.WhichOneof("type") == "double_value":
                metrics[key.name] = entry.value.double_value.value
    return {name: metrics[name] for name in names if name in metrics}


def refusals(evaluator: StepRecord) -> Iterator[Problem]:
    """Say which thresholds the candidate missed, with what it reached."""
    folder = evaluator.output("evaluation")
    result = tfma.load_validation_result(str(folder))
    if result.missing_slices or result.missing_cross_slices:
        yield Problem("a slice that has a threshold has no rows")
    for per_slice in result.metric_validations_per_slice:
        for failure in per_slice.failures:
            yield Problem(
                f"metric `{failure.metric_key.name}` misses its threshold",
                received=f"{_number(failure.metric_value)}{_compared(failure)}",
                allowed=_allowed(failure.metric_threshold),
                next_step="improve the model or data, or change evaluation.thresholds",
            )


def _compared(failure: tfma.proto.validation_result_pb2.ValidationFailure) -> str:
    return " against the baseline" if failure.metric_key.is_diff else ""


def _number(value: object) -> str:
    number = getattr(value, "double_value", None)
    return f"{number.value:.4f}" if number is not None else str(value)


def _allowed(threshold: object) -> str:
    bounds = []
    value = threshold.value_threshold  # type: ignore[attr-defined]
    change = threshold.change_threshold  # type: ignore[attr-defined]
    if value.HasField("lower_bound"):
        bounds.append(f"at least {value.lower_bound.value:g}")
    if value.HasField("upper_bound"):
        bounds.append(f"at most {value.upper_bound.value:g}")
    if change.HasField("absolute"):
        bounds.append(f"a change of {change.absolute.value:+g} at worst")
    return ", ".join(bounds)
