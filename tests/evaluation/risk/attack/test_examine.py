"""The check of how little it takes to get another answer."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.asking.test_categories import sure
from tests.evaluation.risk.changed_subject import Columns, changed_subject, score
from tests.evaluation.risk.robustness.test_examine import odd_subjects
from tfx_pipeline.config.sections.risk.attack import AttackCheck
from tfx_pipeline.evaluation.risk.attack import check
from tfx_pipeline.evaluation.risk.findings import CheckResult, RiskVerdict
from tfx_pipeline.evaluation.risk.subject import Subject

TASKS = ("binary", "multiclass", "regression")


def checked(subject: Subject, **settings: Any) -> CheckResult:
    return check(subject, AttackCheck(**settings).model_dump(mode="json"))


def comb(task: str) -> Any:
    """Make a model that answers by the fifth digit of a number."""

    def predict(columns: Columns) -> Any:
        teeth = np.sin(3000 * columns["miles"]) > 0
        if task == "multiclass":
            return np.stack([0.1 + 0 * teeth, 0.8 * teeth, 0.9 - 0.8 * teeth], axis=1)
        return np.where(teeth, 0.9, 0.1) * (1 if task == "binary" else 200)

    return predict


@pytest.mark.parametrize("task", TASKS)
def test_honest_models_pass_and_the_curve_falls(task: str) -> None:
    result = checked(changed_subject(task))
    assert result.answer == "passed" and result.findings == ()
    curve = result.figures["curve"]
    assert [row["columns"] for row in curve] == [0, 1, 2, 3]
    flips, losses = ([row[key] for row in curve] for key in ("flips", "loss"))
    assert flips[0] == 0 and flips == sorted(flips) and losses == sorted(losses)
    if task != "regression":
        left = [row["accuracy"] for row in curve]
        assert left == sorted(left, reverse=True) and left[0] > 0.6 > left[-1]


@pytest.mark.parametrize("task", TASKS)
def test_a_model_that_hangs_on_digits_is_found(task: str) -> None:
    subject = replace(changed_subject(task), predict=comb(task))
    (finding,) = checked(subject, severity="error").findings
    assert finding.subject == "miles" and finding.figure > 0.7 > finding.threshold
    assert checked(subject, immutable="miles").findings == ()


@pytest.mark.parametrize(("value", "found"), [("gift", 1), ("cash", 0)])
def test_a_rare_category_that_gives_the_answer_is_found(value: str, found: int) -> None:
    subject = changed_subject(model=sure("binary", value))
    is_there = subject.train.columns["pay"] == value
    labels = np.where(is_there, 1.0, subject.train.labels)  # as the training rows say
    subject = replace(subject, train=replace(subject.train, labels=labels))
    findings = checked(subject).findings
    assert len(findings) == found
    if found:
        assert "'gift'" in findings[0].problem.what and findings[0].subject == "pay"
        assert checked(subject, rare_share=0.01).answer == "passed"
        assert checked(subject, immutable=["pay"]).answer == "passed"


def test_a_rare_category_of_the_common_class_is_no_gift() -> None:
    """Such as rides without charge, which nobody tips: most rides are not tipped anyway."""
    subject = changed_subject(model=sure("binary", "gift"))
    few = np.random.default_rng(0).random(800) < 0.25
    labels = np.where(few, 0.0, 1.0)
    assert checked(replace(subject, train=replace(subject.train, labels=labels))).findings == ()


def test_an_accuracy_that_must_be_left_is_asked_for() -> None:
    (finding,) = checked(changed_subject(), min_accuracy=0.5).findings
    assert finding.figure < finding.threshold == 0.5
    assert checked(changed_subject(), min_accuracy=0.0).findings == ()


def test_examples_are_real_and_begin_with_the_smallest_change() -> None:
    subject = changed_subject(seed=3)
    examples = checked(subject).figures["examples"]
    first = [row for row in examples if row["example"] == 1]
    assert len(first) == 1 and first[0]["from"] != first[0]["to"]
    assert first[0]["answer_before"].split()[0] != first[0]["answer_after"].split()[0]
    counts = np.bincount([row["example"] for row in examples])[1:]
    assert counts.tolist() == sorted(counts.tolist())


def test_examples_hide_what_few_rows_have() -> None:
    subject = changed_subject()
    names = np.array([f"person {number}" for number in range(800)], object)
    named = {**subject.eval.columns, "pay": names}
    rows = replace(subject.eval, columns=named)
    others = ["size", "age", "miles", "zone"]
    result = checked(replace(subject, eval=rows), immutable=others)
    assert any(row["feature"] == "pay" for row in result.figures["examples"])
    assert "person" not in repr(result.figures)


@pytest.mark.parametrize("case", odd_subjects())
def test_odd_rows_are_no_findings_and_end_as_json(case: str, tmp_path: Path) -> None:
    result = checked(odd_subjects()[case])
    assert result.answer == "passed", result.findings
    RiskVerdict("p", 1, (result,)).write(tmp_path)


def test_a_model_that_fails_at_some_moves_is_attacked_by_the_others() -> None:
    def model(inner: Any) -> Any:
        def predict(columns: Columns) -> Any:
            if (columns["pay"] == "gift").sum() > 150:
                raise ValueError("too many gifts")
            return inner(columns)

        return predict

    result = checked(changed_subject(model=model))
    assert result.answer == "passed" and result.figures["curve"][1]["flips"] > 0.2


@pytest.mark.parametrize("answer", [np.nan, 0.3])
def test_a_model_without_answers_or_with_one_has_nothing_to_flip(answer: float) -> None:
    result = checked(replace(changed_subject(), predict=lambda x: np.full(len(x["age"]), answer)))
    if np.isnan(answer):
        assert result.answer == "not applicable" and "no good answer" in result.summary
    else:
        assert [row["flips"] for row in result.figures["curve"]] == [0, 0, 0, 0]


def test_nothing_that_can_be_changed_is_not_applicable() -> None:
    subject = changed_subject()
    assert checked(subject, immutable=list(subject.features)).answer == "not applicable"


def test_a_thousand_features_and_a_slow_model_keep_within_the_budget() -> None:
    subject = changed_subject()
    extra = {f"x{number}": np.random.default_rng(number).normal(size=800) for number in range(1000)}

    asked = []

    def slow(columns: Columns) -> Any:
        asked.append(len(columns["age"]))
        time.sleep(asked[-1] / 20_000)
        return 1 / (1 + np.exp(-score(columns)))

    wide = replace(
        subject,
        features=(*subject.features, *extra),
        domains={**subject.domains, **dict.fromkeys(extra, replace(subject.domains["miles"]))},
        train=replace(subject.train, columns={**subject.train.columns, **extra}),
        eval=replace(subject.eval, columns={**subject.eval.columns, **extra}),
        predict=slow,
    )
    result = checked(wide, budget_s=2.0)
    assert sum(asked) < 1.5 * 2.0 * 20_000
    assert result.answer == "passed" and "of 1,005 features, drawn at random" in result.limit


def test_examples_tell_a_number_that_few_rows_have_by_its_place() -> None:
    subject = changed_subject(seed=3)
    numbers = [x for x in subject.features if subject.domains[x].kind == "number"]
    for row in checked(subject).figures["examples"]:
        train = subject.train.columns[str(row["feature"])]
        if row["feature"] in numbers and "above" not in str(row["from"]):
            told = [float(f"{x:.9g}") for x in train]
            assert row["from"] == "missing" or told.count(float(str(row["from"]))) >= 5
