"""When a model is blessed: thresholds, changes against the last blessed one, and neither."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import Change, EvaluationFacts
from tfx_pipeline.evaluation.gates import figure, judge, loss_of, margin_of, needs_default_gate
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.judged import answer_of_change
from tfx_pipeline.evaluation.metric_names import MAIN_METRIC
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.verdict import Bounds, Figures, Gates, Verdict

WORDS = "the majority class of the training split, no"


def sure(value: float, half: float = 0.0) -> Interval:
    return Interval(value, value - half, value + half, "bootstrap-t", 100)


def change(name: str, loss: Interval, margin: float | None = None) -> Change:
    return Change(name, loss, margin, answer_of_change(loss, margin))


def facts(
    task: str = "binary", trivial: float = 0.6, half: float = 0.0, **values: float
) -> EvaluationFacts:
    """Make those of a model alone; the intervals reach `half` to both sides."""
    main = MAIN_METRIC[task]
    found = EvaluationFacts(
        task, ("no", "yes"), 100, 0.5, "digest", trivial={main: trivial}, trivial_words=WORDS,
        metrics={name: sure(value, half) for name, value in values.items() if value == value},
        missing={name: "0 of 100 rows are positive" for name, value in values.items()
                 if value != value},
    )  # fmt: skip
    if main in found.metrics:
        against = change(main, sure(values[main] - trivial, half))
        found = replace(found, against_trivial={main: against})
    return found


def beside(found: EvaluationFacts, losses: dict[str, Interval], margin: float) -> EvaluationFacts:
    """Add a last blessed model."""
    return replace(
        found,
        has_baseline=True,
        baseline={x: sure(found.metrics[x].value - losses[x].value) for x in losses},
        changes={name: change(name, loss, margin) for name, loss in losses.items()},
    )


def gates(thresholds: dict[Any, Bounds], *metrics: Any, task: str = "binary", **more: Any) -> Gates:
    classes = () if task == "regression" else ("no", "yes")
    return Gates(task, classes, metrics or tuple(thresholds), thresholds, **more)


def test_judge_with_fixed_bounds_names_the_figure_that_decided() -> None:
    asked = gates({"auc": Bounds(min=0.9), "log_loss": Bounds(max=0.3)})
    verdict = judge(asked, facts(auc=0.95, log_loss=0.2, half=0.01))
    assert verdict.blessed and not verdict.notes and not verdict.refusals
    assert verdict.gate == "thresholds on `auc`, `log_loss`"
    assert verdict.decided == "`auc` 0.9500 (0.9400 to 0.9600) is at least 0.9"
    verdict = judge(asked, facts(auc=0.95, log_loss=0.4, half=0.01))
    assert not verdict.blessed and len(verdict.refusals) == 1
    assert verdict.decided == "`log_loss` 0.4000 (0.3900 to 0.4100) is not at most 0.3"


def test_judge_where_a_bound_is_in_the_interval_notes_it_or_refuses() -> None:
    asked = gates({"auc": Bounds(min=0.9), "log_loss": Bounds(max=0.3)})
    close = facts(auc=0.95, log_loss=0.295, half=0.01)
    verdict = judge(asked, close)
    assert verdict.blessed
    assert verdict.notes == [
        "`log_loss` 0.2950 (0.2850 to 0.3050) is at most 0.3, of which 100 rows cannot be sure"
    ]
    assert verdict.decided.startswith("`log_loss` 0.2950")  # the least sure one
    assert not judge(replace(asked, unsure_bounds="refuse"), close).blessed
    assert judge(replace(asked, unsure_bounds="accept"), facts(auc=0.895, log_loss=0.2,
                                                               half=0.01)).blessed  # fmt: skip


@pytest.mark.parametrize("loss", [0.6931, 0.0712, 0.0071, 3.2e-5, 4.5e-9, 12.5, 523.0, 81234.5])
def test_judge_of_a_model_that_is_just_trivial_shows_that_it_is_not_below(loss: float) -> None:
    verdict = judge(
        gates({}, "mse", task="regression"), facts("regression", loss, loss * 1e-6, mse=loss)
    )
    (refusal,) = verdict.refusals
    assert refusal.received and refusal.received.startswith(f"`mse` {figure(loss)}")
    assert refusal.allowed is not None
    most = refusal.allowed.split(": ")[0].removeprefix("`mse` less than ")
    assert 0 < float(most.replace(",", "")) < float(figure(loss).replace(",", ""))


@pytest.mark.parametrize(
    ("name", "now", "then", "loss"),
    [
        ("auc", 0.8, 0.9, 0.1),
        ("auc", 0.95, 0.9, -0.05),
        ("accuracy", 0.8, 0.9, 0.1),
        ("f1", 0.8, 0.9, 0.1),
        ("r2", -0.1, 0.9, 1.0),
        ("log_loss", 0.4, 0.3, 0.1),
        ("log_loss", 0.2, 0.3, -0.1),
        ("mse", 5.0, 3.0, 2.0),
        ("mape", 0.5, 0.3, 0.2),
        ("mean_cost", 5.0, 3.0, 2.0),
        ("mean_error", -0.3, 0.1, 0.2),
        ("calibration", 1.3, 1.0, 0.3),  # more is not better
        ("calibration", 0.7, 1.0, 0.3),
        ("calibration", 1.0, 1.3, -0.3),
        ("calibration", 0.9, 1.1, 0.0),  # as far from 1 on the other side
        ("mean_prediction", 0.5, 0.4, 0.1),  # mean_label is 0.4
        ("mean_prediction", 0.3, 0.4, 0.1),
        ("mean_prediction", 0.4, 0.7, -0.3),
        ("mean_prediction", 0.2, 0.6, 0.0),
        ("mean_label", 0.4, 0.4, 0.0),
    ],
)
def test_loss_of_measures_in_the_direction_that_is_worse(
    name: Any, now: float, then: float, loss: float
) -> None:
    model, baseline = (
        Figures("binary", {"mean_label": 0.4, name: value}, {}) for value in (now, then)
    )
    assert loss_of(name, model, baseline) == pytest.approx(loss, abs=1e-12)


def test_judge_of_changes_refuses_what_is_surely_worse() -> None:
    asked = gates({"calibration": Bounds(max_loss_against_baseline=0.1)})
    worse = beside(facts(calibration=1.5, log_loss=0.3), {"calibration": sure(0.48, 0.1)}, 0.1)
    verdict = judge(asked, worse)
    (problem,) = verdict.refusals
    assert problem.received == (
        "1.5000 against 1.0200, where 1 is best: 0.4800 worse (0.3800 to 0.5800)"
    )
    assert problem.allowed == "at most 0.1000 worse than the last blessed model"
    assert verdict.changes["calibration"].answer == "worse"


def test_judge_of_the_same_model_again_never_refuses() -> None:
    same = beside(facts(auc=0.9, log_loss=0.3), {"auc": sure(0.0), "log_loss": sure(0.0)}, 0.0)
    for unsure in ("accept", "point", "refuse"):
        for bounds in ({"auc": Bounds(max_loss_against_baseline=0.0)}, {}):
            asked = gates(bounds, "auc", margin=0.0, unsure_changes=unsure)  # type: ignore[arg-type]
            verdict = judge(asked, same)
            assert verdict.blessed and not verdict.notes
    assert verdict.changes["auc"].answer == "not worse"


def test_judge_without_thresholds_asks_that_the_last_blessed_model_is_not_better() -> None:
    asked = gates({}, "log_loss")
    good = facts(log_loss=0.3)
    verdict = judge(asked, beside(good, {"log_loss": sure(0.02, 0.01)}, 0.0028))
    (problem,) = verdict.refusals
    assert problem.what == "metric `log_loss` is worse than the last blessed model's"
    assert "`log_loss` must beat 0.6000" in verdict.gate and "0.0028 (1 % of it)" in verdict.gate
    unsure = judge(asked, beside(good, {"log_loss": sure(0.02, 0.03)}, 0.0028))
    assert unsure.blessed and "100 rows cannot tell" in unsure.notes[0]


@pytest.mark.parametrize(
    ("thresholds", "compared", "needed"),
    [
        ({}, (), True),
        ({}, ("auc",), True),
        ({"auc": Bounds(min=0.5)}, (), False),
        ({"auc": Bounds(max_loss_against_baseline=0.1)}, (), True),
        ({"auc": Bounds(max_loss_against_baseline=0.1)}, ("log_loss",), True),
        ({"auc": Bounds(max_loss_against_baseline=0.1)}, ("auc",), False),
        ({"auc": Bounds(min=0, max_loss_against_baseline=0.1)}, (), False),
    ],
)
def test_needs_default_gate_when_nothing_else_could_refuse(
    thresholds: dict[Any, Bounds], compared: tuple[str, ...], needed: bool
) -> None:
    assert needs_default_gate(gates(thresholds, "auc"), compared) is needed


@pytest.mark.parametrize(
    ("thresholds", "margin"),
    [
        ({}, 0.01 * -math.log(0.8)),
        ({"auc": Bounds(max_loss_against_baseline=0.1)}, None),
        ({"log_loss": Bounds(max_loss_against_baseline=0.1)}, 0.1),
        ({"log_loss": Bounds(max=0.1)}, None),
    ],
)
def test_margin_of_is_a_share_where_nothing_is_said(
    thresholds: dict[Any, Bounds], margin: float | None
) -> None:
    then = ScoredRows("binary", 2, np.array([0.0, 1]), np.array([0.2, 0.8]))
    assert margin_of("log_loss", gates(thresholds, "auc"), then) == pytest.approx(margin)
    assert margin_of("accuracy", gates(thresholds, "auc"), then) is None


@pytest.mark.parametrize(
    ("task", "name", "value", "half", "blessed"),
    [
        ("binary", "log_loss", 0.3, 0.1, True),
        ("binary", "log_loss", 0.55, 0.1, False),  # below, and not surely
        ("binary", "log_loss", 0.6, 0.1, False),
        ("binary", "log_loss", 0.59999, 1e-9, False),  # rounding, or luck
        ("binary", "log_loss", 0.7, 0.1, False),
        ("binary", "log_loss", math.nan, 0.1, False),
        ("multiclass", "log_loss", 0.5, 0.05, True),
        ("multiclass", "log_loss", 0.6, 0.05, False),
        ("regression", "mse", 0.5, 0.05, True),
        ("regression", "mse", 0.6, 0.05, False),
        ("regression", "mse", 0.5, math.nan, False),  # no interval: too few rows
    ],
)
def test_judge_without_thresholds_asks_for_more_than_the_trivial_answer(
    task: str, name: Any, value: float, half: float, blessed: bool
) -> None:
    verdict = judge(gates({}, name, task=task), facts(task, half=half, **{name: value}))
    assert verdict.blessed is blessed
    assert verdict.gate.startswith("no threshold is configured (evaluation.thresholds): ")
    assert f"`{name}` must beat 0.6000, which is reached by {WORDS}" in verdict.gate
    assert verdict.decided.startswith(f"`{name}`")
    if not blessed:
        (problem,) = verdict.refusals
        assert "evaluation.thresholds" in str(problem) or "cannot be computed" in problem.what
        assert ("100 rows cannot tell" in problem.what) is (value in (0.55, 0.5))


def test_judge_of_changes_without_a_baseline_says_what_it_asked_for_instead() -> None:
    asked = gates({"auc": Bounds(max_loss_against_baseline=0.1)})
    verdict = judge(asked, facts(auc=0.9, log_loss=0.3))
    assert verdict.blessed
    assert "there is no last blessed model that `auc` could be compared with" in verdict.gate


def test_judge_of_a_metric_that_cannot_be_computed_refuses_with_counts() -> None:
    asked = gates({"auc": Bounds(min=0.5)}, "auc", "accuracy")
    verdict = judge(asked, facts(auc=math.nan, accuracy=1.0))
    (problem,) = verdict.refusals
    assert (
        problem.what == "metric `auc`, which has a threshold, cannot be computed on the eval split"
    )
    assert problem.received == "0 of 100 rows are positive"
    assert verdict.missing == {"auc": "0 of 100 rows are positive"}
    assert verdict.metrics == {"accuracy": 1.0}
    assert verdict.decided == "`auc` has no value: 0 of 100 rows are positive"


def test_judge_of_a_metric_without_a_threshold_that_cannot_be_computed_only_says_so() -> None:
    asked = gates({"accuracy": Bounds(min=0.5)}, "auc", "accuracy")
    verdict = judge(asked, facts(auc=math.nan, accuracy=1.0))
    assert verdict.blessed
    assert verdict.missing == {"auc": "0 of 100 rows are positive"}


def test_judge_with_a_baseline_whose_metric_is_missing_notes_that() -> None:
    asked = gates({"precision": Bounds(min=0.1, max_loss_against_baseline=0.1)})
    found = replace(
        facts(precision=0.5),
        has_baseline=True,
        baseline_missing={"precision": "0 of 100 rows are answered as positive (40 are)"},
    )
    verdict = judge(asked, found)
    assert verdict.blessed
    assert verdict.notes == [
        "`precision` was not compared: of the last blessed model, 0 of 100 rows are answered as"
        " positive (40 are)"
    ]


@pytest.mark.parametrize(("log_loss", "blessed"), [(0.6, False), (0.3, True)])
def test_judge_of_changes_that_could_not_be_measured_asks_for_more_than_the_trivial_answer(
    log_loss: float, blessed: bool
) -> None:
    asked = gates({"precision": Bounds(max_loss_against_baseline=0.1)})
    found = replace(
        facts(precision=0.5, log_loss=log_loss),
        has_baseline=True,
        baseline_missing={"precision": "0 of 100 rows are answered as positive (40 are)"},
    )
    verdict = judge(asked, found)
    assert verdict.blessed is blessed and "`precision` was not compared" in verdict.notes[0]
    assert "there is no last blessed model that `precision` could be" in verdict.gate


def test_judge_of_bad_rows_refuses_by_them_alone() -> None:
    problem = Problem("3 of 100 rows have a label that is none of the classes")
    verdict = judge(gates({"auc": Bounds(min=0.5)}), facts(auc=math.nan), [problem])
    assert verdict.refusals == [problem] and verdict.decided == problem.what


@pytest.mark.parametrize("thresholds", [{}, {"auc": Bounds(min=0.5)}])
def test_judge_without_any_row_refuses(thresholds: dict[Any, Bounds]) -> None:
    none = "there is no row with a label"
    empty = EvaluationFacts("binary", ("no", "yes"), 0, 0.5, "x", missing={"auc": none,
                            "log_loss": none}, trivial_words=WORDS)  # fmt: skip
    verdict = judge(gates(thresholds, "auc"), empty)
    assert verdict.refusals[0].received == none


def test_judge_of_a_model_that_a_linear_one_surely_beats_notes_it() -> None:
    asked, found = gates({"auc": Bounds(min=0.5)}), facts(auc=0.9, log_loss=0.3)
    found = replace(found, linear={"log_loss": sure(0.25), "auc": sure(0.92)})
    for half, noted in ((0.01, True), (0.1, False)):
        against = {"log_loss": change("log_loss", sure(0.05, half))}
        verdict = judge(asked, replace(found, against_linear=against))
        assert verdict.blessed and bool(verdict.notes) is noted
        assert verdict.linear == {"auc": 0.92}
        if noted:
            assert "a linear model of the same training rows is better" in verdict.notes[0]


def test_verdict_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    asked = gates({"auc": Bounds(min=0.5)}, "auc", "accuracy", "log_loss")
    found = beside(facts(auc=0.4, accuracy=math.nan, log_loss=0.2), {"auc": sure(0.2, 0.1)}, 0.1)
    verdict = judge(asked, found)
    verdict.write(tmp_path)
    assert Verdict.read(tmp_path) == verdict
    text = (tmp_path / "verdict.json").read_text(encoding="utf-8")
    json.loads(text, parse_constant=pytest.fail)


def test_verdict_of_intervals_that_are_none_comes_back(tmp_path: Path) -> None:
    verdict = judge(gates({"auc": Bounds(min=0.5)}), facts(auc=0.6, half=math.nan))
    verdict.write(tmp_path)
    assert math.isnan(Verdict.read(tmp_path).intervals["auc"].low)


def test_verdict_of_an_older_version_is_read() -> None:
    old = b'{"blessed": true, "gate": "g", "metrics": {"auc": 0.5}, "refusals": []}'
    assert Verdict.parse(old) == Verdict(True, "g", metrics={"auc": 0.5})


def test_gates_come_back_from_their_text_as_they_were() -> None:
    asked = gates(
        {"auc": Bounds(min=0.5)}, "auc", "accuracy", slices=(("a",), ("a", "b")),
        costs=((0.0, 1.0), (2.0, 0.0)), at_thresholds=(0.3,), unsure_changes="refuse",
    )  # fmt: skip
    assert Gates.from_json(asked.to_json()) == asked
