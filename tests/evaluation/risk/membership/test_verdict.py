"""What the check of membership says of models that remember their rows, and of others."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.private_subjects import (
    linear,
    made,
    nearest,
    nearest_number,
    ridge,
)
from tfx_pipeline.config.sections.risk.membership import MembershipCheck
from tfx_pipeline.evaluation.risk.findings import CheckResult
from tfx_pipeline.evaluation.risk.membership import check
from tfx_pipeline.evaluation.risk.membership.odd_rows import OddRows
from tfx_pipeline.evaluation.risk.membership.verdict import _count_words
from tfx_pipeline.evaluation.risk.subject import Sample, Subject


def checked(subject: Subject, **settings: Any) -> CheckResult:
    return check(subject, MembershipCheck(**settings).model_dump())


@pytest.mark.parametrize("seed", range(4))
def test_check_finds_a_model_that_knows_its_rows_by_heart(seed: int) -> None:
    result = checked(made(nearest, seed=seed), severity="error")
    assert result.answer == "refused"
    assert "by heart" in result.findings[-1].problem.what
    remembered = result.figures["remembered"][0]
    assert remembered["odd_training_rows_known"] == 1
    assert remembered["odd_other_rows_known"] < 0.7


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_check_passes_an_honest_model(task: str, seed: int) -> None:
    result = checked(made(ridge if task == "regression" else linear, task, seed))
    assert result.answer == "passed"
    assert result.figures["attacks"][0]["tpr_at_1_percent"] < 0.06


def test_check_of_exact_answers_finds_nearly_all_rows_and_says_which_digits_hide_them() -> None:
    result = checked(made(nearest_number, "regression"))
    assert result.answer == "warned"
    best = result.figures["attacks"][0]
    assert best["low"] > 0.95
    by_digits = {each["answers"]: each["tpr_at_1_percent"] for each in result.figures["digits"]}
    assert by_digits["all digits"] > by_digits["2 digits"] > by_digits["1 digit"] + 0.2
    assert "the class alone" not in by_digits
    assert "digits" in str(result.findings[0].problem.next_step)


@pytest.mark.parametrize("wanted", [0, 2])
def test_check_without_the_recipe_of_the_model_says_that_the_attack_is_weaker(wanted: int) -> None:
    subject = made(nearest)
    unknown = replace(subject, fit=None) if wanted else subject
    result = checked(unknown, reference_models=wanted)
    assert result.answer == "warned"
    assert "a weaker attack" in result.assumption
    assert {each["references"] for each in result.figures["attacks"]} == {"none", "another kind"}


def test_check_of_splits_that_differ_is_not_taken_for_memory() -> None:
    """All training rows are easy, and all eval rows hard: a loss alone would tell them apart."""
    subject = made(linear)
    towards = {"a": 6.0 * (2 * subject.train.labels - 1)}
    train = Sample({**subject.train.columns, **towards}, subject.train.labels, len(subject.train))
    moved = replace(subject, train=train, fit=lambda places, seed: subject.predict)
    result = checked(moved)
    loss = next(x for x in result.figures["attacks"] if x["attack"] == "loss")
    assert loss["low"] > 0.1
    assert result.answer == "passed"


def test_check_leaves_out_rows_that_stand_in_both_splits() -> None:
    subject = made(nearest, rows=(400, 300))
    columns = {
        name: np.concatenate([x[:250], subject.train.columns[name][:50]])
        for name, x in subject.eval.columns.items()
    }
    labels = np.concatenate([subject.eval.labels[:250], subject.train.labels[:50]])
    both = replace(subject, eval=Sample(columns, labels, 300), answers=subject.predict(columns))
    result = checked(both)
    assert "100 rows that stand there twice were left out" in result.limit
    assert result.figures["attacks"][0]["members"] == 350
    assert result.figures["attacks"][0]["strangers"] == 250


def test_check_trains_fewer_models_where_they_take_longer_than_its_budget() -> None:
    subject = made(linear)
    fit = subject.fit
    assert fit is not None

    def slow(places: Any, seed: int) -> Any:
        time.sleep(0.4)
        return fit(places, seed)

    result = checked(replace(subject, fit=slow), reference_models=8, budget_s=1.5)
    models = result.assumption.rpartition("only ")[2]
    assert models in {f"{n} reference models of 8 could be trained" for n in (2, 3)} | {
        "1 reference model of 8 could be trained"
    }


@pytest.mark.parametrize("rows", [(30, 600), (600, 30), (99, 99)])
def test_check_of_few_rows_is_not_applicable(rows: tuple[int, int]) -> None:
    result = checked(made(linear, rows=rows))
    assert result.answer == "not applicable"
    assert "100 rows of each split" in result.summary


def test_check_of_answers_that_are_no_numbers_is_not_applicable() -> None:
    broken = replace(made(linear), predict=lambda columns: np.full(len(columns["a"]), np.nan))
    result = checked(broken)
    assert result.answer == "not applicable"
    assert result.summary == "1,500 of 1,500 answers are no numbers, or no probabilities"


@pytest.mark.parametrize("text", ["'\"\n", "😀<script>", "\udcff"])
def test_check_passes_a_constant_model_of_odd_texts_and_empty_columns(text: str) -> None:
    subject = made(linear, rows=(300, 200))
    splits = []
    for sample in (subject.train, subject.eval):
        rows = len(sample)
        towns = np.where(np.arange(rows) % 2, sample.columns["town"], text)
        odd = {**sample.columns, "town": towns, "none": np.full(rows, np.nan),
               "empty": np.full(rows, "", object)}  # fmt: skip
        splits.append(Sample(odd, sample.labels, rows))
    constant = replace(
        subject,
        features=(*subject.features, "none", "empty"),
        train=splits[0],
        eval=splits[1],
        predict=lambda columns: np.full(len(columns["a"]), 0.25, np.float32),
        fit=None,
    )
    result = checked(constant)
    assert result.answer == "passed"
    assert text not in str(result.figures)


def test_check_rounds_answers_of_many_classes_though_they_then_add_up_to_no_probability() -> None:
    subject = made(linear, "multiclass")
    classes = tuple(map(str, range(100)))

    def spread(columns: Any) -> Any:
        few = subject.predict(columns)
        return np.hstack([few * 0.5, np.full((len(few), 97), 0.5 / 97)])

    result = checked(replace(subject, classes=classes, predict=spread, fit=None))
    assert result.answer == "passed"
    assert len(result.figures["digits"]) == 6


@pytest.mark.parametrize(
    ("known", "words"), [(0, "0"), (1, "fewer than 5"), (4, "fewer than 5"), (5, "5")]
)
def test_count_words_hide_a_count_that_could_be_one_person(known: int, words: str) -> None:
    assert _count_words(OddRows(1000, 10, known), OddRows(1000, 10, 0), 1000) == words
