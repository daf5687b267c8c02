"""Every metric against scikit-learn's, on random rows and at the edges of its domain."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from tfx_pipeline.evaluation.metric_names import ALL_METRICS, METRICS_OF_TASK
from tfx_pipeline.evaluation.metrics import compute, why_not
from tfx_pipeline.evaluation.scored_rows import ScoredRows, counts_of

CLASSES = 4


def binary(labels: Any, answers: Any) -> ScoredRows:
    return ScoredRows("binary", 2, np.asarray(labels, float), np.asarray(answers))


def multiclass(labels: Any, answers: Any) -> ScoredRows:
    answers = np.asarray(answers)
    return ScoredRows("multiclass", answers.shape[1], np.asarray(labels, float), answers)


def regression(labels: Any, answers: Any) -> ScoredRows:
    return ScoredRows("regression", 0, np.asarray(labels, float), np.asarray(answers))


def random_binary(
    seed: int, size: int = 500, sharpness: float = 3.0, decimals: int = 9
) -> ScoredRows:
    """Rows of a model that is right mostly, with ties where probabilities are rounded."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=size) * sharpness
    labels = random.random(size) < 1 / (1 + np.exp(-logits + random.normal(size=size)))
    with np.errstate(over="ignore"):
        answers = np.float32(1) / (1 + np.exp(-logits.astype(np.float32)))
    return binary(labels, np.round(answers, decimals))


def random_multiclass(seed: int, size: int = 500, sharpness: float = 2.0) -> ScoredRows:
    random = np.random.default_rng(seed)
    logits = (random.normal(size=(size, CLASSES)) * sharpness).astype(np.float32)
    answers = np.exp(logits - logits.max(axis=1, keepdims=True))
    answers /= answers.sum(axis=1, keepdims=True)
    return multiclass((logits + random.normal(size=logits.shape)).argmax(axis=1), answers)


def random_regression(seed: int, size: int = 500, scale: float = 1.0) -> ScoredRows:
    random = np.random.default_rng(seed)
    labels = (random.normal(size=size) * scale).astype(np.float32)
    return regression(labels, labels + (random.normal(size=size) * scale / 3).astype(np.float32))


def _chosen(rows: ScoredRows) -> Any:
    return rows.answers > 0.5 if rows.task == "binary" else rows.answers.argmax(axis=1)


def _average(rows: ScoredRows) -> dict[str, str]:
    return {"average": "binary" if rows.task == "binary" else "macro"}


def _scaled(rows: ScoredRows) -> tuple[Any, Any]:
    """Undo the unit: scikit-learn takes labels below 2e-16 for 0."""
    unit = np.abs(rows.labels).max()
    return rows.labels / unit, rows.answers.astype(float) / unit


def _one_hot(rows: ScoredRows) -> Any:
    return np.eye(rows.classes)[rows.labels.astype(int)]


def _brier(rows: ScoredRows) -> float:
    answers = rows.answers.astype(float)
    if rows.task == "binary":
        return float(sk.brier_score_loss(rows.labels, answers.clip(0, 1)))
    columns = zip(_one_hot(rows).T, answers.clip(0, 1).T, strict=True)
    return float(sum(sk.brier_score_loss(each, said) for each, said in columns))


def _ece(rows: ScoredRows) -> float:
    """Bin as `np.array_split` of sorted rows would where no two answers are equal; by a loop."""
    answers = rows.answers.astype(float)
    scores = answers if rows.task == "binary" else answers.max(axis=1)
    happened = rows.labels if rows.task == "binary" else _chosen(rows) == rows.labels
    edges = np.unique(np.quantile(scores, np.arange(1, 15) / 15, method="lower"))
    total = 0.0
    for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True):
        member = (scores > low) & (scores <= high)
        if member.any():
            total += member.sum() * abs(scores[member].mean() - happened[member].mean())
    return float(total / len(scores))


def _top(count: int) -> Callable[[ScoredRows], float]:
    # Of equal probabilities scikit-learn takes the last class first; ours, as argmax, the first.
    return lambda x: sk.top_k_accuracy_score(
        x.classes - 1 - x.labels, x.answers[:, ::-1], k=count, labels=range(x.classes)
    )


def _auc_of_classes(average: str) -> Callable[[ScoredRows], float]:
    return lambda x: sk.roc_auc_score(_one_hot(x), x.answers, average=average)


COSTS = np.array([[0.0, 5, 1, 2], [20, -1, 3, 4], [1, 1, 0, 9], [7, 7, 7, 0]])


