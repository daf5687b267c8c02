"""The user's rules, tried on models that keep them or do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.formula_subject import formula_subject, logistic
from tfx_pipeline.config.sections.risk.rules import RulesCheck
from tfx_pipeline.evaluation.risk import rules
from tfx_pipeline.evaluation.risk.findings import CheckResult

ROWS = 400


@pytest.fixture(scope="module")
def columns() -> dict[str, Any]:
    random = np.random.default_rng(3)
    fare = random.uniform(0, 100, ROWS)
    fare[:40] = np.nan
    return {
        "fare": fare,
        "size": np.array(["S", "M", "L", ""], object)[random.integers(0, 4, ROWS)],
        "name": np.array(["Ada", "Bob"], object)[random.integers(0, 2, ROWS)],
    }


def tried(columns: dict[str, Any], score: Any, rule: dict[str, Any], **more: Any) -> CheckResult:
    task = more.pop("task", "binary")
    answer = logistic if task == "binary" else lambda x: x
    subject = formula_subject(
        columns,
        lambda x: answer(score(x)),
        np.arange(ROWS) % 2,
        task,
        **{k: v for k, v in more.items() if k == "seed"},
    )
    settings = RulesCheck.model_validate({"rules": [rule], **more}).model_dump(mode="json")
    return rules.check(subject, settings)


def known(x: Any) -> Any:
    return np.nan_to_num(x["fare"], nan=50.0) / 25 - 2


@pytest.mark.parametrize(
    ("score", "effect", "broken"),
    [
        (lambda x: known(x), "never_lowers", 0),
        (lambda x: -known(x), "never_raises", 0),
        (lambda x: known(x), "never_raises", ROWS),
        (lambda x: -np.square(known(x)), "never_lowers", ROWS),  # lower again from the middle on
        (lambda x: known(x) * (x["name"] == "Ada"), "never_raises", None),
        (lambda x: 0 * known(x), "never_raises", 0),
    ],
)
def test_check_of_an_order_counts_the_rows_that_break_it(
    columns: dict[str, Any], score: Any, effect: str, broken: int | None
) -> None:
    result = tried(columns, score, {"features": "fare", "effect": effect})
    expected = int((columns["name"] == "Ada").sum()) if broken is None else broken
    (figures,) = result.figures["rules"]
    assert figures["broken"] == expected
    assert result.answer == ("refused" if expected else "passed")
    assert [x.figure for x in result.findings] == ([expected / ROWS] if expected else [])


def test_check_of_steps_leaves_rows_without_a_value_out(columns: dict[str, Any]) -> None:
    rule = {"features": "fare", "effect": "never_raises", "step": [5, 10]}
    result = tried(columns, known, rule)
    (figures,) = result.figures["rules"]
    assert figures["broken"] == ROWS - 40
    # A step of 10 moves the score by 0.4: by at most a quarter of that, the probability.
    assert figures["largest change"] == pytest.approx(0.1, abs=0.002)


def test_check_of_an_order_of_words_goes_up_the_values(columns: dict[str, Any]) -> None:
    sizes = {"": 0.0, "S": -1.0, "M": 0.0, "L": 1.0}

    def score(x: Any) -> Any:
        return np.array([sizes[each] for each in x["size"]])

    rule = {"features": "size", "effect": "never_lowers", "values": ["S", "M", "L"]}
    assert tried(columns, score, rule).answer == "passed"
    assert tried(columns, score, {**rule, "values": ["S", "L", "M"]}).answer == "refused"
    failed = "say in `values` from low to high"
    with pytest.raises(ValueError, match=failed):
        tried(columns, score, {"features": "size", "effect": "never_lowers"})


def test_check_of_what_never_matters_tries_other_values_and_none(columns: dict[str, Any]) -> None:
    rule = {"features": ["name", "size"], "effect": "never_matters"}
    assert tried(columns, known, rule).answer == "passed"
    biased = tried(columns, lambda x: known(x) + 2.0 * (x["name"] == "Bob"), rule)
    assert biased.answer == "refused"
    assert "`name` = 'Bob' moves an answer by 0.4" in str(biased.findings[0].problem)
    by_missing = tried(columns, lambda x: known(x) - 1.0 * (x["size"] == ""), rule)
    assert "`size` = " in str(by_missing.findings[0].problem)


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ({"tolerance": 0.3}, "passed"),
        ({"tolerance": 0.2}, "refused"),
        ({"max_share": 0.6}, "passed"),
        ({"max_share": 0.4}, "refused"),
    ],
)
def test_check_within_the_tolerance_or_share_finds_nothing(
    columns: dict[str, Any], more: dict[str, float], answer: str
) -> None:
    def score(x: Any) -> Any:  # raised by one for the rows of Ada, about half
        return 1.0 * (x["fare"] > 50) * (x["name"] == "Ada")

    rule = {"features": "fare", "effect": "never_raises", **more}
    assert tried(columns, score, rule).answer == answer


def test_check_of_a_class_looks_at_its_probability(columns: dict[str, Any]) -> None:
    def probabilities(x: Any) -> Any:
        first = logistic(known(x)) / 2
        return np.stack([first, first, 1 - 2 * first], 1)

    rule = {"features": "fare", "effect": "never_lowers"}
    for name, answer in (("a", "passed"), ("c", "refused")):
        found = tried(columns, probabilities, {**rule, "answer": name}, task="multiclass")
        assert found.answer == answer
    unchanged = {"features": "name", "effect": "never_matters"}
    assert tried(columns, probabilities, unchanged, task="multiclass").answer == "passed"
    with pytest.raises(ValueError, match="which class it is about"):
        tried(columns, probabilities, rule, task="multiclass")


def test_check_of_an_answer_that_is_no_number_counts_as_broken(columns: dict[str, Any]) -> None:
    def score(x: Any) -> Any:
        return np.where(x["fare"] > 90, np.nan, 0.0)

    result = tried(columns, score, {"features": "fare", "effect": "never_lowers"})
    (figures,) = result.figures["rules"]
    assert figures["broken"] == ROWS


def test_check_without_rules_does_not_apply(columns: dict[str, Any]) -> None:
    subject = formula_subject(columns, lambda x: logistic(known(x)), np.arange(ROWS) % 2)
    result = rules.check(subject, RulesCheck().model_dump())
    assert (result.answer, result.summary) == (
        "not applicable",
        "no rule is configured in risk.rules",
    )


def test_check_of_an_unknown_column_names_the_nearest(columns: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"`fair`.*did you mean `fare`"):
        tried(columns, known, {"features": "fair", "effect": "never_lowers"})


def test_check_with_a_small_budget_takes_fewer_rows(columns: dict[str, Any]) -> None:
    import time

    def slow(x: Any) -> Any:
        time.sleep(1e-5 * len(x["fare"]))
        return known(x)

    rule = {"features": "fare", "effect": "never_lowers"}
    result = tried(columns, slow, rule, budget_s=0.03)
    (figures,) = result.figures["rules"]
    assert 100 <= figures["rows"] < ROWS
    assert f"{figures['rows']} rows" in result.summary


def test_check_with_less_time_tries_some_of_the_same_rows_and_says_so(
    columns: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, asked = [0.0], list[set[float]]()
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    def slow(x: Any) -> Any:
        now[0] += 1e-4 * len(x["fare"])
        asked.append({float(fare) for fare in x["fare"] if fare == fare})
        return known(x)

    rule = {"features": "name", "effect": "never_lowers", "values": ["Ada", "Bob"]}
    of_budget = {}
    for budget_s in (0.45, 0.47, 0.9):
        limit = tried(columns, slow, rule, budget_s=budget_s).limit
        of_budget[budget_s] = asked[-1]
        rows = 400 if budget_s == 0.9 else 200
        assert ("risk.rules.budget_s" in limit) is (rows == 200)
        assert limit.startswith("200 of 400 eval rows") is (rows == 200)
    assert of_budget[0.45] == of_budget[0.47] < of_budget[0.9]
