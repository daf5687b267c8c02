"""Curves: scikit-learn's points, few of them, whatever the number of rows."""

from __future__ import annotations

import json

import numpy as np
import pytest
import sklearn.metrics as sk

from tfx_pipeline.evaluation.figures.curves import (
    MOST_POINTS,
    calibration,
    curves,
    precision_recall,
    residuals,
    roc,
)
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.scored_rows import ScoredRows


def binary(size: int, seed: int = 0, decimals: int = 9) -> ScoredRows:
    random = np.random.default_rng(seed)
    logits = random.normal(size=size)
    labels = (random.random(size) < 1 / (1 + np.exp(-logits))).astype(float)
    answers = np.round(1 / (1 + np.exp(-logits)), decimals).astype(np.float32)
    return ScoredRows("binary", 2, labels, answers)


def test_roc_of_few_rows_is_scikit_learns() -> None:
    rows = binary(150, decimals=1)
    x, y, _ = sk.roc_curve(rows.labels, rows.answers, drop_intermediate=False)
    curve = roc(rows.labels == 1, rows.answers)
    assert curve["x"] == pytest.approx(x, abs=1e-5) and curve["y"] == pytest.approx(y, abs=1e-5)


def test_precision_recall_of_few_rows_is_scikit_learns() -> None:
    rows = binary(150, decimals=1)
    y, x, thresholds = sk.precision_recall_curve(rows.labels, rows.answers)
    curve = precision_recall(rows.labels == 1, rows.answers)
    assert curve["x"] == pytest.approx(x[-2::-1], abs=1e-5)
    assert curve["y"] == pytest.approx(y[-2::-1], abs=1e-5)
    assert curve["threshold"] == pytest.approx(thresholds[::-1], abs=1e-5)


def test_roc_of_many_rows_has_the_same_area_in_few_points() -> None:
    rows = binary(50_000)
    curve = roc(rows.labels == 1, rows.answers)
    assert 150 < len(curve["x"]) <= MOST_POINTS
    assert (curve["x"][0], curve["y"][0], curve["x"][-1], curve["y"][-1]) == (0, 0, 1, 1)
    area = sk.auc(curve["x"], curve["y"])
    assert area == pytest.approx(sk.roc_auc_score(rows.labels, rows.answers), abs=1e-3)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_curves_of_one_class_have_no_roc(label: float) -> None:
    rows = ScoredRows("binary", 2, np.full(20, label), np.linspace(0, 1, 20, dtype=np.float32))
    made = curves(rows, {}, ("no", "yes"), Resampling())
    assert made["roc"] == {} and bool(made["precision_recall"]) is bool(label)
    assert sum(made["answers"]["counts"]["yes" if label else "no"]) == 20


def test_calibration_bins_have_as_many_rows_and_hold_equal_answers_together() -> None:
    rows = binary(2000)
    bins = calibration(rows, Resampling())
    assert [each["rows"] for each in bins] == pytest.approx([100] * 20, abs=2)
    assert sum(each["rows"] * each["share"] for each in bins) == pytest.approx(rows.labels.sum())
    assert all(each["low"] < each["share"] < each["high"] for each in bins)
    constant = calibration(ScoredRows("binary", 2, rows.labels, np.full(2000, 0.5)), Resampling())
    assert [each["rows"] for each in constant] == [2000]


def test_curves_of_many_classes_are_of_the_largest_ones() -> None:
    random = np.random.default_rng(0)
    answers = random.dirichlet(np.ones(40), 3000)
    labels = np.minimum(random.geometric(0.1, 3000) - 1, 39).astype(float)
    rows = ScoredRows("multiclass", 40, labels, answers)
    classes = tuple(f"class {place}" for place in range(40))
    made = curves(rows, {}, classes, Resampling())
    assert list(made["roc"]) == list(classes[:10])
    right = int((answers.argmax(axis=1) == labels).sum())
    assert sum(made["answers"]["counts"]["right"]) == right
    assert len(json.dumps(made)) < 200_000


def test_residuals_count_every_row_and_follow_the_answers() -> None:
    random = np.random.default_rng(0)
    labels = random.normal(size=1000)
    rows = ScoredRows("regression", 0, labels, labels + 0.5 + 0.1 * random.normal(size=1000))
    made = residuals(rows)
    assert sum(made["counts"]) == 1000 and len(made["edges"]) == len(made["counts"]) + 1
    assert [x["rows"] for x in made["by_answer"]] == pytest.approx([50] * 20, abs=2)
    assert all(x["middle"] == pytest.approx(0.5, abs=0.1) for x in made["by_answer"])
    exact = residuals(ScoredRows("regression", 0, labels, labels))
    assert sum(exact["counts"]) == 1000
