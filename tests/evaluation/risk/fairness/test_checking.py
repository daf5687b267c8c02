"""The check: what it finds, what it leaves alone, and what it says where it cannot be made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.made_subject import answered_by, binary, made_subject, with_rows
from tfx_pipeline.config.sections.risk.fairness import FairnessCheck
from tfx_pipeline.evaluation.risk.fairness import check
from tfx_pipeline.evaluation.risk.findings import CheckResult
from tfx_pipeline.evaluation.risk.subject import Subject

SEEDS = range(2)


def checked(subject: Subject, **settings: Any) -> CheckResult:
    given = {"columns": ["sex", "age"], **settings}
    return check(subject, FairnessCheck.model_validate(given).model_dump())


def flipped(subject: Subject) -> Subject:
    """Nine of ten labels of a group are the wrong ones."""
    dice = np.random.default_rng(subject.seed)
    wrong = (subject.eval.columns["sex"] == "f") & (dice.random(len(subject.eval)) < 0.9)
    labels = subject.eval.labels
    return with_rows(subject, labels=np.where(wrong, 1 - labels, labels))


def by_proxy(subject: Subject) -> Subject:
    """A feature that tells the sex of 19 of 20 rows, and is used."""
    dice = np.random.default_rng(subject.seed)
    is_female = (subject.eval.columns["sex"] == "f") ^ (dice.random(len(subject.eval)) < 0.05)
    return answered_by(with_rows(subject, f=is_female + 0.0), binary)


def noisy_at(subject: Subject) -> Subject:
    """The labels of the old are thrown like dice."""
    dice = np.random.default_rng(subject.seed)
    thrown = (dice.random(len(subject.eval)) < 0.5).astype(float)
    old = subject.eval.columns["age"] >= 65
    return with_rows(subject, labels=np.where(old, thrown, subject.eval.labels))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_check_passes_a_model_that_is_equally_good(task: str) -> None:
    for seed in SEEDS:
        result = checked(made_subject(seed, task=task), min_ratio=0.8)
        assert result.answer == "passed", result.findings
        assert {row["columns"] for row in result.figures["groups"]} == {"sex", "age", "sex × age"}


@pytest.mark.parametrize(
    ("fault", "said"),
    [(flipped, "error is"), (by_proxy, "feature `f` tells"), (noisy_at, "error is")],
)
def test_check_finds(fault: Callable[[Subject], Subject], said: str) -> None:
    for seed in SEEDS:
        result = checked(fault(made_subject(seed)), edges={"age": [65]})
        assert result.answer == "warned"
        assert any(said in finding.problem.what for finding in result.findings)


def test_check_says_a_gap_of_one_column_not_again_of_its_crosses() -> None:
    result = checked(flipped(made_subject(0)))
    assert {finding.subject for finding in result.findings} == {"sex"}


def test_check_finds_what_only_crossed_groups_show() -> None:
    """Errors of old women and young men: neither column alone has a gap."""
    subject = made_subject(1)
    female, old = subject.eval.columns["sex"] == "f", subject.eval.columns["age"] > 49
    labels = np.where(female == old, 1 - subject.eval.labels, subject.eval.labels)
    result = checked(with_rows(subject, labels=labels), edges={"age": [49]})
    assert {finding.subject for finding in result.findings} == {"sex × age"}
    alone = checked(with_rows(subject, labels=labels), edges={"age": [49]}, crosses=False)
    assert alone.answer == "passed"


def test_check_refuses_when_it_is_an_error_and_only_by_measures_that_are_named() -> None:
    subject = flipped(made_subject(0))
    assert checked(subject, severity="error").answer == "refused"
    only = checked(subject, measures="false_positive_rate")
    assert [finding.problem.what[:19] for finding in only.findings] == ["false positive rate"]


def test_check_finds_a_low_ratio_of_selection_rates() -> None:
    subject = made_subject(0)
    lower = np.where(subject.eval.columns["sex"] == "f", -0.7, 0.0)
    answers = binary({**subject.eval.columns, "a": subject.eval.columns["a"] + lower})
    result = checked(replace(subject, answers=answers), min_ratio=0.8, max_gap=0.5)
    assert [finding.subject for finding in result.findings] == ["sex"]
    assert "ratio" in str(result.findings[0].problem.received)
    assert checked(replace(subject, answers=answers), max_gap=0.5).answer == "passed"


def test_check_of_regression_measures_gaps_by_the_deviation_of_the_label() -> None:
    subject = made_subject(0, task="regression")
    dearer = np.where(subject.eval.columns["sex"] == "f", 1.0, 0.0)
    found = checked(replace(subject, answers=subject.answers + dearer))
    assert found.findings[0].problem.what.startswith("mean error is 0.97")
    assert found.findings[0].figure == pytest.approx(1 / subject.eval.labels.std(), rel=0.15)
    in_cents = with_rows(subject, labels=subject.eval.labels * 100)
    small = replace(in_cents, answers=(subject.answers + 0.1 * dearer) * 100)
    assert checked(small).answer == "passed"


def test_check_leaves_a_proxy_alone_that_moves_no_answer() -> None:
    subject = by_proxy(made_subject(0))
    unused = answered_by(subject, lambda x: binary({**x, "f": 0 * x["f"]}))
    result = checked(unused)
    assert result.answer == "passed"
    (row,) = [x for x in result.figures["proxies"] if x["feature"] == "f" and x["column"] == "sex"]
    assert row["auc"] == pytest.approx(0.95, abs=0.02) and row["used"] is False


def test_check_without_columns_does_not_apply_and_says_how_to_name_them() -> None:
    result = checked(made_subject(0), columns=[])
    assert result.answer == "not applicable" and "risk.fairness.columns: [" in result.summary


def test_check_finds_that_a_named_column_is_not_there() -> None:
    result = checked(made_subject(0), columns=["sexx", "age"])
    (finding,) = result.findings
    assert finding.problem.next_step == "did you mean `sex`?" and "age" in result.summary
    assert checked(made_subject(0), columns="sexx").answer == "warned"


def test_check_of_groups_too_small_does_not_apply() -> None:
    subject = made_subject(0, rows=3)
    assert "no two groups" in checked(subject).summary
    many = np.array([f"person {x}" for x in range(10_000)], object)
    result = checked(made_subject(0, rows=10_000, extra={"person": many}), columns="person")
    assert result.answer == "not applicable" and "no two groups of person" in result.summary


def test_check_of_one_class_compares_what_there_is() -> None:
    subject = with_rows(made_subject(0), labels=np.zeros(3000))
    result = checked(subject)
    assert {row["true positive rate"] for row in result.figures["groups"]} == {None}
    assert result.figures["gaps"]


def test_check_leaves_out_answers_that_are_none() -> None:
    subject = made_subject(0)
    half = np.where(np.arange(3000) < 1500, np.float32("nan"), subject.answers)
    result = checked(replace(subject, answers=half))
    assert sum(row["rows"] for row in result.figures["groups"] if row["columns"] == "sex") == 1500
    none = checked(replace(subject, answers=np.full(3000, np.nan, np.float32)))
    assert none.answer == "not applicable" and "no row has both" in none.summary


def test_check_of_a_constant_model_and_a_column_that_is_mostly_missing() -> None:
    sex = np.where(np.arange(3000) % 20, "", "f\n😀").astype(object)
    subject = made_subject(0, extra={"sex": sex})
    constant = answered_by(subject, lambda x: np.full(len(x["a"]), 0.2, np.float32))
    result = checked(constant, columns="sex")
    assert {row["group"] for row in result.figures["groups"]} == {"(missing)", "f\\n😀"}
    empty = with_rows(constant, a=np.full(3000, np.nan))
    assert checked(empty, columns="sex").figures["proxies"]
    assert result.answer == "passed"


def test_check_of_many_columns_keeps_within_its_budget_and_says_what_it_left_out() -> None:
    dice = np.random.default_rng(0)
    extra = {f"g{n}": dice.integers(0, 6, 10_000).astype(float) for n in range(10)}
    result = checked(made_subject(0, rows=10_000, extra=extra), columns=[*extra], budget_s=0.5)
    assert "no time for " in result.summary and "g0" in result.figures["groups"][0]["columns"]
