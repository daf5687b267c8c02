"""The metrics by name: which tasks have them, what is better, and what others call them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, get_args

from tfx_pipeline.wording import closest

MetricName = Literal[
    "auc",
    "pr_auc",
    "macro_auc",
    "weighted_auc",
    "log_loss",
    "brier",
    "ece",
    "accuracy",
    "top_2_accuracy",
    "top_3_accuracy",
    "top_5_accuracy",
    "top_10_accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "specificity",
    "f1",
    "weighted_precision",
    "weighted_f1",
    "mean_cost",
    "calibration",
    "mean_label",
    "mean_prediction",
    "mse",
    "rmse",
    "mae",
    "median_absolute_error",
    "p90_absolute_error",
    "max_error",
    "mean_error",
    "error_sd",
    "mape",
    "r2",
    "pinball_5",
    "pinball_10",
    "pinball_25",
    "pinball_50",
    "pinball_75",
    "pinball_90",
    "pinball_95",
]

ALL_METRICS: tuple[MetricName, ...] = get_args(MetricName)

TOP_COUNTS = (2, 3, 5, 10)
"""Of `top_3_accuracy` and the like."""

_PINBALLS: tuple[MetricName, ...] = (
    *("pinball_5", "pinball_10", "pinball_25", "pinball_50"),
    *("pinball_75", "pinball_90", "pinball_95"),
)
PINBALL_SHARES: dict[MetricName, float] = {
    name: int(name.removeprefix("pinball_")) / 100 for name in _PINBALLS
}
"""The quantile that each is of."""

METRICS_OF_TASK: dict[str, tuple[MetricName, ...]] = {
    "binary": (
        *("auc", "pr_auc", "log_loss", "brier", "ece", "accuracy", "balanced_accuracy"),
        *("precision", "recall", "specificity", "f1", "mean_cost"),
        *("calibration", "mean_label", "mean_prediction"),
    ),
    "multiclass": (
        *("accuracy", "log_loss", "macro_auc", "weighted_auc", "brier", "ece"),
        *("top_2_accuracy", "top_3_accuracy", "top_5_accuracy", "top_10_accuracy"),
        *("balanced_accuracy", "precision", "recall", "f1"),
        *("weighted_precision", "weighted_f1", "mean_cost"),
    ),
    "regression": (
        *("mse", "rmse", "mae", "median_absolute_error", "p90_absolute_error", "max_error"),
        *("mean_error", "error_sd", "mape", "r2", *_PINBALLS),
        *("calibration", "mean_label", "mean_prediction"),
    ),
}
"""What can be computed for a task, in the order in which it is shown."""

DEFAULT_METRICS: dict[str, tuple[MetricName, ...]] = {
    "binary": (
        *("auc", "pr_auc", "log_loss", "accuracy"),
        *("calibration", "mean_label", "mean_prediction"),
    ),
    "multiclass": ("accuracy", "log_loss"),
    "regression": ("mse", "rmse", "mae", "r2", "calibration", "mean_label", "mean_prediction"),
}
"""What is computed when nothing is configured."""

MAIN_METRIC: dict[str, MetricName] = {
    "binary": "log_loss",
    "multiclass": "log_loss",
    "regression": "mse",
}
"""By what a model is compared with the trivial answer when no threshold is configured.

