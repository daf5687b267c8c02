"""Scores, rates, rounded answers, and the models that never saw a row: by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.private_subjects import linear, made
from tfx_pipeline.evaluation.intervals.of_rates import clopper_pearson
from tfx_pipeline.evaluation.risk.membership.attacks import Attacker
from tfx_pipeline.evaluation.risk.membership.candidates import Candidates, evidence_of
from tfx_pipeline.evaluation.risk.membership.digits import rounded
from tfx_pipeline.evaluation.risk.membership.odd_rows import odd_rows
from tfx_pipeline.evaluation.risk.membership.rates import found_rate
from tfx_pipeline.evaluation.risk.membership.references import unseen_evidence
from tfx_pipeline.evaluation.risk.membership.scores import suspicion

UNSEEN = np.array([[0.5, 0.2, np.nan], [0.7, np.nan, np.nan]])


def test_suspicion_by_rmia_is_the_likelihood_over_the_corrected_average() -> None:
    scores = suspicion("rmia", "binary", np.array([0.9, 0.8, 0.9]), UNSEEN, 1.0)
    expected = [0.9 / (0.65 * 0.6 + 0.35), 0.8 / (0.65 * 0.2 + 0.35)]
    assert np.exp(scores[:2]) == pytest.approx(expected)
    assert np.isnan(scores[2])


def test_suspicion_by_lira_is_the_difference_of_log_odds() -> None:
    scores = suspicion("lira", "binary", np.array([0.9, 0.5]), UNSEEN[:, :2], 1.0)
    assert scores == pytest.approx([np.log(9) - np.log(7 / 3) / 2, np.log(4)])


def test_suspicion_by_loss_needs_no_other_models_and_of_numbers_is_the_distance() -> None:
    none = np.full((1, 2), np.nan)
    assert suspicion("loss", "binary", np.array([0.5, 0.0]), none, 1.0) == pytest.approx(
        [np.log(0.5), np.log(1e-7)]
    )
    assert suspicion("loss", "regression", np.array([2.0, 0.0]), none, 9.0).tolist() == [-2, 0]


def test_suspicion_of_numbers_is_most_where_the_answer_is_exact_and_others_are_far_off() -> None:
    distances, others = np.array([0.0, 0.0, 3.0]), np.array([[3.0, 0.1, 3.0]])
    for attack in ("rmia", "lira"):
        scores = suspicion(attack, "regression", distances, others, 1.0)
        assert scores[0] > scores[1] > scores[2]


def test_found_rate_allows_one_stranger_in_a_hundred() -> None:
    strangers = np.arange(200.0)
    members = np.array([197.0, 197.5, 198.0, 300.0])
    rate = found_rate(np.concatenate([members, strangers]), 4, 0.01, 0.95)
    assert rate is not None
    assert (rate.value, rate.members, rate.strangers) == (0.75, 4, 200)
    assert (rate.low, rate.high) == clopper_pearson(3, 4)


def test_found_rate_finds_nobody_by_scores_that_strangers_share() -> None:
    scores = np.concatenate([np.ones(50), np.ones(5), np.zeros(195)])
    rate = found_rate(scores, 50, 0.01, 0.95)
    assert rate is not None
    assert rate.value == 0


def test_found_rate_of_fewer_strangers_than_one_accusation_needs_is_none() -> None:
    assert found_rate(np.arange(150.0), 51, 0.01, 0.95) is None
    assert found_rate(np.array([*np.arange(100.0), *np.full(50, np.nan)]), 10, 0.01, 0.95) is None


def test_outcomes_hold_for_all_attacks_at_once() -> None:
    dice = np.random.default_rng(0)
    unseen = dice.random((1, 2000))
    one = Attacker("binary", 1000, {"x": unseen})
    two = Attacker("binary", 1000, {"x": unseen, "y": unseen})
    evidence = dice.random(2000)
    narrow = {x.attack: x.often for x in one.outcomes(evidence)}
    wide = {x.attack: x.often for x in two.outcomes(evidence)}
    assert wide["loss"].low < narrow["loss"].low
    assert (one.attempts, two.attempts) == (3, 5)


def test_odd_rows_are_those_that_others_do_not_know() -> None:
    evidence = np.array([0.9, 0.9, 0.4, 0.9, 0.1])
    others = np.array([[0.1, 0.8, 0.3, 0.2, np.nan]])
    members, strangers = odd_rows("binary", 3, evidence, others)
    assert (members.rows, members.odd, members.known) == (3, 2, 1)
    assert (strangers.rows, strangers.odd, strangers.known) == (1, 1, 1)


@pytest.mark.parametrize(
    ("digits", "significant", "expected"),
    [
        (2, False, [0.13, 1234.57, 0.0]),
        (2, True, [0.13, 1200.0, 0.0]),
        (4, True, [0.1276, 1235.0, 0.0]),
    ],
)
def test_rounded_keeps_so_many_digits(digits: int, significant: bool, expected: list[Any]) -> None:
    values = np.array([0.12764, 1234.567, 0.0, np.nan, np.inf])
    shown = rounded(values, digits, significant=significant)
    assert shown[:3] == pytest.approx(expected)
    assert np.isnan(shown[3])
    assert np.isinf(shown[4])


@pytest.mark.parametrize("models", [1, 2, 3, 4])
def test_unseen_evidence_asks_no_model_about_a_row_that_it_was_fitted_to(models: int) -> None:
    subject = made(linear, rows=(200, 150))
    candidates = Candidates.of(subject, 1000, 0)
    place_of = {tuple(row): place for place, row in enumerate(rows_of(subject.train.columns))}
    fitted: list[set[int]] = []

    def fit(places: Any, seed: int) -> Any:
        trained = set(places.tolist())
        fitted.append(trained)

        def predict(columns: Any) -> Any:
            asked = {place_of[row] for row in rows_of(columns) if row in place_of}
            assert not asked & trained
            return np.full(len(columns["a"]), 0.1 * len(fitted))

        return predict

    unseen = unseen_evidence(subject, fit, candidates, models)
    asked = (~np.isnan(unseen.evidence)).sum(axis=0)
    for pair in range(models // 2):
        assert fitted[2 * pair] | fitted[2 * pair + 1] == set(range(200))
    assert unseen.evidence.shape == ((models + 1) // 2, 350)
    if models % 2 == 0:  # members and strangers alike: one of each pair
        assert (asked == models // 2).all()
    else:
        assert asked[:200].mean() == pytest.approx(asked[200:].mean(), abs=0.15)


def rows_of(columns: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(columns[name].tolist() for name in ("a", "b", "town")), strict=True))


def test_evidence_of_shown_answers_is_unknown_where_the_answers_are_none() -> None:
    subject = made(linear)
    answers = np.array([0.26, np.nan, 1.5])
    labels = np.array([1.0, 0.0, 1.0])
    found = evidence_of(subject, answers, labels, np.array([0.3, 0.5, 1.0]))
    assert found[0] == pytest.approx(0.3)
    assert np.isnan(found[1:]).all()
