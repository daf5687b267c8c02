"""Categories that decide alone, and whether training rows say that they should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.changed_subject import Predict, changed_subject
from tfx_pipeline.evaluation.risk.asking.categories import Sweep, sweeps
from tfx_pipeline.evaluation.risk.asking.questions import Questions
from tfx_pipeline.evaluation.risk.asking.unchanged import Unchanged, unchanged_rows
from tfx_pipeline.evaluation.risk.subject import Subject


def sure(task: str, value: Any, column: str = "pay") -> Any:
    """Make a model that is sure as soon as a category is there."""
    answer: Any = {"binary": 0.995, "multiclass": [0.01, 0.98, 0.01], "regression": 150.0}[task]

    def model(inner: Predict) -> Predict:
        def predict(columns: Any) -> Any:
            answers = inner(columns).copy()
            is_there = np.isin(columns[column], value) if value else columns[column] > 99
            answers[is_there] = answer
            return answers

        return predict

    return model


def swept(subject: Subject) -> dict[Any, Sweep]:
    questions = Questions(subject, 60)
    base = unchanged_rows(subject, questions, 300)
    assert isinstance(base, Unchanged)
    found = sweeps(subject, base, ("pay", "zone"), questions)
    return {(x.category.feature, x.category.value): x for x in found}


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize(("column", "value"), [("pay", "gift"), ("zone", 3.0)])
def test_sweeps_find_a_category_that_decides_though_labels_deny_it(
    task: str, column: str, value: Any
) -> None:
    found = swept(changed_subject(task, model=sure(task, value, column)))
    unfounded = [key for key, sweep in found.items() if sweep.is_unfounded]
    assert unfounded == [(column, value)]
    train = changed_subject(task).train
    assert len(found[column, value].category.labels) == (train.columns[column] == value).sum()


def test_sweeps_leave_a_category_that_the_labels_support() -> None:
    subject = changed_subject(model=sure("binary", "gift"))
    is_gift = subject.train.columns["pay"] == "gift"
    labels = np.where(is_gift, 1.0, subject.train.labels)
    found = swept(replace(subject, train=replace(subject.train, labels=labels)))["pay", "gift"]
    assert found.is_sweep and found.is_supported and not found.is_unfounded
    assert found.answer == pytest.approx(0.995) and found.support > 0.99


def test_sweeps_find_the_answer_to_what_was_never_seen() -> None:
    known = ("cash", "card", "app", "gift", "")

    def model(inner: Predict) -> Predict:
        return lambda x: np.where(np.isin(x["pay"], known), inner(x), 0.999)

    found = swept(changed_subject(model=model))
    assert [key for key, sweep in found.items() if sweep.is_unfounded] == [("pay", None)]


@pytest.mark.parametrize("rows", [1, 3])
def test_sweeps_find_few_rows_learned_by_heart(rows: int) -> None:
    """All of them are positive, which so few rows may be by chance."""
    subject = changed_subject(model=sure("binary", "rare"))
    pay = subject.train.columns["pay"].copy()
    pay[:rows] = "rare"
    labels = subject.train.labels.copy()
    labels[:rows] = 1.0
    train = replace(subject.train, columns={**subject.train.columns, "pay": pay}, labels=labels)
    assert swept(replace(subject, train=train))["pay", "rare"].is_unfounded


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_sweeps_of_an_honest_model_are_none(task: str) -> None:
    assert not [x for x in swept(changed_subject(task)).values() if x.is_unfounded]
