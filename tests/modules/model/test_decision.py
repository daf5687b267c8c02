from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.model.decision import decide
from tfx_pipeline.modules.model.decision_file import read_threshold, write_decision

CONFIG = {"goal": None, "min_recall": None, "min_precision": None, "costs": None}


def made(rows, prevalence=0.1, seed=0, distort=lambda logits: logits):
    """Rows of a model that ranks them with a known strength, and says what it knows exactly."""
    random = np.random.default_rng(seed)
    labels = (random.random(rows) < prevalence).astype(np.int64)
    scores = 1.5 * (random.normal(size=rows) + 1.5 * labels) - 1.5**2 / 2
    logits = distort(scores + np.log(prevalence / (1 - prevalence)))
    return labels, (1 / (1 + np.exp(-logits))).astype(np.float32)


@pytest.mark.parametrize(
    ("positive", "negative", "threshold"), [(1, 1, 0.5), (1, 4, 0.2), (9, 1, 0.9)]
)
def test_decide_costs_of_sure_probabilities_is_their_share(positive, negative, threshold):
    config = {**CONFIG, "costs": {"false_positive": positive, "false_negative": negative}}
    decision = decide(config, *made(50_000))
    assert decision.threshold == pytest.approx(threshold, abs=0.06)
    assert decision.reached["mean cost"] <= decision.reached_by_half["mean cost"]


def test_decide_accuracy_of_sure_probabilities_is_a_half():
    assert decide({**CONFIG, "goal": "accuracy"}, *made(50_000, 0.4)).threshold == pytest.approx(
        0.5, abs=0.05
    )


def test_decide_balanced_accuracy_is_the_prevalence():
    decision = decide({**CONFIG, "goal": "balanced_accuracy"}, *made(50_000))
    assert decision.threshold == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("goal", ["accuracy", "balanced_accuracy", "f1"])
def test_decide_goal_of_many_rows_reaches_nearly_the_best(goal):
    import sklearn.metrics as sk

    labels, answers = made(30_000)
    measure = {
        "accuracy": sk.accuracy_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
        "f1": sk.f1_score,
    }[goal]
    decision = decide({**CONFIG, "goal": goal}, labels, answers)
    best = max(measure(labels, answers > t) for t in np.linspace(0.02, 0.98, 97))
    assert decision.reached[goal] == pytest.approx(measure(labels, answers > decision.threshold))
    assert decision.reached_by_half[goal] == pytest.approx(measure(labels, answers > 0.5))
    assert decision.reached[goal] > best - 0.004


@pytest.mark.slow
@pytest.mark.once
def test_decide_few_rows_is_nearer_to_what_can_be_reached_than_their_best_threshold():
    """Of 40 tables of 200 rows, on 100,000 others."""
    import sklearn.metrics as sk

    labels, answers = made(100_000, seed=99)
    ours, naive = [], []
    for seed in range(40):
        few, given = made(200, seed=seed)
        chosen = decide({**CONFIG, "goal": "f1"}, few, given).threshold
        possible = np.unique(given)
        theirs = possible[np.argmax([sk.f1_score(few, given > t) for t in possible])]
        for found, threshold in ((ours, chosen), (naive, theirs)):
            found.append(sk.f1_score(labels, answers > threshold))
    assert np.mean(ours) > np.mean(naive) + 0.005


def test_decide_min_recall_is_kept_with_the_largest_precision():
    labels, answers = made(5000)
    decision = decide({**CONFIG, "min_recall": 0.8}, labels, answers)
    chosen = answers > decision.threshold
    assert decision.is_met
    assert decision.reached["recall"] == pytest.approx(chosen[labels == 1].mean())
    assert decision.reached["recall"] >= 0.8
    assert decision.reached["precision"] == pytest.approx(labels[chosen].mean())
    higher = answers > decision.threshold + 0.03
    assert higher[labels == 1].mean() < 0.8


def test_decide_min_precision_is_kept_with_the_largest_recall():
    labels, answers = made(5000)
    decision = decide({**CONFIG, "min_precision": 0.6}, labels, answers)
    assert decision.is_met and decision.reached["precision"] >= 0.6
    lower = answers > decision.threshold - 0.05
    assert labels[lower].mean() < 0.6 and decision.reached["recall"] > 0.1


def test_decide_a_bound_that_nothing_keeps_is_missed_by_little_and_said():
    labels = np.array([0, 1] * 50)
    decision = decide({**CONFIG, "min_precision": 0.9}, labels, np.full(100, 0.5, np.float32))
    assert not decision.is_met
    assert decision.threshold == 0 and decision.reached == {"precision": 0.5, "recall": 1.0}


def test_decide_threshold_lies_between_answers_that_occur():
    labels = np.array([0, 0, 1, 1] * 5)
    answers = np.array([0.1, 0.2, 0.6, 0.7] * 5, np.float32)
    decision = decide({**CONFIG, "goal": "accuracy"}, labels, answers)
    assert decision.threshold == pytest.approx(0.4) and decision.reached["accuracy"] == 1


def test_decide_neighbours_in_float32_are_told_apart():
    low = np.float32(0.3)
    answers = np.array([low, np.nextafter(low, np.float32(1))] * 20)
    decision = decide({**CONFIG, "goal": "accuracy"}, np.array([0, 1] * 20), answers)
    assert (answers > np.float32(decision.threshold)).tolist() == [False, True] * 20


def test_decide_does_not_depend_on_the_calibration():
    config = {**CONFIG, "goal": "f1"}
    labels, answers = made(3000)
    _, moved = made(3000, distort=lambda logits: 0.5 * logits + 2)
    chosen = answers > decide(config, labels, answers).threshold
    assert (chosen == (moved > decide(config, labels, moved).threshold)).mean() > 0.999


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1], []])
def test_decide_without_both_classes_raises_with_counts(labels):
    labels = np.array(labels, np.int64)
    with pytest.raises(ValueError, match=rf"on {len(labels)} training rows .* both classes"):
        decide({**CONFIG, "goal": "f1"}, labels, np.full(len(labels), 0.5, np.float32))


def test_read_threshold_is_what_was_written_or_a_half(tmp_path):
    assert read_threshold(tmp_path) == 0.5
    decision = decide({**CONFIG, "goal": "f1"}, *made(500))
    write_decision(tmp_path, decision)
    assert read_threshold(tmp_path) == decision.threshold != 0.5
    (tmp_path / "assets.extra/decision.json").write_text('{"threshold": 0.3}')
    with pytest.raises(ValueError, match="does not hold a decision"):
        read_threshold(tmp_path)
