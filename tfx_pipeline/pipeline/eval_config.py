"""Translate the configuration's evaluation section to TFMA's terms."""

from __future__ import annotations

import json

from google.protobuf import wrappers_pb2
from tensorflow_model_analysis.proto import config_pb2 as tfma

from tfx_pipeline.config.checks import metrics_of_task
from tfx_pipeline.config.evaluation import MetricName, ThresholdConfig
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.modules.label_rule import LABEL, LABEL_KNOWN

_PREDICTION_KEYS = {
    "binary": "probability",
    "multiclass": "probabilities",
    "regression": "value",
}

# Metric -> (TFMA's class for binary and regression tasks, for multiclass, higher is better).
_TFMA_METRICS: dict[MetricName, tuple[str, str, bool]] = {
    "auc": ("AUC", "", True),
    "pr_auc": ("AUCPrecisionRecall", "", True),
    "log_loss": ("BinaryCrossEntropy", "SparseCategoricalCrossentropy", False),
    "accuracy": ("BinaryAccuracy", "SparseCategoricalAccuracy", True),
    "calibration": ("Calibration", "", True),
    "mean_label": ("MeanLabel", "", True),
    "mean_prediction": ("MeanPrediction", "", True),
    "mse": ("MeanSquaredError", "", False),
    "mae": ("MeanAbsoluteError", "", False),
}


def metric_names(config: PipelineConfig) -> tuple[MetricName, ...]:
    """List the metrics that are computed, in the order in which they are shown."""
    return config.evaluation.metrics or metrics_of_task(config.label.task)


def make_eval_config(config: PipelineConfig) -> tfma.EvalConfig:
    """Say to TFMA what to compute, on which slices, and what a model must reach."""
    spec = tfma.ModelSpec(
        signature_name="serving_examples",
        preprocessing_function_names=["transform_features"],
        prediction_key=_PREDICTION_KEYS[config.label.task],
        label_key=LABEL,
        # A user's own run_fn exports what it likes; ours says which rows have a label.
        example_weight_key="" if config.hooks.run_fn else LABEL_KNOWN,
        model_type="tf_generic",
    )
    metrics = [
        tfma.MetricConfig(
            class_name=_class_name(name, config.label.task),
            config=json.dumps(_settings(name)),
            per_slice_thresholds=_thresholds(name, config.evaluation.thresholds.get(name)),
        )
        for name in metric_names(config)
    ]
    return tfma.EvalConfig(
        model_specs=[spec],
        slicing_specs=[
            tfma.SlicingSpec(),
            *(tfma.SlicingSpec(feature_keys=list(group)) for group in config.evaluation.slices),
        ],
        metrics_specs=[
            tfma.MetricsSpec(metrics=[tfma.MetricConfig(class_name="ExampleCount"), *metrics])
        ],
        options=tfma.Options(include_default_metrics=wrappers_pb2.BoolValue(value=False)),
    )


def _settings(name: MetricName) -> dict[str, str | int]:
    """Name the metric as the configuration does.

    TFMA's ten thousand thresholds take most of the Evaluator's time, for every slice anew, and a
    thousand are as near: on taxi 0.9508 and 0.9506, where the exact area is 0.9507.
    """
    thresholds = {"num_thresholds": 1000} if name in ("auc", "pr_auc") else {}
    return {"name": name, **thresholds}


def _class_name(name: MetricName, task: str) -> str:
    single, multiclass, _ = _TFMA_METRICS[name]
    return multiclass if task == "multiclass" else single


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
    if wanted.max_loss_against_baseline is not None:
        higher_is_better = _TFMA_METRICS[name][2]
        direction = tfma.MetricDirection
        threshold.change_threshold.direction = (
            direction.HIGHER_IS_BETTER if higher_is_better else direction.LOWER_IS_BETTER
        )
        loss = wanted.max_loss_against_baseline
        threshold.change_threshold.absolute.value = -loss if higher_is_better else loss
    everything = tfma.SlicingSpec()
    return [tfma.PerSliceMetricThreshold(slicing_specs=[everything], threshold=threshold)]
