"""Intervals of every metric: around its value, and of rows that are strange."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.test_metrics import (
    binary,
    multiclass,
    random_binary,
    random_multiclass,
    random_regression,
    regression,
)
from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.intervals.of_metrics import metric_intervals
from tfx_pipeline.evaluation.metric_names import METRICS_OF_TASK
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows

_FEW = Resampling(resamples=200)
_COSTS = np.array([[0.0, 2.0], [7.0, -1.0]])


def _rows(task: str, size: int, seed: int = 0) -> ScoredRows:
    if task == "binary":
        return replace(random_binary(seed, size), costs=_COSTS)
    if task == "multiclass":
        return replace(random_multiclass(seed, size), costs=1 - np.eye(4))
    rows = random_regression(seed, size)
    return replace(rows, labels=rows.labels + 9, answers=rows.answers + 9)


def _all(rows: ScoredRows, resampling: Resampling = _FEW) -> dict[str, Interval]:
    return metric_intervals(METRICS_OF_TASK[rows.task], rows, resampling)


@pytest.mark.parametrize("size", [400, 6_000])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_metric_intervals_are_around_the_metric_and_shrink_with_more_rows(
    task: str, size: int
) -> None:
    rows = _rows(task, size)
    few = _all(replace(rows, labels=rows.labels[:100], answers=rows.answers[:100]))
    for name, found in _all(rows).items():
        value = compute(name, rows)  # type: ignore[arg-type]
        assert found.value == pytest.approx(value, rel=1e-9, nan_ok=True), name
        if found.method != "none":
            assert found.low <= found.value <= found.high, name
            assert 0 < found.high - found.low < few[name].high - few[name].low, name
        else:
            assert name == "max_error" or math.isnan(value)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_metric_intervals_of_clusters_of_copies_are_those_of_one_copy(task: str) -> None:
    rows = _rows(task, 200)
    names = METRICS_OF_TASK[task]
    alone = metric_intervals(names, rows, _FEW)
    copies = replace(rows, labels=rows.labels.repeat(3), answers=rows.answers.repeat(3, axis=0))
    clusters = np.arange(200).repeat(3)
    found = metric_intervals(names, copies, replace(_FEW, clusters=clusters))
    for name, each in alone.items():
        if each.method != "none" and name not in ("pr_auc", "ece"):  # which copies change a little
            length = each.high - each.low
            assert found[name].high - found[name].low == pytest.approx(length, rel=0.12), name


_LABELS = [0.0, 1.0] * 20
_STRANGE: dict[str, Any] = {
    "one class": binary(np.ones(40), np.linspace(0.1, 0.9, 40)),
    "constant answers": binary(_LABELS, np.full(40, 0.5)),
    "perfect and sure": binary(_LABELS, np.array(_LABELS, np.float32)),
    "all wrong and sure": binary(_LABELS, 1 - np.array(_LABELS, np.float32)),
    "one row": binary([1.0], [0.7]),
    "three rows": binary([1.0, 0.0, 1.0], [0.7, 0.2, 0.4]),
    "one positive row": binary(np.eye(1, 40)[0], np.linspace(0.9, 0.1, 40)),
    "no row": binary([], np.array([])),
    "NaN answers": binary(_LABELS, np.where(np.arange(40) == 3, np.nan, 0.4)),
    "three classes, one without rows": multiclass([0.0, 1.0] * 10, np.eye(3)[[0, 1] * 10] * 1.0),
    "three classes, no error": multiclass([0.0, 1.0, 2.0] * 9, np.eye(3)[[0, 1, 2] * 9] * 1.0),
    "equal numbers": regression(np.full(30, 2.0), np.full(30, 2.0)),
    "no error": regression(np.arange(30.0), np.arange(30.0)),
    "two numbers": regression([1.0, 2.0], [1.5, 1.5]),
    "one huge number": regression([*range(29), 1e200], np.arange(30.0)),
    "infinite answers": regression(np.arange(30.0), np.full(30, np.inf)),
}


@pytest.mark.parametrize("rows", _STRANGE.values(), ids=_STRANGE.keys())
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_metric_intervals_of_strange_rows_are_around_the_metric_or_none(rows: ScoredRows) -> None:
    shifted = replace(rows, answers=rows.answers[::-1].copy())
    for found in (
        _all(rows),
        loss_intervals(METRICS_OF_TASK[rows.task], rows, shifted, _FEW),
    ):
        for name, each in found.items():
            assert each.rows == len(rows.labels)
            if each.method == "none":
                assert math.isnan(each.low) and math.isnan(each.high), name
            else:
                assert each.low <= each.value <= each.high, name


@pytest.mark.parametrize("name", ["auc", "pr_auc", "accuracy", "precision", "recall", "f1"])
def test_metric_intervals_without_an_error_do_not_say_that_there_will_be_none(name: str) -> None:
    found = _all(_STRANGE["perfect and sure"])[name]
    assert found.high == found.value == 1.0
    assert 0.7 < found.low < 0.995


@pytest.mark.parametrize("name", ["accuracy", "macro_auc", "precision", "recall", "f1"])
def test_metric_intervals_of_classes_without_an_error_are_no_points(name: str) -> None:
    found = _all(_STRANGE["three classes, no error"])[name]
    assert found.high == pytest.approx(1.0)
    assert 0.5 < found.low < 0.99


def test_metric_intervals_of_constant_answers_do_not_doubt_their_mean() -> None:
    found = _all(_STRANGE["constant answers"])
    mean = found["mean_prediction"]
    assert (mean.low, mean.high) == (0.5, 0.5)
    assert found["calibration"].low < 1 < found["calibration"].high  # the labels vary


def test_metric_intervals_are_the_same_again_and_longer_if_surer() -> None:
    rows = _rows("binary", 300)
    assert _all(rows) == _all(rows)
    surer = _all(rows, replace(_FEW, confidence=0.999))
    for name, each in _all(rows).items():
        assert surer[name].high - surer[name].low > each.high - each.low, name


def test_metric_intervals_of_a_million_rows_take_little_more_than_sorting_them() -> None:
    rows = random_binary(0, 1_000_000)
    found = metric_intervals(["auc", "log_loss"], rows, Resampling())
    assert 0 < found["auc"].high - found["auc"].low < 0.003
    assert 0 < found["log_loss"].high - found["log_loss"].low < 0.01


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_metric_intervals_of_few_sure_and_wrong_answers_stay_where_a_mean_can_be(task: str) -> None:
    labels = np.arange(200.0) % 2  # 100 of each: enough for a bootstrap-t
    wrong = np.isin(np.arange(200), (0, 1, 2))
    second = np.where(wrong, 0.98 - labels, 0.01 + 0.98 * labels).clip(0.001, 0.999)
    second = second + 1e-4 * np.random.default_rng(0).random(200)
    answers = second if task == "binary" else np.stack([1 - second, second], 1)
    rows = ScoredRows(task, 2, labels, answers.astype(np.float32))
    rows = replace(rows, costs=np.array([[1e-3, 50.0], [50.0, 2e-3]]))
    found = metric_intervals(["brier", "log_loss", "mean_cost"], rows, Resampling())
    cost = found["mean_cost"]
    assert cost.method == "bootstrap-t" and cost.low < cost.value < cost.high < 8
    assert found["brier"].method == found["log_loss"].method == "bootstrap-t"
    assert found["brier"].low < found["brier"].value < found["brier"].high < 0.3
    assert found["log_loss"].low < found["log_loss"].value < found["log_loss"].high < 1.5
    surer = replace(rows, answers=np.abs(rows.answers - np.float32(1e-5)))
    change = loss_intervals(["brier"], rows, surer, Resampling())["brier"]
    assert change.low < change.value < change.high < 0.1


def test_metric_intervals_of_a_few_outliers_are_of_their_size() -> None:
    random = np.random.default_rng(0)
    labels = random.normal(size=2000)
    answers = labels + 0.01 * random.normal(size=2000)
    answers[:3] += 3
    rows = ScoredRows("regression", 0, labels, answers)
    found = metric_intervals(["mse", "mae", "r2"], rows, Resampling())
    assert 0.0136 < found["mse"].high < 0.1 and found["mae"].high < 0.04
    assert -5 < found["r2"].low < 0.98 < found["r2"].high < 1


def test_metric_intervals_of_one_cluster_alone_have_no_calibration_interval() -> None:
    rows = _rows("binary", 40)
    found = _all(rows, replace(_FEW, clusters=np.zeros(40, np.int64)))["calibration"]
    assert found.method == "none"
    assert found.value == pytest.approx(compute("calibration", rows))


def test_metric_intervals_of_one_sure_error_stay_within_what_can_be() -> None:
    """A bootstrap-t of one row that is unlike all others knows no end."""
    labels = np.zeros(40)
    labels[0] = 1
    pairs = replace(_FEW, clusters=np.arange(40) // 2)
    answers = {"never": np.zeros(40), "always right": labels * 1.0}
    for name, given in answers.items():
        found = _all(binary(labels, given), pairs)
        assert found["mean_prediction"].high <= 1, name
        assert found["brier"].high <= 1, name
        assert found["log_loss"].high <= -math.log(np.finfo(np.float64).eps), name


def test_metric_intervals_are_never_minus_zero() -> None:
    found = _all(regression(-np.arange(1, 31.0), np.zeros(30)))["calibration"]
    assert [math.copysign(1, x) for x in (found.value, found.low, found.high)] == [1, 1, 1]
