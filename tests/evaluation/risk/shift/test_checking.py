"""The check: a model that is worse on newer rows is found, and what cannot be told is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.made_subject import made_subject
from tfx_pipeline.config.sections.risk.shift import ShiftCheck
from tfx_pipeline.evaluation.risk.findings import CheckResult
from tfx_pipeline.evaluation.risk.shift import check
from tfx_pipeline.evaluation.risk.subject import Subject

SEEDS = range(2)


def checked(subject: Subject, **settings: Any) -> CheckResult:
    return check(subject, ShiftCheck.model_validate(settings).model_dump())


def with_newest(subject: Subject, **columns: Any) -> Subject:
    newer = made_subject(subject.seed + 100, rows=2500).feature_columns()
    return replace(subject, newest={**newer, **columns})


def worse_where_large(subject: Subject) -> Subject:
    """The model is wrong where `a` is above 1."""
    large = subject.eval.columns["a"] > 1
    flip = (1 - subject.answers) if subject.task != "regression" else subject.answers + 4
    return replace(subject, answers=np.where(large, flip, subject.answers))


def moved(seed: int, by: float) -> np.ndarray:
    return np.random.default_rng(seed + 7).normal(by, 0.7, 2500)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_check_passes_where_the_newest_rows_are_like_the_others(task: str) -> None:
    for seed in SEEDS:
        result = checked(with_newest(made_subject(seed, task=task)))
        assert result.answer == "passed", result.findings
        main = result.figures["metrics"][0]
        assert main["newest"] == pytest.approx(main["eval"], rel=0.1)


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_check_finds_a_model_that_is_worse_on_the_newest_rows(task: str) -> None:
    for seed in SEEDS:
        subject = worse_where_large(made_subject(seed, task=task))
        result = checked(with_newest(subject, a=moved(seed, 1.2)))
        assert result.answer == "warned"
        assert "on rows as the newest are" in result.findings[0].problem.what
        assert checked(with_newest(subject)).answer == "passed"


def test_check_passes_a_model_that_is_as_good_on_rows_that_moved() -> None:
    result = checked(with_newest(made_subject(0, task="regression"), a=moved(0, 0.7)))
    assert result.answer == "passed"


def test_check_finds_values_that_the_model_has_not_learned_from() -> None:
    dice = np.random.default_rng(0)
    colors = np.array(["red", "green", "blue", "violet\n😀"], object)
    subject = with_newest(made_subject(0), color=colors[dice.integers(0, 4, 2500)])
    result = checked(subject, severity="error")
    assert result.answer == "refused"
    (finding,) = result.findings
    assert finding.subject == "color" and finding.figure == pytest.approx(0.25, abs=0.03)


def test_check_leaves_new_values_alone_that_the_eval_split_has_as_many_of() -> None:
    """Each row has a name of its own, as it always had."""
    subject = made_subject(0)
    old = np.array([f"old {x}" for x in range(3000)], object)
    known = replace(subject.train, columns={**subject.train.columns, "color": old})
    now = np.array([f"now {x}" for x in range(3000)], object)
    rows = replace(subject.eval, columns={**subject.eval.columns, "color": now})
    newest = np.array([f"new {x}" for x in range(2500)], object)
    result = checked(with_newest(replace(subject, train=known, eval=rows), color=newest))
    assert not any("not learned from" in x.problem.what for x in result.findings)


def test_check_cannot_tell_where_no_eval_row_is_like_the_newest() -> None:
    result = checked(with_newest(made_subject(0), a=moved(0, 40)))
    assert result.summary.startswith("it cannot be told: only some")
    assert [finding.subject for finding in result.findings] == ["a"]
    few = checked(with_newest(made_subject(0), a=moved(0, 1.2)), min_effective_rows=2000)
    assert few.answer == "not applicable"
    assert "2000 are needed" in few.summary


def test_check_without_newer_rows_does_not_apply_and_says_what_it_needs() -> None:
    subject = made_subject(0)
    assert "needs a newest span" in checked(subject).summary
    few = {name: values[:7] for name, values in subject.feature_columns().items()}
    assert "7 rows: 100 are needed" in checked(replace(subject, newest=few)).summary
    other = replace(subject, newest={"else": np.zeros(500)})
    assert checked(other).summary == "the newest rows have none of the model's features"
    none = replace(with_newest(subject), answers=np.full(3000, np.nan, np.float32))
    assert "0 rows of the eval split" in checked(none).summary


def test_check_takes_newest_rows_that_lack_a_column_or_hold_nothing_in_it() -> None:
    subject = with_newest(made_subject(0), b=np.full(2500, np.nan))
    newest = {name: values for name, values in (subject.newest or {}).items() if name != "c"}
    result = checked(replace(subject, newest=newest))
    assert result.answer in ("passed", "not applicable")
