"""Translate the configuration's evaluation section to TFMA's terms, and to those of the gates."""

from __future__ import annotations

from typing import Any

from google.protobuf import wrappers_pb2
from tensorflow_model_analysis.proto import config_pb2 as tfma

from tfx_pipeline.components.evaluator.row_metric import COUNTS, metric_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.evaluation import ThresholdConfig
from tfx_pipeline.evaluation.metric_names import (
    BETTER,
    DEFAULT_METRICS,
    MAIN_METRIC,
    METRICS_OF_TASK,
    MetricName,
)
from tfx_pipeline.evaluation.verdict import Bounds, Gates
from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN
from tfx_pipeline.modules.model.signature_names import (
    PREDICTION_KEYS,
    SERVING_EXAMPLES,
    TRANSFORM_FEATURES,
)


def make_gates(config: PipelineConfig) -> Gates:
    """Say what is asked of a model, and which metrics are shown, in that order."""
    task, wanted = config.label.task, config.evaluation
    classes = () if task == "regression" else tuple(config.label.classes) or ("0", "1")
    costs = cost_matrix(config, classes)
    usual = {*DEFAULT_METRICS[task], *wanted.thresholds, *(["mean_cost"] if costs else [])}
    shown = wanted.metrics or tuple(name for name in METRICS_OF_TASK[task] if name in usual)
    bounds = wanted.thresholds.values()
    fixed = any(each.min is not None or each.max is not None for each in bounds)
    if not fixed and MAIN_METRIC[task] not in shown:
        shown = (*shown, MAIN_METRIC[task])  # of the default gate: what refuses a model is shown
    thresholds = {
        name: Bounds(each.min, each.max, each.max_loss_against_baseline)
        for name, each in wanted.thresholds.items()
    }
    return Gates(
        task,
        classes,
        shown,
        thresholds,
        slices=wanted.slices,
        confidence=wanted.confidence,
        resamples=wanted.resamples,
        min_slice_rows=wanted.min_slice_rows,
        margin=wanted.margin,
        unsure_bounds=wanted.unsure.bounds,
        unsure_changes=wanted.unsure.changes,
        at_thresholds=wanted.at_thresholds,
        costs=costs,
        cost_unit=wanted.costs.unit if wanted.costs else "",
    )


def cost_matrix(config: PipelineConfig, classes: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
    """Give what an answer (second) costs for a row of a class (first); empty: nobody said."""
    decision, costs = config.label.decision, config.evaluation.costs
    if costs is None or not costs.matrix:
        pair = costs or (decision.costs if decision else None)
        if pair is None:
            return ()
        assert pair.false_positive is not None
        assert pair.false_negative is not None
        return (0.0, pair.false_positive), (pair.false_negative, 0.0)
    other = costs.other or 0.0
    return tuple(
        tuple(
            costs.matrix.get(label, {}).get(answer, 0.0 if label == answer else other)
            for answer in classes
        )
        for label in classes
    )


def make_eval_config(config: PipelineConfig) -> tfma.EvalConfig:
    """Say to TFMA what to compute, on which slices, and what a model must reach.

    TFMA validates what it can; the verdict is that of `components.evaluator`.
    """
    spec = tfma.ModelSpec(
        signature_name=SERVING_EXAMPLES,
        preprocessing_function_names=[TRANSFORM_FEATURES],
        prediction_key=PREDICTION_KEYS[config.label.task],
        label_key=LABEL,
        # A user's own run_fn exports what it likes; ours says which rows have a label.
        example_weight_key="" if config.hooks.run_fn else LABEL_KNOWN,
        model_type="tf_generic",
    )
    gates = make_gates(config)
    settings: dict[str, Any] = {"task": gates.task, "classes": len(gates.classes)}
    if gates.costs:
        settings["costs"] = gates.costs
    metrics = [
        tfma.MetricConfig(
            **metric_config(name, settings),
            per_slice_thresholds=_thresholds(name, config.evaluation.thresholds.get(name)),
        )
        for name in _computed(gates)
    ]
    return tfma.EvalConfig(
        model_specs=[spec],
        slicing_specs=[
            tfma.SlicingSpec(),
            *(tfma.SlicingSpec(feature_keys=list(group)) for group in config.evaluation.slices),
        ],
        metrics_specs=[
            tfma.MetricsSpec(
                metrics=[
                    tfma.MetricConfig(class_name="ExampleCount"),
                    tfma.MetricConfig(**metric_config(COUNTS, settings)),
                    *metrics,
                ]
            )
        ],
        options=tfma.Options(include_default_metrics=wrappers_pb2.BoolValue(value=False)),
    )


def _computed(gates: Gates) -> list[MetricName]:
    """List the metrics, and those that are the ideal of others."""
    ideals = [BETTER[name].ideal for name in gates.thresholds]
    more: list[MetricName] = [x for x in ideals if isinstance(x, str)]
    return list(dict.fromkeys([*gates.metrics, *more]))


def _thresholds(
    name: MetricName, wanted: ThresholdConfig | None
) -> list[tfma.PerSliceMetricThreshold]:
    """Bound a metric over all rows; a plain threshold would bind every slice as well."""
    if wanted is None:
        return []
    threshold = tfma.MetricThreshold()
    if wanted.min is not None:
        threshold.value_threshold.lower_bound.value = wanted.min
    if wanted.max is not None:
        threshold.value_threshold.upper_bound.value = wanted.max
    loss, direction = wanted.max_loss_against_baseline, BETTER[name].direction
    if loss is not None and direction != "near":  # TFMA knows no ideal values
        higher = direction == "higher"
        names = tfma.MetricDirection
        change = threshold.change_threshold
        change.direction = names.HIGHER_IS_BETTER if higher else names.LOWER_IS_BETTER
        change.absolute.value = -loss if higher else loss
    if not threshold.ListFields():
        return []
    everything = tfma.SlicingSpec()
    return [tfma.PerSliceMetricThreshold(slicing_specs=[everything], threshold=threshold)]
