"""The check: leaks and ignored features are found, honest models pass, bad input is said."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.made_subject import answered_by, binary, made_subject, with_rows
from tfx_pipeline.config.sections.risk.importance import ImportanceCheck
from tfx_pipeline.evaluation.risk.findings import CheckResult
from tfx_pipeline.evaluation.risk.importance import check
from tfx_pipeline.evaluation.risk.subject import Subject

SEEDS = range(2)


def checked(subject: Subject, **settings: Any) -> CheckResult:
    return check(subject, ImportanceCheck.model_validate(settings).model_dump())


def leaked(subject: Subject) -> Subject:
    """A feature is the label, and the model has learned that."""
    labels = subject.eval.labels
    if subject.task == "regression":
        return answered_by(with_rows(subject, f=3 * labels), lambda x: x["f"] / 3)
    copied = with_rows(subject, f=labels)
    if subject.task == "binary":
        return answered_by(copied, lambda x: (0.05 + 0.9 * x["f"]).astype(np.float32))
    sure = np.eye(3) * 0.94 + 0.02
    return answered_by(copied, lambda x: sure[x["f"].astype(int)].astype(np.float32))


def half_ignored(subject: Subject) -> Subject:
    """Three of seven features never reach the model."""
    return answered_by(
        subject, lambda x: subject.predict({**x, "b": 0 * x["b"], "d": 0 * x["d"], "f": 0 * x["f"]})
    )


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_check_passes_an_honest_model(task: str) -> None:
    for seed in SEEDS:
        result = checked(made_subject(seed, task=task))
        assert result.answer == "passed", result.findings
        assert result.figures["features"][0]["features"] in ("a", "b")


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_check_suspects_a_leak(task: str) -> None:
    for seed in SEEDS:
        result = checked(leaked(made_subject(seed, task=task)))
        leak = next(x for x in result.findings if x.subject == "f")
        assert leak.figure > 0.9 and "`f` explains nearly all" in leak.problem.what


def test_check_does_not_suspect_a_feature_that_is_merely_best() -> None:
    """Half of the label's variance is told by one feature, as the way of paying tells of tips."""
    dice = np.random.default_rng(0)
    subject = made_subject(0)
    labels = ((subject.eval.columns["a"] > 0.3) & (dice.random(3000) < 0.65)).astype(float)
    honest = answered_by(
        with_rows(subject, labels=labels),
        lambda x: np.where(x["a"] > 0.3, 0.65, 0.01).astype(np.float32),
    )
    result = checked(honest)
    assert result.answer == "passed"
    assert 0.3 < result.figures["features"][0]["explained_alone"] < 0.7


def test_check_finds_ignored_features_that_would_tell_something() -> None:
    for seed in SEEDS:
        result = checked(half_ignored(made_subject(seed)))
        (finding,) = result.findings
        assert finding.problem.what.startswith("3 of 7 features have no effect")
        assert "`b`, `d`, `f`" in finding.problem.what


def test_check_leaves_ignored_features_alone_that_tell_nothing() -> None:
    dice = np.random.default_rng(0)
    subject = half_ignored(made_subject(0))
    useless = with_rows(subject, **{name: dice.normal(size=3000) for name in ("b", "d", "f")})
    labels = (dice.random(3000) < useless.answers).astype(float)
    result = checked(with_rows(useless, labels=labels))
    assert result.answer == "passed" and "3 of 7 features have no effect" in result.summary


def test_check_finds_that_a_constant_model_looks_at_nothing() -> None:
    constant = answered_by(made_subject(0), lambda x: np.full(len(x["a"]), 0.3, np.float32))
    result = checked(constant, severity="error")
    assert result.answer == "refused"
    assert result.findings[0].problem.what.startswith("7 of 7 features have no effect")


def test_check_shuffles_associated_features_together() -> None:
    """Twins share the work: shuffled alone, each costs a quarter of what both cost."""
    subject = made_subject(0, task="regression")
    twins = with_rows(subject, b=subject.eval.columns["a"] * 2 + 1)
    shared = answered_by(twins, lambda x: x["a"] + x["b"] / 2)
    rows = {row["features"]: row for row in checked(shared).figures["features"]}
    assert rows["a, b"]["loss_increase"] > 3 * rows["a"]["loss_increase"]
    assert rows["a"]["group"] == rows["b"]["group"] == 1 and rows["c"]["group"] is None


def test_check_explains_single_answers_and_shows_no_rare_value() -> None:
    colors = np.array(["red"] * 2999 + ["Ms. Unique"], object)
    subject = answered_by(with_rows(made_subject(0), color=colors), binary)
    rows = checked(subject, explained_rows=3).figures["rows"]
    assert {row["row"] for row in rows} == {1, 2, 3}
    for number in (1, 2, 3):
        of_row = [row for row in rows if row["row"] == number]
        total = sum(row["contribution"] for row in of_row)
        assert total == pytest.approx(of_row[0]["answer"] - of_row[0]["base"], abs=1e-4)
    last = np.argmax(subject.answers)
    lonely = with_rows(subject, color=np.where(np.arange(3000) == last, "Ms. Unique", "red"))
    lonely = answered_by(lonely, lambda x: binary(x) * (1 - 0.1 * (x["color"] == "red")))
    shown = {row["value"] for row in checked(lonely).figures["rows"]}
    assert "Ms. Unique" not in str(shown) and "rare" in shown


def test_check_keeps_within_its_budget_by_fewer_rows() -> None:
    subject = made_subject(0)

    asked = []

    def slow(columns: Any) -> Any:
        asked.append(len(columns["a"]))
        time.sleep(asked[-1] / 20_000)
        return binary(columns)

    result = checked(replace(subject, predict=slow), budget_s=0.5)
    assert sum(asked) < 3 * 0.5 * 20_000
    assert "of 3,000 rows were shuffled" in result.summary
    assert int(result.summary.split(" of 3,000")[0].split()[-1].replace(",", "")) < 1500


def test_check_is_the_same_twice() -> None:
    assert checked(made_subject(0)).figures == checked(made_subject(0)).figures


def test_check_of_bad_input_does_not_apply_and_says_why() -> None:
    subject = made_subject(0)
    assert "all labels are equal" in checked(with_rows(subject, labels=np.zeros(3000))).summary
    none = replace(subject, answers=np.full(3000, np.nan, np.float32))
    assert "0 rows of the eval split have a label and an answer" in checked(none).summary
    assert "99 rows" in checked(made_subject(0, rows=99)).summary
    assert "no features" in checked(replace(subject, features=())).summary


def test_check_takes_columns_that_are_missing_odd_or_of_many_values() -> None:
    subject = made_subject(0)
    odd = np.array([f'say "{x}"\n😀' for x in range(3000)], object)
    nothing = np.full(3000, np.nan)
    result = checked(answered_by(with_rows(subject, color=odd), binary))
    assert result.answer == "passed"
    lost = with_rows(subject, a=nothing)
    blind = answered_by(lost, lambda x: binary({**x, "a": np.nan_to_num(x["a"])}))
    assert checked(blind).figures["features"]
    silent = replace(lost, answers=subject.answers)  # which asked again gives no answer at all
    assert checked(silent).figures["features"][0]["loss_increase"] is None
    huge = made_subject(0, task="regression")
    endless = with_rows(huge, a=np.where(huge.eval.columns["a"] > 2, np.inf, 0.0))
    assert checked(answered_by(endless, huge.predict)).answer == "passed"
