"""Questions to a model, within a time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.changed_subject import changed_subject
from tfx_pipeline.evaluation.risk.asking.questions import (
    Failure,
    Questions,
    chosen,
    distances,
    losses,
    probabilities,
)


def test_ask_all_gives_each_question_its_own_answers_in_one_call() -> None:
    subject, calls = changed_subject(), []
    counting = replace(
        subject, predict=lambda x: (calls.append(len(x["age"])), subject.predict(x))[1]
    )
    base = counting.feature_columns(np.arange(10))
    changes = [{"age": np.full(10, float(age))} for age in (20, 40, 60)]
    found = Questions(counting, 60).ask_all(base, changes)
    assert calls == [30]
    for change, answers in zip(changes, found, strict=True):
        assert np.allclose(answers[:, 1], subject.predict({**base, **change}))


def test_ask_all_finds_the_question_that_a_model_fails_at() -> None:
    def model(columns: Any) -> Any:
        if (columns["age"] > 100).any():
            raise KeyError("too\nold")
        return np.full(len(columns["age"]), 0.5)

    subject = replace(changed_subject(), predict=model)
    base = subject.feature_columns(np.arange(5))
    changes = [{"age": np.full(5, age)} for age in (30.0, 200.0, 40.0)]
    first, second, third = Questions(subject, 60).ask_all(base, changes)
    assert isinstance(second, Failure) and second.words == "KeyError: 'too\\nold'"
    assert not isinstance(first, Failure) and not isinstance(third, Failure)


def test_ask_all_stops_when_the_time_is_over_and_asks_once_in_any_case() -> None:
    now = [0.0]

    def slow(columns: Any) -> Any:
        now[0] += 0.1 * len(columns["age"])  # 10 rows a second
        return np.full(len(columns["age"]), 0.5)

    subject = replace(changed_subject(), predict=slow)
    base = subject.feature_columns(np.arange(10))
    questions = Questions(subject, 5, clock=lambda: now[0])
    questions.begin(base)
    assert questions.rows_per_s == pytest.approx(10)
    assert questions.affordable(4, 1000) == 7
    # A little more or less time gives the same rows.
    assert [questions.affordable(1, 40, share) for share in (0.9, 0.8, 0.7)] == [20, 20, 20]
    assert questions.affordable(1, 20, 0.9) == 20
    found = questions.ask_all(base, [{}] * 50)
    assert len(found) == 3 and now[0] == pytest.approx(5)
    assert len(questions.ask_all(base, [{}] * 50)) == 1


@pytest.mark.parametrize(
    ("answers", "bad"),
    [([0.2, np.nan, 0.4], 1), ([0.2, 1.5, 0.4], 1), ([0.2, np.inf, -0.3], 2), ([0, 1, 1], 0)],
)
def test_probabilities_mark_rows_whose_answer_is_none(answers: list[float], bad: int) -> None:
    found = probabilities(changed_subject(), np.array(answers))
    assert found.shape == (3, 2)
    assert np.isnan(found).all(axis=1).sum() == bad
    assert np.allclose(found[~np.isnan(found).any(axis=1)].sum(axis=1), 1)


def test_a_model_with_too_few_answers_fails() -> None:
    subject = replace(changed_subject(), predict=lambda columns: np.zeros(1))
    found = Questions(subject, 60).ask(subject.feature_columns())
    assert found == Failure("1 answers to 800 rows")


def test_distances_and_losses_follow_the_task() -> None:
    binary, numbers = changed_subject(), changed_subject("regression")
    first, second = np.array([[0.8, 0.2]]), np.array([[0.5, 0.5]])
    assert distances(binary, first, second) == pytest.approx([0.3])
    assert losses(binary, np.array([1.0]), first) == pytest.approx([0.64])
    assert distances(numbers, np.array([[3.0]]), np.array([[5.0]])) == pytest.approx([2])
    assert losses(numbers, np.array([1.0]), np.array([[3.0]])) == pytest.approx([2])


def test_chosen_takes_the_threshold_of_the_model() -> None:
    subject = replace(changed_subject(), threshold=0.1)
    assert chosen(subject, np.array([[0.8, 0.2], [0.95, 0.05]])).tolist() == [1, 0]
