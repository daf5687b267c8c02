"""Intervals of paired changes: of the loss that gates mean, mirrored, nothing for no change."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.evaluation.intervals.test_of_metrics import _rows
from tfx_pipeline.evaluation.gates import loss_of
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.metric_names import BETTER, METRICS_OF_TASK
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.verdict import Figures

_FEW = Resampling(resamples=200)


def _other(rows: ScoredRows, size: float) -> ScoredRows:
    """Another model that answers almost so."""
    random = np.random.default_rng(9)
    answers = rows.answers.astype(np.float64)
    noise = np.exp(size * random.normal(size=answers.shape))
    if rows.task == "regression":
        return replace(rows, answers=answers * noise)
    if rows.task == "multiclass":
        answers = answers * noise
        return replace(rows, answers=answers / answers.sum(axis=1, keepdims=True))
    odds = answers / (1 - answers) * noise
    return replace(rows, answers=odds / (1 + odds))


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("size", [120, 3_000])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_loss_intervals_are_around_the_loss_of_gates(task: str, size: int, clustered: bool) -> None:
    candidate = _rows(task, size)
    baseline, names = _other(candidate, 0.7), METRICS_OF_TASK[task]
    clusters = np.arange(size) // 3 if clustered else None
    found = loss_intervals(names, candidate, baseline, replace(_FEW, clusters=clusters))
    figures = [
        Figures(task, {name: compute(name, rows) for name in names}, {})
        for rows in (candidate, baseline)
    ]
    for name in names:
        loss = loss_of(name, figures[0], figures[1])
        assert found[name].value == pytest.approx(loss, abs=1e-9, nan_ok=True), name
        if found[name].method != "none":
            assert found[name].low <= found[name].value <= found[name].high, name
            assert found[name].low < found[name].high or name == "mean_label", name
        else:
            assert math.isnan(loss) or name == "max_error"


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_loss_intervals_of_swapped_models_are_mirror_images(task: str) -> None:
    candidate = _rows(task, 500)
    baseline = _other(candidate, 0.5)
    there = loss_intervals(METRICS_OF_TASK[task], candidate, baseline, _FEW)
    back = loss_intervals(METRICS_OF_TASK[task], baseline, candidate, _FEW)
    for name, each in there.items():
        if each.method != "none":
            ends = (-back[name].high, -back[name].low)
            assert (each.low, each.high) == pytest.approx(ends, abs=1e-6), name


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_loss_intervals_of_the_same_answers_are_nothing(task: str) -> None:
    rows = _rows(task, 100)
    for name, each in loss_intervals(METRICS_OF_TASK[task], rows, rows, _FEW).items():
        if not math.isnan(each.value):
            assert (each.low, each.value, each.high) == (0, 0, 0), name
            assert each.method == "identical"


def test_loss_intervals_of_other_answers_with_the_same_hits_still_doubt_the_accuracy() -> None:
    rows = _rows("binary", 100)
    closer = replace(rows, answers=0.5 + (rows.answers - 0.5) / 2)
    found = loss_intervals(["accuracy", "log_loss"], rows, closer, _FEW)
    assert found["accuracy"].value == 0
    assert found["accuracy"].low < -0.02 and found["accuracy"].high > 0.02


def test_loss_intervals_find_a_tiny_change_of_every_row() -> None:
    rows = _rows("regression", 400)
    worse = replace(rows, answers=rows.labels + 1.001 * (rows.answers - rows.labels))
    found = loss_intervals(["mae", "mse", "rmse"], worse, rows, _FEW)
    alone = loss_intervals(["mae"], worse, _rows("regression", 400, seed=1), _FEW)["mae"]
    for name, each in found.items():
        assert 0 < each.low < each.value < each.high, name
    assert found["mae"].high - found["mae"].low < 0.01 * (alone.high - alone.low)


@pytest.mark.parametrize("name", [name for name in BETTER if BETTER[name].direction == "near"])
def test_loss_intervals_of_a_metric_with_an_ideal_grow_with_the_distance(name: str) -> None:
    rows = _rows("regression", 400)
    further = replace(rows, answers=rows.answers + 1)
    found = loss_intervals([name], further, rows, _FEW)[name]
    if name == "mean_label":
        assert (found.low, found.high) == (0, 0)
    else:
        assert found.low > 0


def test_loss_intervals_of_other_rows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"same rows .* received 10 and 9"):
        loss_intervals(["auc"], _rows("binary", 10), _rows("binary", 9), _FEW)
