"""Costs: what errors cost, by threshold and by probabilities, against all thresholds tried."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.evaluation.figures.cost_figures import cost_figures
from tfx_pipeline.evaluation.formulas.costs import costs_by_threshold
from tfx_pipeline.evaluation.scored_rows import ScoredRows

COSTS = np.array([[0.0, 1.0], [5.0, -0.5]])


def binary(size: int, decimals: int = 9) -> ScoredRows:
    random = np.random.default_rng(0)
    logits = random.normal(size=size)
    labels = (random.random(size) < 1 / (1 + np.exp(-logits))).astype(float)
    answers = np.round(1 / (1 + np.exp(-logits)), decimals).astype(np.float32)
    return ScoredRows("binary", 2, labels, answers, costs=COSTS)


@pytest.mark.parametrize("decimals", [1, 9])
def test_costs_by_threshold_are_those_of_answering_by_it(decimals: int) -> None:
    rows = binary(300, decimals)
    thresholds, means = costs_by_threshold(rows)
    assert np.all(np.diff(thresholds) > 0)
    assert len(thresholds) == len(set(rows.answers) - {0}) + 1
    for threshold, mean in zip(thresholds, means, strict=True):
        chosen = (rows.answers.astype(float) > threshold).astype(int)
        assert mean == pytest.approx(COSTS[rows.labels.astype(int), chosen].mean())


def test_cost_figures_of_a_calibrated_model_find_the_threshold_of_theory() -> None:
    rows = binary(20_000)
    figures = cost_figures(rows, ("no", "yes"), "EUR")
    # Elkan: the second class from c10 - c00 over all differences on.
    assert figures["best_threshold"] == pytest.approx(1 / (1 + 5.5), abs=0.08)
    assert figures["best_mean"] <= figures["by_probabilities"] <= figures["mean"]
    assert figures["by_probabilities"] == pytest.approx(figures["best_mean"], abs=0.01)
    assert figures["matrix"]["yes"] == {"no": 5.0, "yes": -0.5}
    assert figures["unit"] == "EUR" and "too good" in figures["note"]
    assert len(figures["curve"]["mean"]) == 200


def test_cost_figures_of_a_constant_model_are_those_of_a_constant() -> None:
    rows = ScoredRows("binary", 2, np.array([0.0, 0, 1]), np.full(3, np.float32(0.3)), costs=COSTS)
    figures = cost_figures(rows, ("no", "yes"), "")
    assert figures["mean"] == pytest.approx(5 / 3)  # all are answered no
    assert figures["constant"] == {"answer": "yes", "mean": pytest.approx(1.5 / 3)}
    assert figures["best_mean"] == pytest.approx(1.5 / 3)


def test_cost_figures_of_more_classes_answer_by_the_least_expected_cost() -> None:
    costs = np.array([[0.0, 1, 1], [1, 0, 1], [9, 9, 0]])
    answers = np.array([[0.5, 0.3, 0.2], [0.9, 0.05, 0.05], [0.1, 0.8, 0.1]])
    rows = ScoredRows("multiclass", 3, np.array([2.0, 0, 1]), answers, costs=costs)
    figures = cost_figures(rows, ("a", "b", "c"), "EUR")
    assert figures["mean"] == pytest.approx(9 / 3)
    assert figures["by_probabilities"] == pytest.approx(1 / 3)  # c, a, and then c for b
    assert "best_threshold" not in figures