def _mean_cost(rows: ScoredRows) -> float:
    assert rows.costs is not None
    table = sk.confusion_matrix(rows.labels, _chosen(rows), labels=range(rows.classes))
    return float((table * rows.costs).sum() / len(rows.labels))


def _pinball(share: float) -> Callable[[ScoredRows], float]:
    return lambda x: sk.mean_pinball_loss(x.labels, x.answers.astype(float), alpha=share)


def _absolute(rows: ScoredRows) -> Any:
    return np.abs(rows.labels - rows.answers.astype(float))


SKLEARN: dict[str, Callable[[ScoredRows], float]] = {
    "macro_auc": _auc_of_classes("macro"),
    "weighted_auc": _auc_of_classes("weighted"),
    "brier": _brier,
    "ece": _ece,
    **{f"top_{count}_accuracy": _top(count) for count in (2, 3, 5, 10)},
    "balanced_accuracy": lambda x: sk.balanced_accuracy_score(x.labels, _chosen(x)),
    "specificity": lambda x: sk.recall_score(x.labels, _chosen(x), pos_label=0),
    "weighted_precision": lambda x: sk.precision_score(x.labels, _chosen(x), average="weighted"),
    "weighted_f1": lambda x: sk.f1_score(x.labels, _chosen(x), average="weighted"),
    "mean_cost": _mean_cost,
    "median_absolute_error": lambda x: sk.median_absolute_error(x.labels, x.answers.astype(float)),
    "p90_absolute_error": lambda x: np.quantile(_absolute(x), 0.9),
    "max_error": lambda x: sk.max_error(x.labels, x.answers.astype(float)),
    "mean_error": lambda x: math.fsum(x.answers.astype(float) - x.labels) / len(x.labels),
    "error_sd": lambda x: np.std(x.answers.astype(float) - x.labels),
    **{f"pinball_{share}": _pinball(share / 100) for share in (5, 10, 25, 50, 75, 90, 95)},
    "auc": lambda x: sk.roc_auc_score(x.labels, x.answers),
    "pr_auc": lambda x: sk.average_precision_score(x.labels, x.answers),
    "log_loss": lambda x: sk.log_loss(x.labels, x.answers, labels=range(x.classes)),
    "accuracy": lambda x: sk.accuracy_score(x.labels, _chosen(x)),
    "precision": lambda x: sk.precision_score(x.labels, _chosen(x), **_average(x)),
    "recall": lambda x: sk.recall_score(x.labels, _chosen(x), **_average(x)),
    "f1": lambda x: sk.f1_score(x.labels, _chosen(x), **_average(x)),
    "calibration": lambda x: math.fsum(x.answers) / math.fsum(x.labels),
    "mean_label": lambda x: math.fsum(x.labels) / len(x.labels),
    "mean_prediction": lambda x: math.fsum(x.answers) / len(x.answers),
    "mse": lambda x: sk.mean_squared_error(x.labels, x.answers.astype(float)),
    "rmse": lambda x: math.sqrt(sk.mean_squared_error(x.labels, x.answers.astype(float))),
    "mae": lambda x: sk.mean_absolute_error(x.labels, x.answers.astype(float)),
    "mape": lambda x: sk.mean_absolute_percentage_error(*_scaled(x)),
    "r2": lambda x: sk.r2_score(x.labels, x.answers.astype(float)),
}

