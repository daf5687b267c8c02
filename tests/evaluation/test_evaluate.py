"""All that is measured of a candidate, and what the gates make of it: of good and strange rows."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk

from tfx_pipeline.evaluation.evaluate import evaluate, measured
from tfx_pipeline.evaluation.evaluation_facts import EVALUATION_FILE, EvaluationFacts
from tfx_pipeline.evaluation.gates import judge
from tfx_pipeline.evaluation.metric_names import METRICS_OF_TASK
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.scored_split import ScoredSplit, SliceColumn
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer
from tfx_pipeline.evaluation.verdict import Bounds, Gates, Verdict

CLASSES: dict[str, tuple[str, ...]] = {
    "binary": ("no", "yes"), "multiclass": ("a", "b", "<c>"), "regression": (),
}  # fmt: skip


def split(task: str, size: int = 400, noise: float = 0.0, seed: int = 0) -> ScoredSplit:
    """Make rows of a calibrated model, and of a last blessed one that differs by `noise`."""
    random = np.random.default_rng(seed)
    width = {"binary": 1, "multiclass": 3, "regression": 1}[task]
    logits = random.normal(size=(size, width)) * 1.5
    worse = logits + noise * random.normal(size=logits.shape)
    if task == "regression":
        labels = logits[:, 0] + random.normal(size=size)
        answers, before = logits[:, 0], worse[:, 0]
    elif task == "binary":
        labels = (random.random(size) < 1 / (1 + np.exp(-logits[:, 0]))).astype(float)
        answers, before = (1 / (1 + np.exp(-each[:, 0])) for each in (logits, worse))
    else:
        labels = (logits + random.gumbel(size=logits.shape)).argmax(axis=1).astype(float)
        answers, before = (
            np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in (logits, worse)
        )
    rows = ScoredRows(task, len(CLASSES[task]), labels, answers)
    trivial = TrivialAnswer.of_labels(task, len(CLASSES[task]), labels)
    other = replace(rows, answers=before)
    return ScoredSplit(rows, trivial, "digest", baseline=other, linear=other)


def gates(task: str, *metrics: Any, **more: Any) -> Gates:
    return Gates(task, CLASSES[task], metrics, more.pop("thresholds", {}), resamples=300, **more)


def verdict_of(rows: ScoredSplit, asked: Gates) -> tuple[EvaluationFacts, Verdict]:
    facts = evaluate(rows, asked)
    return facts, judge(asked, facts)


def written(facts: EvaluationFacts, verdict: Verdict, folder: Path) -> dict[str, Any]:
    facts.write(folder)
    verdict.write(folder)
    assert Verdict.read(folder).blessed is verdict.blessed
    text = (folder / EVALUATION_FILE).read_text(encoding="utf-8")
    return json.loads(text, parse_constant=pytest.fail)


@pytest.mark.parametrize("task", CLASSES)
def test_evaluate_gives_every_metric_of_a_task_its_interval(task: str, tmp_path: Path) -> None:
    costs = () if task == "regression" else tuple(map(tuple, (1 - np.eye(len(CLASSES[task])))))
    asked = gates(task, *METRICS_OF_TASK[task], costs=costs)
    facts, verdict = verdict_of(split(task, noise=0.5), asked)
    assert verdict.blessed
    for name in METRICS_OF_TASK[task]:
        if name in ("top_3_accuracy", "top_5_accuracy", "top_10_accuracy"):
            assert "each is among the first" in facts.missing[name]
            continue
        figure = facts.metrics[name]
        if name == "max_error":
            assert figure.method == "none" and math.isnan(figure.high)
            continue
        assert figure.low <= figure.value <= figure.high and figure.rows == 400, name
        assert figure.low < figure.high, name
        assert facts.changes[name].loss.rows == 400 or name == "mean_label"
    assert facts.against_trivial and facts.against_linear
    assert not facts.notes
    text = written(facts, verdict, tmp_path)
    assert text["metrics"]["mse" if task == "regression" else "log_loss"]["low"] > 0


def test_evaluate_of_a_better_model_says_so_and_refuses_it_the_other_way_round() -> None:
    rows = split("binary", 2000, noise=0.8)
    facts, verdict = verdict_of(rows, gates("binary", "auc", "log_loss"))
    assert verdict.blessed and facts.changes["log_loss"].answer == "better"
    assert rows.baseline is not None
    turned = replace(rows, candidate=rows.baseline, baseline=rows.candidate, linear=rows.candidate)
    facts, verdict = verdict_of(turned, gates("binary", "auc", "log_loss"))
    assert facts.changes["log_loss"].answer == facts.changes["auc"].answer == "worse"
    assert [x.what for x in verdict.refusals] == [
        "metric `log_loss` is worse than the last blessed model's"
    ]
    assert "`log_loss`" in verdict.decided and "worse" in verdict.decided
    assert any("a linear model of the same training rows is better" in x for x in verdict.notes)


@pytest.mark.parametrize("task", CLASSES)
@pytest.mark.parametrize("size", [1, 3, 20, 400])
def test_evaluate_of_the_same_model_again_never_refuses_for_that(task: str, size: int) -> None:
    rows = replace(split(task, size), linear=None)
    margins = {name: Bounds(max_loss_against_baseline=0.0) for name in METRICS_OF_TASK[task]}
    asked = gates(task, *METRICS_OF_TASK[task], thresholds=margins, unsure_changes="refuse")
    facts, verdict = verdict_of(rows, asked)
    assert {x.answer for x in facts.changes.values()} == {"not worse"}
    assert not [x for x in verdict.refusals if "worse" in x.what]


@pytest.mark.parametrize("task", CLASSES)
def test_evaluate_of_a_constant_model_is_refused_as_trivial(task: str, tmp_path: Path) -> None:
    rows = split(task)
    constant = replace(rows.candidate, answers=rows.trivial.answers(400).copy())
    rows = replace(rows, candidate=constant, baseline=None, linear=None)
    facts, verdict = verdict_of(rows, gates(task, *METRICS_OF_TASK[task]))
    (refusal,) = verdict.refusals
    assert refusal.what.startswith("the model is no better than a trivial answer")
    assert not facts.has_baseline and facts.changes == {}
    written(facts, verdict, tmp_path)


@pytest.mark.parametrize("task", CLASSES)
def test_evaluate_of_a_model_that_answers_nan_has_no_metric(task: str, tmp_path: Path) -> None:
    rows = split(task)
    answers = rows.candidate.answers.copy()
    answers[7] = np.nan
    rows = replace(rows, candidate=replace(rows.candidate, answers=answers))
    facts, verdict = verdict_of(rows, gates(task, *METRICS_OF_TASK[task], slices=()))
    assert facts.metrics == {} and facts.curves == {}
    assert set(facts.missing) == set(measured(gates(task, *METRICS_OF_TASK[task])))
    assert not verdict.blessed and "1 of 400 answers are not" in verdict.decided
    written(facts, verdict, tmp_path)


def test_evaluate_beside_a_last_blessed_model_that_answers_nan_leaves_that_out() -> None:
    rows = split("binary")
    assert rows.baseline is not None
    bad = replace(rows.baseline, answers=np.full(400, np.nan))
    facts, verdict = verdict_of(replace(rows, baseline=bad), gates("binary", "auc"))
    assert verdict.blessed and facts.baseline == {} and facts.has_baseline
    assert facts.notes == (
        "the last blessed model is left out: 400 of its 400 answers are no probabilities",
    )
    assert "`log_loss` was not compared" in verdict.notes[-1]


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_evaluate_of_one_class_has_what_exists(label: float, tmp_path: Path) -> None:
    rows = split("binary")
    labels = np.full(400, label)
    both = {name: replace(rows.candidate, labels=labels) for name in ("candidate", "baseline")}
    rows = replace(rows, linear=None, **both)
    facts, verdict = verdict_of(rows, gates("binary", *METRICS_OF_TASK["binary"]))
    assert "auc" in facts.missing and "log_loss" in facts.metrics
    assert not verdict.blessed  # it says yes as often as no
    refused = judge(gates("binary", "auc", thresholds={"auc": Bounds(min=0.5)}), facts)
    assert "cannot be computed" in refused.refusals[0].what
    written(facts, verdict, tmp_path)


def test_evaluate_of_slices_measures_those_with_enough_rows(tmp_path: Path) -> None:
    codes = np.repeat([0, 1, 2], [300, 97, 3]).astype(np.int32)
    column = SliceColumn(codes, ("plain", 'odd "\n🦆', "<script>"))
    rows = replace(split("binary", noise=0.5), slices={"kind": column})
    facts, verdict = verdict_of(rows, gates("binary", "auc", "log_loss", slices=(("kind",),)))
    large, middle, small = facts.slices
    assert [x.rows for x in facts.slices] == [300, 97, 3]
    assert small.metrics == {} and small.note.startswith("fewer than 30 rows")
    labels, answers = rows.candidate.labels[300:397], rows.candidate.answers[300:397]
    assert middle.metrics["auc"].value == pytest.approx(sk.roc_auc_score(labels, answers))
    assert large.metrics["auc"].simultaneous == 2
    assert middle.changes["log_loss"].loss.rows == 97
    found = written(facts, verdict, tmp_path)
    assert found["slices"][2]["values"] == ["<script>"]


def test_evaluate_of_ten_thousand_slice_values_names_the_largest(tmp_path: Path) -> None:
    codes = np.append(np.arange(10_000), np.zeros(2000, int)).astype(np.int32)
    column = SliceColumn(codes, tuple(map(str, range(10_000))))
    rows = replace(split("binary", 12_000), slices={"id": column})
    facts, verdict = verdict_of(rows, gates("binary", "log_loss", slices=(("id",),)))
    assert (len(facts.slices), facts.slices_left_out) == (300, 9700)
    assert [bool(x.metrics) for x in facts.slices] == [True] + [False] * 299
    written(facts, verdict, tmp_path)
    assert (tmp_path / EVALUATION_FILE).stat().st_size < 300_000


def test_evaluate_of_clusters_is_less_sure() -> None:
    rows = split("binary")
    times = {name: np.repeat(getattr(rows.candidate, name), 10) for name in ("labels", "answers")}
    copies = ScoredSplit(replace(rows.candidate, **times), rows.trivial, "x")
    wide = replace(copies, clusters=np.repeat(np.arange(400), 10))
    asked = gates("binary", "log_loss")
    alone, copied, clustered = (
        evaluate(each, asked).metrics["log_loss"] for each in (rows, copies, wide)
    )
    assert copied.high - copied.low < 0.5 * (alone.high - alone.low)
    assert clustered.high - clustered.low == pytest.approx(alone.high - alone.low, rel=0.15)


def test_evaluate_without_rows_says_that_there_are_none(tmp_path: Path) -> None:
    none = ScoredRows("binary", 2, np.zeros(0), np.zeros(0, np.float32))
    rows = ScoredSplit(none, TrivialAnswer("binary", (0.5, 0.5)), "x")
    facts, verdict = verdict_of(rows, gates("binary", "auc"))
    assert facts.rows == 0 and not verdict.blessed
    assert verdict.refusals[0].received == "there is no row with a label"
    written(facts, verdict, tmp_path)


def test_evaluate_of_errors_too_large_for_a_float64_refuses(tmp_path: Path) -> None:
    labels = np.linspace(0, 1, 50)
    rows = ScoredRows("regression", 0, labels, np.full(50, 1e300))
    trivial = TrivialAnswer.of_labels("regression", 0, labels)
    asked = gates("regression", "mse", "mae")
    facts, verdict = verdict_of(ScoredSplit(rows, trivial, "x"), asked)
    assert facts.missing["mse"] == "it is too large for a float64"
    assert not verdict.blessed
    written(facts, verdict, tmp_path)


def test_evaluate_of_costs_names_the_best_threshold_and_what_a_constant_costs() -> None:
    asked = gates(
        "binary", "mean_cost", costs=((0.0, 1.0), (9.0, 0.0)), cost_unit="EUR", at_thresholds=(0.1,)
    )
    facts = evaluate(split("binary", 3000), asked)
    assert facts.costs["best_threshold"] == pytest.approx(0.1, abs=0.06)
    assert (
        facts.costs["best_mean"]
        < facts.costs["mean"]
        == pytest.approx(facts.metrics["mean_cost"].value)
    )
    assert [x["threshold"] for x in facts.at_thresholds] == [0.1, 0.5]
    assert facts.trivial["mean_cost"] > facts.costs["constant"]["mean"]
