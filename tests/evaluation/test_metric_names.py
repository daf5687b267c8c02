"""Names of metrics: of other libraries, and mistyped."""

from __future__ import annotations

import pytest

from tfx_pipeline.evaluation.metric_names import (
    ALL_METRICS,
    BETTER,
    DEFAULT_METRICS,
    MAIN_METRIC,
    METRICS_OF_TASK,
    nearest_metric,
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *[(name.upper(), name) for name in ALL_METRICS],
        ("roc_auc", "auc"),
        ("roc_auc_score", "auc"),
        ("AUROC", "auc"),
        ("average_precision", "pr_auc"),
        ("AUCPrecisionRecall", "pr_auc"),
        ("auprc", "pr_auc"),
        ("BinaryCrossentropy", "log_loss"),
        ("binary_crossentropy", "log_loss"),
        ("SparseCategoricalCrossentropy", "log_loss"),
        ("neg_log_loss", "log_loss"),
        ("logloss", "log_loss"),
        ("cross-entropy", "log_loss"),
        ("acc", "accuracy"),
        ("val_accuracy", "accuracy"),
        ("BinaryAccuracy", "accuracy"),
        ("F1Score", "f1"),
        ("f1_score", "f1"),
        ("f1-macro", "f1"),
        ("Precision", "precision"),
        ("sensitivity", "recall"),
        ("mean_squared_error", "mse"),
        ("neg_mean_squared_error", "mse"),
        ("root_mean_squared_error", "rmse"),
        ("RootMeanSquaredError", "rmse"),
        ("mean_absolute_error", "mae"),
        ("MeanAbsolutePercentageError", "mape"),
        ("r2_score", "r2"),
        ("R^2", "r2"),
        ("acuracy", "accuracy"),
        ("logg_loss", "log_loss"),
        ("perplexity of pigs", None),
        ("", None),
    ],
)
def test_nearest_metric_knows_what_others_call_it(said: str, meant: str | None) -> None:
    assert nearest_metric(said) == meant


def test_tables_of_metrics_agree() -> None:
    assert set(BETTER) == set(ALL_METRICS)
    for task, names in METRICS_OF_TASK.items():
        assert MAIN_METRIC[task] in names
        assert set(DEFAULT_METRICS[task]) <= set(names)