ONE, ZERO = np.float32(1), np.float32(0)
CASES = {
    "binary": random_binary(0),
    "binary, many ties": random_binary(1, decimals=1),
    "binary, more than a thousand different": random_binary(2, size=20_000),
    "binary, saturated": random_binary(3, size=20_000, sharpness=40),
    "binary, saturated and wrong": binary([0, 1, 1, 0], np.float32([1, 0, 1, 0])),
    "binary, of float64": binary([0, 1, 1, 0], [1.0, 1e-300, 1.0, 0.0]),
    "binary, of float16": binary([0, 1, 1, 0], np.float16([1, 0, 0.75, 0.25])),
    "binary, all answers equal": binary([0, 1, 1, 0], np.float32([0.3] * 4)),
    "binary, exactly a half": binary([0, 1, 1, 0], np.float32([0.5, 0.5, 0.6, 0.4])),
    "binary, near 1 and 0 alone": binary(
        [0, 0, 1, 1], np.float32([1e-9, 1e-9, 1 - 6e-8, 1 - 1.2e-7])
    ),
    "binary, one positive": binary([0] * 999 + [1], np.linspace(0, 1, 1000, dtype=np.float32)),
    "binary, never answered positive": binary([0, 0, 1], np.float32([0.1, 0.2, 0.3])),
    "binary, no row is positive": binary([0, 0, 0], np.float32([0.1, 0.2, 0.7])),
    "binary, every row is positive": binary([1, 1, 1], np.float32([0.1, 0.2, 0.7])),
    "binary, one row": binary([1], np.float32([0.7])),
    "multiclass": random_multiclass(0),
    "multiclass, saturated": random_multiclass(1, sharpness=60),
    "multiclass, many rows": random_multiclass(2, size=20_000),
    "multiclass, ties": multiclass([0, 1, 2], np.full((3, 3), np.float32(1) / 3)),
    "multiclass, certain and wrong": multiclass([1, 2, 0], np.eye(3, dtype=np.float32)),
    "multiclass, a class without rows": multiclass(
        [0, 1, 0], np.float32([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.1, 0.2, 0.7]])
    ),
    "multiclass, a class in no place": multiclass(
        [0, 1, 0], np.float32([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.6, 0.2, 0.2]])
    ),
    "regression": random_regression(0),
    "regression, prices": regression(
        random_regression(1).labels * 1e5 + 2e5, random_regression(2).answers * 1e5 + 2e5
    ),
    "regression, at float32's end": random_regression(3, scale=1e37),
    "regression, tiny": random_regression(4, scale=1e-30),
    "regression, a large offset": regression(
        random_regression(5).labels + 1e7, (random_regression(5).answers + 1e7).astype(np.float32)
    ),
    "regression, a label of 0": regression([0, 1, 2], np.float32([0.5, 1, 2])),
    "regression, equal labels": regression([3, 3, 3], np.float32([2, 3, 4])),
    "regression, one row": regression([3], np.float32([2])),
    "regression, labels that cancel out": regression([-1, 1], np.float32([0, 1])),
    "regression, answers of 0": regression([1, 2, 3], np.float32([0, 0, 0])),
}

# What scikit-learn warns of, or answers with a number beyond meaning.
MISSING = {
    ("binary, never answered positive", "precision"): "0 of 3 rows are answered as positive",
    ("binary, no row is positive", "auc"): "0 of 3 rows are positive",
    ("binary, no row is positive", "pr_auc"): "0 of 3 rows are positive",
    ("binary, no row is positive", "recall"): "0 of 3 rows are positive",
    ("binary, no row is positive", "calibration"): "0 of 3 rows are positive",
    ("binary, every row is positive", "auc"): "0 of 3 rows are negative",
    ("binary, all answers equal", "precision"): "0 of 4 rows are answered as positive (2 are)",
    ("binary, one row", "auc"): "0 of 1 rows are negative",
    ("binary, no row is positive", "balanced_accuracy"): "0 of 3 rows are positive",
    ("binary, every row is positive", "balanced_accuracy"): "0 of 3 rows are negative",
    ("binary, every row is positive", "specificity"): "0 of 3 rows are negative",
    ("binary, one row", "balanced_accuracy"): "0 of 1 rows are negative",
    ("binary, one row", "specificity"): "0 of 1 rows are negative",
    ("multiclass, a class without rows", "macro_auc"): "1 of the 3 classes have none of 3 rows",
    ("multiclass, a class without rows", "weighted_auc"): "1 of the 3 classes have none of 3",
    ("multiclass, a class in no place", "macro_auc"): "1 of the 3 classes have none of 3 rows",
    ("multiclass, a class in no place", "weighted_auc"): "1 of the 3 classes have none of 3",
    ("multiclass, ties", "weighted_precision"): "2 of the 3 classes of 3 rows are never answered",
    ("multiclass, ties", "precision"): "2 of the 3 classes of 3 rows are never answered",
    ("multiclass, a class without rows", "recall"): "1 of the 3 classes answered have none of 3",
    ("regression, a label of 0", "mape"): "1 of 3 labels are 0",
    ("regression, equal labels", "r2"): "all 3 labels are equal",
    ("regression, one row", "r2"): "there is 1 row, and 2 are needed",
    ("regression, labels that cancel out", "calibration"): "the sum of the 2 labels is 0",
}


