"""The check of what one wrong feature does."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.changed_subject import (
    Columns,
    Predict,
    changed_subject,
    score,
    with_column,
)
from tfx_pipeline.config.sections.risk.robustness import RobustnessCheck
from tfx_pipeline.evaluation.risk.findings import CheckResult, RiskVerdict
from tfx_pipeline.evaluation.risk.robustness import check
from tfx_pipeline.evaluation.risk.subject import Domain, Sample, Subject

TASKS = ("binary", "multiclass", "regression")


def checked(subject: Subject, **settings: Any) -> CheckResult:
    return check(subject, RobustnessCheck(**settings).model_dump(mode="json"))


def where(condition: Any, answer: Any) -> Any:
    """Make a model that gives another answer to some rows."""
    return lambda inner: lambda x: np.where(condition(x), answer, inner(x))


@pytest.mark.parametrize("task", TASKS)
def test_honest_models_pass_with_figures_of_each_feature(task: str) -> None:
    result = checked(changed_subject(task))
    assert result.answer == "passed" and result.findings == ()
    assert {row["feature"] for row in result.figures["features"]} == {
        *("size", "age", "miles", "pay", "zone")
    }
    changes = {(row["feature"], row["change"]): row for row in result.figures["changes"]}
    assert changes["zone", "missing"]["mean_change"] == 0  # the model does not read it
    assert changes["size", "× 60"]["mean_change"] > changes["size", "× 1.609"]["mean_change"] > 0
    assert changes["size", "missing"]["worst_change"] >= changes["size", "missing"]["mean_change"]


def test_figures_are_those_of_the_answers() -> None:
    subject = changed_subject()
    rows = {
        (x["feature"], x["change"]): x for x in checked(subject, max_rows=800).figures["changes"]
    }
    columns = subject.feature_columns()
    before = subject.predict(columns).astype(float)
    after = subject.predict({**columns, "pay": np.full(800, "", object)}).astype(float)
    found = rows["pay", "missing"]
    assert found["mean_change"] == pytest.approx(np.abs(after - before).mean())
    assert found["worst_change"] == pytest.approx(np.abs(after - before).max())
    assert found["flips"] == pytest.approx(((after > 0.5) != (before > 0.5)).mean())
    assert found["loss"] == pytest.approx(np.square(after - subject.eval.labels).mean())


@pytest.mark.parametrize("answer", [np.nan, np.inf, 1.5])
def test_answers_that_are_none_are_found_whatever_is_judged(answer: float) -> None:
    subject = changed_subject(model=where(lambda x: np.isnan(x["age"]), answer))
    (finding,) = checked(subject, judged=[], severity="error").findings
    assert finding.subject == "age" and finding.figure == 1.0
    assert "no finite numbers when `age` is changed: missing" in finding.problem.what
    assert checked(subject, judged=[], severity="error").answer == "refused"


def test_a_model_that_fails_is_found_and_the_others_are_measured() -> None:
    def model(inner: Predict) -> Predict:
        def predict(columns: Columns) -> Any:
            if set(columns["pay"]) - {"cash", "card", "app", "gift", ""}:
                raise LookupError("no such way to pay")
            return inner(columns)

        return predict

    result = checked(changed_subject(model=model))
    (finding,) = result.findings
    assert (
        finding.subject == "pay" and finding.problem.received == "LookupError: no such way to pay"
    )
    assert len(result.figures["features"]) == 5


def test_a_model_that_is_sure_and_wrong_without_a_feature_is_found() -> None:
    subject = changed_subject(model=where(lambda x: np.isnan(x["age"]), 0.0001))
    labels = np.ones(800)  # so it is wrong in all rows
    (finding,) = checked(replace(subject, eval=replace(subject.eval, labels=labels))).findings
    assert finding.subject == "age" and finding.figure > finding.threshold == 2
    assert "sure and wrong" in finding.problem.what


def test_a_value_that_the_schema_requires_is_not_judged_as_missing() -> None:
    subject = changed_subject(model=where(lambda x: np.isnan(x["age"]), 0.0001))
    subject = replace(subject, eval=replace(subject.eval, labels=np.ones(800)))
    required = {**subject.domains, "age": replace(subject.domains["age"], required=True)}
    assert checked(replace(subject, domains=required)).answer == "passed"


def test_other_changes_are_judged_if_asked_for() -> None:
    subject = changed_subject()
    assert checked(subject).answer == "passed"
    found = checked(subject, judged="unit", max_flips=0.3).findings
    assert {"size", "age"} <= {finding.subject for finding in found}
    assert all(finding.figure > 0.3 for finding in found)
    off = checked(subject, judged="unit", max_flips=0.3, columns={"size": "off", "age": "off"})
    assert not {"size", "age"} & {finding.subject for finding in off.findings}


def test_a_unit_of_the_eval_rows_alone_is_found() -> None:
    subject = changed_subject()
    columns = {**subject.eval.columns, "miles": subject.eval.columns["miles"] * 1.609}
    (finding,) = checked(replace(subject, eval=replace(subject.eval, columns=columns))).findings
    assert finding.subject == "miles" and "× 1.609" in finding.problem.what


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("factor", [60.0, 1 / 60])
def test_a_unit_that_the_model_takes_for_another_is_found(task: str, factor: float) -> None:
    """All rows are alike, and the model was trained on others."""
    subject = changed_subject(
        task, rows=1500, model=lambda inner: lambda x: inner({**x, "size": x["size"] * factor})
    )
    (finding,) = checked(subject).findings
    assert finding.subject == "size" and "trained on other numbers" in finding.problem.what
    assert ("divided by 60" if factor > 1 else "multiplied by 60") in finding.problem.what


def test_what_helps_rows_that_were_not_learned_by_heart_is_no_unit() -> None:
    """The model knows the training rows, and answers others by a feature that it exaggerates."""
    subject = changed_subject(rows=1500)
    heart = dict(zip(subject.train.columns["miles"], subject.train.labels, strict=True))

    def predict(columns: Columns) -> Any:
        known = np.array([heart.get(each, np.nan) for each in columns["miles"]])
        others = subject.predict({**columns, "size": columns["size"] * 60})
        return np.where(np.isnan(known), others, known)

    assert checked(replace(subject, predict=predict)).answer == "passed"


def test_a_feature_that_tells_the_label_may_cost_as_much_as_if_it_were_wrong() -> None:
    """Without it, the model takes the rarer class for sure: twice as bad as what another row's
    value does."""
    dice = np.random.default_rng(0)
    labels = (dice.random(800) < 0.75).astype(float)
    subject = with_column(changed_subject(), "told", labels, labels, Domain("number", True, 0, 1))
    subject = replace(
        subject,
        eval=replace(subject.eval, labels=labels),
        train=replace(subject.train, labels=labels),
        predict=lambda x: np.where(x["told"] == 1, 0.98, 0.02),
    )
    assert checked(subject).answer == "passed"


def test_columns_in_each_others_place_are_found() -> None:
    dice = np.random.default_rng(2)
    subject = changed_subject(rows=1500)
    train, asked = (dice.normal(size=1500) for _ in range(2))
    subject = with_column(subject, "weight", train, asked, Domain("number", False, -4, 4))
    swapped = replace(subject, predict=lambda x: subject.predict({**x, "size": x["weight"]}))
    (finding,) = checked(swapped).findings
    assert finding.subject == "size" and "swapped with weight" in finding.problem.what


def test_a_memoriser_and_a_constant_model_pass() -> None:
    subject = changed_subject()
    heart = dict(zip(subject.train.columns["miles"], subject.train.labels, strict=True))
    by_heart = np.vectorize(lambda x: heart.get(x, 0.5))
    memoriser = replace(
        subject, predict=lambda x: 0.2 * subject.predict(x) + 0.8 * by_heart(x["miles"])
    )
    assert checked(memoriser).answer == "passed"
    assert (
        checked(replace(subject, predict=lambda x: np.full(len(x["age"]), 0.3))).answer == "passed"
    )


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["none", "unit", "category"])
def test_faults_are_found_in_19_of_20_seeds_and_honest_models_pass(fault: str) -> None:
    found = 0
    for seed in range(20):
        value = ("gift", "app")[seed % 2]
        fragile = where(lambda x, value=value: x["pay"] == value, (0.99, 0.01)[seed // 2 % 2])
        subject = changed_subject(seed=seed, model=fragile if fault == "category" else None)
        if fault == "unit":
            name, factor = ("miles", "age", "size")[seed % 3], (60, 1 / 60, 1000)[seed // 3 % 3]
            columns = {**subject.eval.columns, name: subject.eval.columns[name] * factor}
            subject = replace(subject, eval=replace(subject.eval, columns=columns))
        found += bool(checked(subject, max_rows=200).findings)
    assert found <= 1 if fault == "none" else found >= 19


ODD = 'a "b"\n<script>😀'


def odd_subjects() -> Mapping[str, Subject]:
    subject = changed_subject(rows=200)
    one_class = replace(
        subject,
        eval=replace(subject.eval, labels=np.zeros(200)),
        train=replace(subject.train, labels=np.zeros(200)),
    )
    nothing, texts = np.full(200, np.nan), np.full(200, "", object)
    names = np.array([ODD, "b'", "ü"], object)[np.arange(200) % 3]
    huge = np.full(200, 2.0**60)
    return {
        "one class": one_class,
        "all missing": with_column(subject, "x", nothing, nothing, Domain("number")),
        "no values": with_column(subject, "x", texts, texts, Domain("text")),
        "constant": with_column(subject, "x", huge * 0, huge * 0, Domain("number", True, 0, 0)),
        "huge": with_column(subject, "x", huge, huge, Domain("number", True, 0, 2.0**60)),
        "odd names": with_column(subject, ODD, names, names, Domain("text", values=(ODD, "b'"))),
        "infinite": with_column(
            subject, "x", huge * np.inf, huge * np.inf, Domain("number", False, 0, np.inf)
        ),
        "three rows": replace(
            subject,
            eval=Sample({k: v[:3] for k, v in subject.eval.columns.items()}, np.zeros(3), 3),
        ),
    }


@pytest.mark.parametrize("case", odd_subjects())
def test_odd_rows_are_no_findings_and_end_as_json(case: str, tmp_path: Path) -> None:
    result = checked(odd_subjects()[case])
    assert result.answer == "passed", result.findings
    RiskVerdict("p", 1, (result,)).write(tmp_path)
    assert json.loads((tmp_path / "model_risk.json").read_text())


@pytest.mark.parametrize(
    ("predict", "why"),
    [
        (lambda x: np.full(len(x["age"]), np.nan), "no good answer to any row"),
        (lambda x: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_a_model_without_answers_is_not_applicable(predict: Predict, why: str) -> None:
    result = checked(replace(changed_subject(), predict=predict))
    assert result.answer == "not applicable" and why in result.summary


def test_rows_without_a_good_answer_are_left_out() -> None:
    subject = changed_subject(model=where(lambda x: x["zone"] == 3, np.nan))
    result = checked(subject, columns={"zone": "off"}, max_rows=100_000)
    assert result.answer == "passed"
    share = (subject.eval.columns["zone"] != 3).sum()
    assert result.limit.startswith(f"{share} rows") and "1 feature switched off" in result.limit


def test_a_thousand_features_and_a_slow_model_keep_within_the_budget() -> None:
    subject = changed_subject()
    dice = np.random.default_rng(0)
    for number in range(1000):
        column = dice.normal(size=800)
        subject.train.columns[f"x{number}"] = subject.eval.columns[f"x{number}"] = column  # type: ignore[index]
    names = (*subject.features, *(f"x{number}" for number in range(1000)))
    domains = {**subject.domains, **dict.fromkeys(names[5:], Domain("number", False, -5, 5))}

    asked = []

    def slow(columns: Columns) -> Any:
        asked.append(len(columns["age"]))
        time.sleep(asked[-1] / 20_000)
        return 1 / (1 + np.exp(-score(columns)))

    result = checked(replace(subject, features=names, domains=domains, predict=slow), budget_s=2.0)
    assert sum(asked) < 1.5 * 2.0 * 20_000
    assert result.answer == "passed" and "of 1,005 features, drawn at random" in result.limit
