"""Rows that a model is sure of, and wrong: honest models, and others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.formula_subject import formula_subject, logistic
from tfx_pipeline.config.sections.risk.worst_rows import WorstRowsCheck
from tfx_pipeline.evaluation.risk.findings import CheckResult
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.evaluation.risk.worst_rows import check

ROWS = 3000


def checked(subject: Subject, **settings: Any) -> CheckResult:
    return check(subject, WorstRowsCheck.model_validate(settings).model_dump(mode="json"))


def made_columns(seed: int) -> dict[str, Any]:
    random = np.random.default_rng(seed)
    size = random.normal(0, 2, ROWS)
    size[:100] = np.nan
    city = np.array(["Ulm", "Bonn", "Kiel", ""], object)[random.integers(0, 4, ROWS)]
    return {"size": size, "city": city}


def chance(columns: Any) -> Any:
    return logistic(np.nan_to_num(columns["size"]) + 0.5 * (columns["city"] == "Ulm"))


def drawn(chances: Any, seed: int) -> Any:
    return (np.random.default_rng(100 + seed).random(len(chances)) < chances).astype(float)


def test_check_of_an_honest_model_finds_nothing() -> None:
    found = 0
    for seed in range(8):
        columns = made_columns(seed)
        found += bool(
            checked(formula_subject(columns, chance, drawn(chance(columns), seed))).findings
        )
    assert found == 0


def test_check_of_a_model_that_is_too_sure_says_how_many_errors_it_foretold() -> None:
    columns = made_columns(1)

    def too_sure(x: Any) -> Any:
        chances = chance(x).astype(float)
        return (chances**3 / (chances**3 + (1 - chances) ** 3)).astype(np.float32)

    labels = drawn(chance(columns), 1)
    result = checked(formula_subject(columns, too_sure, labels))
    answers = too_sure(columns).astype(float)
    sure = np.maximum(answers, 1 - answers) >= 0.9
    errors = int(((answers > 0.5) != labels)[sure].sum())
    foretold = float((1 - np.maximum(answers, 1 - answers))[sure].sum())
    assert result.answer == "warned"
    assert result.findings[0].figure == pytest.approx(errors / foretold, rel=1e-3)
    assert f"{errors} errors where the model foretells {foretold:.1f}" in result.summary


@pytest.mark.parametrize("seed", range(5))
def test_check_of_noise_in_one_slice_names_it(seed: int) -> None:
    columns = made_columns(seed)
    labels = drawn(chance(columns), seed)
    noisy = columns["city"] == "Kiel"
    labels[noisy] = np.random.default_rng(seed).integers(0, 2, int(noisy.sum()))
    result = checked(formula_subject(columns, chance, labels))
    slices = [x for x in result.findings if x.subject]
    assert slices[0].problem.what.startswith("`city` = 'Kiel': ")


def test_check_of_probabilities_that_weights_moved_foretells_nothing() -> None:
    columns = made_columns(2)
    labels = drawn(chance(columns) ** 3, 2)
    assert checked(formula_subject(columns, chance, labels)).findings
    weighted = checked(formula_subject(columns, chance, labels, weighted=True))
    assert not weighted.findings
    assert "label.weight" in weighted.summary


def test_check_of_rows_that_training_never_saw_foretells_nothing() -> None:
    columns = made_columns(2)
    subject = formula_subject(columns, chance, 1 - drawn(chance(columns), 2))
    far = {**columns, "size": columns["size"] + 100}
    rows = type(subject.eval)(far, subject.eval.labels, ROWS)
    result = checked(Subject(**{**vars(subject), "eval": rows, "answers": chance(far)}))
    assert not result.findings
    assert "96.7 % of the rows hold values that the training never saw" in result.summary


def test_check_of_a_constant_model_blames_no_slice() -> None:
    columns = made_columns(3)
    constant = lambda x: np.full(len(x["size"]), 0.55, np.float32)  # noqa: E731
    assert not checked(formula_subject(columns, constant, drawn(chance(columns), 3))).findings


@pytest.mark.parametrize(
    ("task", "answer"),
    [
        ("binary", lambda x: chance({**x, "size": np.where(x["city"] == "", x["size"], 0.0)})),
        ("regression", lambda x: np.log(x["size"]).astype(np.float32)),
        ("multiclass", lambda x: np.full((len(x["size"]), 3), np.nan, np.float32)),
    ],
)
def test_check_of_empty_input_wants_a_finite_answer(task: str, answer: Any) -> None:
    columns = {**made_columns(4), "size": np.full(ROWS, 2.0)}
    result = checked(formula_subject(columns, answer, np.zeros(ROWS), task), max_excess=1e9)
    is_nan = task != "binary"  # log(NaN)
    if is_nan:
        assert "a row without any value" in result.findings[0].problem.what
    else:
        assert not result.findings
        (asked,) = result.figures["empty input"]
        assert np.isnan(asked["answer"]).any() or len(asked["answer"]) == 1


def test_check_of_regression_finds_answers_that_are_off_in_a_slice() -> None:
    random = np.random.default_rng(105)
    columns = made_columns(5)
    labels = np.nan_to_num(columns["size"]) + random.normal(0, 1, ROWS)
    honest = lambda x: np.nan_to_num(x["size"]).astype(np.float32)  # noqa: E731
    assert not checked(formula_subject(columns, honest, labels, "regression")).findings
    labels = labels + 2.0 * (columns["city"] == "Bonn")
    result = checked(formula_subject(columns, honest, labels, "regression"))
    assert "`city` = 'Bonn' are off by" in result.findings[0].problem.what


def test_check_with_a_largest_loss_refuses_beyond_it() -> None:
    columns = made_columns(6)
    labels = drawn(chance(columns), 6)
    answers = chance(columns).astype(float)
    largest = (-np.log(np.where(labels == 1, answers, 1 - answers))).max()
    subject = formula_subject(columns, chance, labels)
    assert checked(subject, max_loss=largest * 1.01, severity="error").answer == "passed"
    result = checked(subject, max_loss=largest * 0.99, severity="error")
    assert result.answer == "refused"
    assert result.findings[0].figure == pytest.approx(largest, rel=1e-4)


def test_check_shows_the_worst_rows_without_what_only_they_hold() -> None:
    columns = made_columns(7)
    columns["city"][-1] = "Xanten"
    labels = drawn(chance(columns), 7)
    labels[-1], columns["size"][-1] = 0.0, 9.0  # sure, and wrong: the worst row
    result = checked(formula_subject(columns, chance, labels))
    worst = result.figures["worst rows"][0]
    assert worst["loss"] == pytest.approx(9.0, abs=0.01)
    assert worst["label"] == "no"
    assert worst["city"] == "(rare)"
    assert worst["size"].endswith(" and above") and worst["size"][0] != "9"
    told = {row["size"] for row in result.figures["worst rows"]}
    assert not any(f"{edge:.4g}" in str(told) for edge in (9.0, np.nanmin(columns["size"])))
    assert len(result.figures["worst rows"]) == 10


@pytest.mark.parametrize("bad", ["labels", "answers"])
def test_check_of_labels_or_answers_that_are_none_passes_over_them(bad: str) -> None:
    columns = made_columns(8)
    labels, answers = drawn(chance(columns), 8), chance(columns)
    spoilt = labels if bad == "labels" else answers
    spoilt[:ROWS] = np.nan
    result = checked(formula_subject(columns, lambda x: answers[: len(x["size"])], labels))
    assert "no row has both a label and an answer" in result.summary or result.findings


def test_check_of_a_column_of_many_values_still_foretells_its_errors() -> None:
    columns = made_columns(1) | {"shop": np.array([f"s{x % 1500}" for x in range(ROWS)], object)}
    subject = formula_subject(columns, chance, drawn(chance(columns), 1))
    # As ModelRiskAssessor has it: the most frequent values alone.
    few = replace(subject.domains["shop"], values=subject.domains["shop"].values[:500])
    result = checked(replace(subject, domains={**subject.domains, "shop": few}))
    assert result.answer == "passed"
    assert "no more errors than the probabilities foretell" in result.summary


def test_check_of_numbers_shows_no_label_that_could_name_a_person() -> None:
    columns = made_columns(1)
    labels = np.random.default_rng(0).normal(50_000, 9_000, ROWS).round(2)
    subject = formula_subject(columns, lambda x: 0 * chance(x) + 50_123.45, labels, "regression")
    for row in checked(subject).figures["worst rows"]:
        near = labels[np.abs(labels - row["label"]) < 1_000]
        assert len(near) and row["label"] % 1_000 == 0
        assert row["answer"] == 50_000 and row["loss"] % 1_000 == 0