@pytest.mark.parametrize(
    ("case", "name"),
    [(case, name) for case, rows in CASES.items() for name in METRICS_OF_TASK[rows.task]],
)
def test_compute_equals_scikit_learn_or_says_why_there_is_none(case: str, name: Any) -> None:
    rows = replace(CASES[case], costs=COSTS[: CASES[case].classes, : CASES[case].classes])
    reason = why_not(name, rows.task, counts_of(rows))
    expected = MISSING.get((case, name))
    if name.startswith("top_") and int(name.split("_")[1]) >= rows.classes:
        expected = f"there are {rows.classes} classes: each is among the first"
    if expected:
        assert reason is not None and reason.startswith(expected)
        assert math.isnan(compute(name, rows))
        return
    assert reason is None
    with warnings.catch_warnings():
        warnings.simplefilter("error", sk._classification.UndefinedMetricWarning)
        wanted = SKLEARN[name](rows)
    relative = 1e-6 if rows.answers.dtype == np.float32 else 1e-9
    if rows.answers.dtype == np.float16:
        relative = 1e-3  # scikit-learn adds up in float16
    assert compute(name, rows) == pytest.approx(wanted, rel=relative, abs=0)


def test_compute_of_costs_that_nobody_said_has_no_value() -> None:
    reason = why_not("mean_cost", "binary", counts_of(random_binary(0)))
    assert reason == "nothing says what errors cost (evaluation.costs)"


def test_compute_of_twelve_classes_knows_the_tenth() -> None:
    random = np.random.default_rng(0)
    answers = random.dirichlet(np.ones(12), 300)
    rows = multiclass(random.integers(0, 12, 300), answers)
    for count in (2, 3, 5, 10):
        name: Any = f"top_{count}_accuracy"
        assert compute(name, rows) == pytest.approx(SKLEARN[name](rows))


def test_metrics_of_tasks_are_all_of_them() -> None:
    named = {name for names in METRICS_OF_TASK.values() for name in names}
    assert named == set(ALL_METRICS) == set(SKLEARN)


def test_log_loss_of_300000_saturated_rows_is_finite_and_scikit_learns() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, 300_000)
    logits = np.where(labels == 1, 1, -1) * random.normal(20, 8, 300_000)
    answers = (1 / (1 + np.exp(-logits))).astype(np.float32)
    assert (answers == 1).sum() > 50_000
    value = compute("log_loss", binary(labels, answers))
    assert value == pytest.approx(sk.log_loss(labels, answers), abs=1e-6)
    assert value == pytest.approx(sk.log_loss(labels, answers.astype(float)), abs=0.02)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (binary([], np.float32([])), "there is no row with a label"),
        (multiclass([], np.zeros((0, 3))), "there is no row with a label"),
        (regression([], np.float32([])), "there is no row with a label"),
        (binary([0, -1], np.float32([0, 1])), "1 of 2 labels are not one of the classes"),
        (binary([0, 2], np.float32([0, 1])), "1 of 2 labels are not one of the classes"),
        (binary([0, 0.5], np.float32([0, 1])), "1 of 2 labels are not one of the classes"),
        (binary([0, math.nan], np.float32([0, 1])), "1 of 2 labels are not one of the classes"),
        (multiclass([0, -1], np.eye(2)), "1 of 2 labels are not one of the classes"),
        (multiclass([0, 2], np.eye(2)), "1 of 2 labels are not one of the classes"),
        (regression([1, math.inf], np.float32([0, 1])), "1 of 2 labels are not a finite number"),
        (binary([0, 1], np.float32([0, math.nan])), "1 of 2 answers are not probabilities"),
        (binary([0, 1], np.float32([0, math.inf])), "1 of 2 answers are not probabilities"),
        (binary([0, 1], np.float32([-0.1, 1.1])), "2 of 2 answers are not probabilities"),
        (multiclass([0, 1], [[1, 0], [math.nan, 1]]), "1 of 2 answers are not probabilities"),
        (multiclass([0, 1], [[1, 0], [0.7, 0.7]]), "1 of 2 answers are not probabilities"),
        (regression([1, 2], np.float32([0, -math.inf])), "1 of 2 answers are not finite numbers"),
    ],
)
def test_compute_of_rows_that_are_none_gives_no_metric_a_value(
    rows: ScoredRows, reason: str
) -> None:
    for name in METRICS_OF_TASK[rows.task]:
        assert why_not(name, rows.task, counts_of(rows)) == reason
        assert math.isnan(compute(name, rows))


def test_compute_of_a_probability_that_float32_rounded_over_1_counts_it_as_1() -> None:
    over = binary([1, 0], np.float32([1.0000001, 0]))
    assert compute("log_loss", over) == compute("log_loss", binary([1, 0], np.float32([1, 0])))