Of each, the trivial answer is the best of all constant ones, so only a model that knows more beats
it. A ranking has no such constant (its AUC is 0.5 or, by luck, more), and of accuracy an imbalanced
table leaves nothing to gain: where 97 % of the rows are of one class, good models answer it always.
"""


@dataclass(frozen=True)
class Better:
    """What of two values of a metric is the better one.

    Attributes:
        direction: `higher`, `lower`, or `near`: the one nearer to its ideal.
        ideal: of `near`: a number, or the metric whose value it is.
    """

    direction: Literal["higher", "lower", "near"]
    ideal: float | MetricName | None = None


_HIGHER, _LOWER = Better("higher"), Better("lower")

_HIGHER_ARE: tuple[MetricName, ...] = (
    *("auc", "pr_auc", "macro_auc", "weighted_auc", "accuracy", "balanced_accuracy"),
    *("top_2_accuracy", "top_3_accuracy", "top_5_accuracy", "top_10_accuracy"),
    *("precision", "recall", "specificity", "f1", "weighted_precision", "weighted_f1", "r2"),
)
_LOWER_ARE: tuple[MetricName, ...] = (
    *("log_loss", "brier", "ece", "mean_cost", "mse", "rmse", "mae", "median_absolute_error"),
    *("p90_absolute_error", "max_error", "error_sd", "mape", *_PINBALLS),
)

BETTER: dict[MetricName, Better] = {
    **dict.fromkeys(_HIGHER_ARE, _HIGHER),
    **dict.fromkeys(_LOWER_ARE, _LOWER),
    "mean_error": Better("near", 0.0),
    "calibration": Better("near", 1.0),
    "mean_label": Better("near", "mean_label"),  # of the data alone: no model is better
    "mean_prediction": Better("near", "mean_label"),
}

# As scikit-learn, Keras, TFMA, XGBoost, LightGBM, PyTorch and statisticians call them.
_ELSEWHERE: dict[MetricName, str] = {
    "auc": "roc_auc roc_auc_score auroc aucroc roc area_under_curve area_under_roc gini c_statistic"
    " binary_auroc c_index",
    "pr_auc": "average_precision average_precision_score ap auprc aucpr auc_pr prauc"
    " auc_precision_recall precision_recall_auc binary_average_precision",
    "macro_auc": "roc_auc_ovr multiclass_auroc auc_macro roc_auc_macro auc_mu ovr_auc",
    "weighted_auc": "roc_auc_ovr_weighted auc_weighted",
    "log_loss": "logloss neg_log_loss negative_log_loss cross_entropy crossentropy xent"
    " binary_crossentropy binary_cross_entropy categorical_crossentropy multi_logloss"
    " sparse_categorical_crossentropy binary_logloss mlogloss nll nll_loss bce bce_loss ce"
    " cross_entropy_loss deviance",
    "brier": "brier_score brier_score_loss neg_brier_score",
    "ece": "expected_calibration_error calibration_error binary_calibration_error",
    # Each row is of one class, so averaged over rows (micro) all three are the accuracy.
    "accuracy": "acc accuracy_score binary_accuracy categorical_accuracy hit_rate"
    " sparse_categorical_accuracy error error_rate merror top_1_accuracy micro_f1 f1_micro"
    " precision_micro micro_precision recall_micro micro_recall recall_weighted weighted_recall",
    "top_3_accuracy": "top_k_accuracy top_k_accuracy_score top_k_categorical_accuracy",
    "top_5_accuracy": "sparse_top_k_categorical_accuracy",
    "balanced_accuracy": "balanced_accuracy_score bacc",
    "precision": "precision_score precision_macro macro_precision ppv positive_predictive_value",
    "recall": "recall_score recall_macro macro_recall sensitivity tpr true_positive_rate",
    "specificity": "tnr true_negative_rate selectivity",
    "f1": "f1_score f1score f_score fscore f_measure f1_macro macro_f1 fbeta fbeta_score dice",
    "weighted_precision": "precision_weighted",
    "weighted_f1": "f1_weighted",
    "mean_cost": "cost expected_cost average_cost cost_per_row",
    "calibration": "calibration_ratio bias_ratio",
    "mean_label": "label_mean average_label base_rate prevalence",
    "mean_prediction": "prediction_mean average_prediction",
    "mse": "mean_squared_error neg_mean_squared_error l2 l2_loss squared_error mseloss",
    "rmse": "root_mean_squared_error neg_root_mean_squared_error rmsd rms",
    "mae": "mean_absolute_error neg_mean_absolute_error l1 l1_loss absolute_error mad",
    "median_absolute_error": "neg_median_absolute_error medae p50_absolute_error",
    "p90_absolute_error": "absolute_error_quantile",
    "max_error": "maximum_error neg_max_error",
    "mean_error": "bias mean_bias_error mbe residual_mean",
    "error_sd": "residual_sd residual_std error_std std_error",
    "mape": "mean_absolute_percentage_error neg_mean_absolute_percentage_error smape"
    " percentage_error",
    "r2": "r2_score r_squared rsquared r_2 coefficient_of_determination explained_variance"
    " explained_variance_score",
    "pinball_50": "pinball pinball_loss quantile_loss mean_pinball_loss",
}


def nearest_metric(text: str) -> MetricName | None:
    """Find the metric that was meant by a name, of another library perhaps; None: nothing near."""
    wanted = _plain(text)
    known = {_plain(name): name for name in ALL_METRICS}
    known |= {_plain(word): name for name, words in _ELSEWHERE.items() for word in words.split()}
    if wanted in known:
        return known[wanted]
    near = closest(wanted, known, likeness=0.7)
    return known[near] if near else None


def _plain(text: str) -> str:
    """Write `BinaryCrossentropy`, `binary-crossentropy` and `val_binary_crossentropy` alike."""
    return re.sub(r"[^a-z0-9]", "", text.lower().removeprefix("val_"))
