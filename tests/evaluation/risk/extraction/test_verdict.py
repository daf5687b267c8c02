"""What the check of extraction says of models that can be copied, and of others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.private_subjects import linear, made, matrix, nearest, ridge
from tfx_pipeline.config.sections.risk.extraction import ExtractionCheck
from tfx_pipeline.evaluation.risk.extraction import check
from tfx_pipeline.evaluation.risk.findings import CheckResult
from tfx_pipeline.evaluation.risk.subject import Sample, Subject

LIKE_EVAL, MADE_UP = "rows like the eval split", "made-up rows"


def checked(subject: Subject, **settings: Any) -> CheckResult:
    return check(subject, ExtractionCheck(**settings).model_dump())


def agreement(result: CheckResult, queries: int, rows: str, given: str) -> float:
    (value,) = [
        each["agreement"]
        for each in result.figures["curve"]
        if (each["queries"], each["rows"], each["given"]) == (queries, rows, given)
    ]
    return float(value)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_check_copies_a_linear_model_by_a_hundred_answers(task: str) -> None:
    subject = made(ridge if task == "regression" else linear, task)
    result = checked(subject, max_queries=100)
    assert result.answer == "passed"
    copied = agreement(result, 100, LIKE_EVAL, "answers")
    assert copied > 0.97
    assert copied > agreement(result, 100, LIKE_EVAL, "true labels, nothing asked") + 0.02
    assert agreement(result, 100, MADE_UP, "answers") > 0.9


def test_check_shows_a_curve_that_rises_and_that_classes_alone_tell_less() -> None:
    from sklearn.tree import DecisionTreeClassifier

    def tree() -> Any:
        return DecisionTreeClassifier(max_depth=5, min_samples_leaf=20)

    result = checked(made(tree, rows=(3000, 2500)))
    for rows in (LIKE_EVAL, MADE_UP):
        few, many = (agreement(result, n, rows, "answers") for n in (100, 1000))
        assert many > few + 0.03
    counts = [x["queries"] for x in result.figures["curve"] if x["rows"] == LIKE_EVAL]
    assert sorted(set(counts)) == [100, 300, 1000, 1667]  # there are no more: a third judges
    assert agreement(result, 1000, LIKE_EVAL, "answers") >= agreement(
        result, 1000, LIKE_EVAL, "class alone"
    )


def test_check_with_a_bound_refuses_a_copy_that_is_surely_too_good() -> None:
    result = checked(made(linear), severity="error", max_agreement=0.9, queries=100)
    assert result.answer == "refused"
    finding = result.findings[0]
    assert finding.figure > finding.threshold == 0.9
    assert "after 100 questions" in finding.problem.what
    assert finding.problem.allowed == "at most 90 %"
    reached = agreement(result, 100, LIKE_EVAL, "answers")
    assert checked(made(linear), max_agreement=reached - 1e-3, queries=100).answer == "passed"


def test_check_copies_classes_at_the_threshold_of_the_model() -> None:
    subject = replace(made(linear, rows=(900, 1200)), threshold=0.2)
    result = checked(subject, max_queries=300)
    assert agreement(result, 300, LIKE_EVAL, "class alone") > 0.95
    above = float(np.mean(subject.answers > 0.2))
    assert result.figures["guess"][0]["agreement"] == pytest.approx(max(above, 1 - above), abs=0.05)


def test_check_of_a_model_that_no_copy_follows_says_so() -> None:
    result = checked(made(nearest), max_queries=300)
    assert agreement(result, 300, LIKE_EVAL, "answers") < 0.9


def test_check_stops_where_its_budget_ends_and_says_so() -> None:
    result = checked(made(linear), budget_s=1e-6)
    assert {each["queries"] for each in result.figures["curve"]} == {100}
    assert "budget_s left no time for 300 questions and more" in result.limit


def test_check_of_few_rows_or_of_equal_answers_is_not_applicable() -> None:
    assert "here are 60 of 60" in checked(made(linear, rows=(300, 60))).summary
    subject = made(linear)
    missing = replace(subject, answers=np.full(600, np.nan))
    assert "here are 0 of 600" in checked(missing).summary
    equal = replace(subject, answers=np.full(600, 0.3))
    assert "nothing to copy" in checked(equal).summary
    for each in (missing, equal):
        assert checked(each).answer == "not applicable"


def test_check_goes_on_without_made_up_rows_that_get_no_answer() -> None:
    nothing = replace(made(linear), predict=lambda columns: np.full(len(columns["a"]), np.nan))
    result = checked(nothing, max_queries=100)
    assert {each["rows"] for each in result.figures["curve"]} == {LIKE_EVAL}


def test_check_of_many_classes_odd_texts_and_empty_columns_gives_a_curve() -> None:
    subject = made(linear, rows=(300, 300))
    centres = np.linspace(-2, 2, 60)

    def predict(columns: Any) -> Any:
        weights = np.exp(-np.square(4 * (matrix(columns)[:, :1] - centres)))
        return weights / weights.sum(axis=1, keepdims=True)

    towns = np.where(np.arange(300) % 2, subject.eval.columns["town"], "'\"\n😀\udcff")
    odd = {**subject.eval.columns, "town": towns, "none": np.full(300, np.nan),
           "huge": np.where(np.arange(300) % 7, np.inf, 1e300)}  # fmt: skip
    labels = np.argmax(predict(odd), axis=1).astype(float)
    many = replace(
        subject,
        task="multiclass",
        classes=tuple(map(str, range(60))),
        features=(*subject.features, "none", "huge"),
        eval=Sample(odd, labels, 300),
        answers=predict(odd),
        predict=predict,
    )
    result = checked(many, max_queries=100)
    assert result.answer == "passed"
    assert 0 <= agreement(result, 100, LIKE_EVAL, "answers") <= 1
