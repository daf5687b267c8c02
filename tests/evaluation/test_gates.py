"""When a model is blessed: thresholds, changes against the last blessed one, and neither."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.evaluation.gates import figure, judge, loss_of, needs_default_gate
from tfx_pipeline.evaluation.verdict import Bounds, Figures, Gates, TrivialFigures, Verdict

COUNTS = {
    "binary": {"rows_positive": 40.0, "rows_answered_positive": 35.0},
    "multiclass": {"classes_with_rows": 3.0, "classes_answered": 3.0, "classes_with_both": 3.0},
    "regression": {"rows_label_zero": 0.0, "label_sum": 90.0, "label_spread": 2.0},
}
GOOD = {"rows": 100.0, "rows_bad_label": 0.0, "rows_bad_answer": 0.0}


def figures(task: str = "binary", counts: dict[str, float] | None = None, **values: float) -> Any:
    return Figures(task, values, {**GOOD, **COUNTS[task], **(counts or {})})


def gates(thresholds: dict[Any, Bounds], *metrics: Any, task: str = "binary") -> Gates:
    classes = () if task == "regression" else ("no", "yes")
    return Gates(task, classes, metrics or tuple(thresholds), thresholds)


@pytest.mark.parametrize(
    ("bounds", "value", "blessed"),
    [
        (Bounds(min=0.9), 0.95, True),
        (Bounds(min=0.9), 0.9, True),
        (Bounds(min=0.9), 0.89, False),
        (Bounds(max=0.3), 0.29, True),
        (Bounds(max=0.3), 0.31, False),
        (Bounds(max=0.3), math.nan, False),
        (Bounds(max=0.3), math.inf, False),
        (Bounds(max=0.3), -math.inf, False),
        (Bounds(min=0.1, max=0.3), 0.2, True),
        (Bounds(min=0.1, max=0.3), 0.05, False),
        (Bounds(min=0.0), 0.0, True),
    ],
)
def test_judge_with_fixed_bounds_compares_with_them(
    bounds: Bounds, value: float, blessed: bool
) -> None:
    verdict = judge(gates({"log_loss": bounds}), figures(log_loss=value), None)
    assert verdict.blessed is blessed
    assert len(verdict.refusals) == int(not blessed)
    assert verdict.gate == "thresholds on `log_loss`"


@pytest.mark.parametrize("loss", [0.6931, 0.0712, 0.0071, 3.2e-5, 4.5e-9, 12.5, 523.0, 81234.5])
def test_judge_of_a_model_that_is_just_trivial_shows_that_it_is_not_below(loss: float) -> None:
    trivial = TrivialFigures(loss, "the mean")
    verdict = judge(
        gates({}, "mse", task="regression"), figures("regression", mse=loss), None, trivial
    )
    (refusal,) = verdict.refusals
    assert refusal.received == f"`mse` {figure(loss)}"
    assert refusal.allowed is not None
    most = refusal.allowed.split(": ")[0].removeprefix("`mse` less than ")
    assert 0 < float(most.replace(",", "")) < float(figure(loss).replace(",", ""))


def test_judge_of_a_value_that_looks_like_its_bound_shows_all_digits() -> None:
    verdict = judge(gates({"auc": Bounds(min=0.9)}), figures(auc=0.89999), None)
    assert verdict.refusals[0].received == "0.89999"


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
        ("rmse", 5.0, 3.0, 2.0),
        ("mae", 5.0, 3.0, 2.0),
        ("mape", 0.5, 0.3, 0.2),
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
    model = figures(**{"mean_label": 0.4, name: now})
    baseline = figures(**{"mean_label": 0.4, name: then})
    assert loss_of(name, model, baseline) == pytest.approx(loss, abs=1e-12)
    asked = gates({name: Bounds(max_loss_against_baseline=0.05)})
    assert judge(asked, model, baseline).blessed is (loss <= 0.05)


def test_judge_of_a_worse_calibration_says_what_is_best() -> None:
    asked = gates({"calibration": Bounds(max_loss_against_baseline=0.1)})
    verdict = judge(asked, figures(calibration=1.5), figures(calibration=1.02))
    (problem,) = verdict.refusals
    assert problem.received == "1.5000 against 1.0200, where 1 is best: 0.4800 worse"
    assert problem.allowed == "at most 0.1 worse than the last blessed model"


@pytest.mark.parametrize(
    ("thresholds", "has_baseline", "needed"),
    [
        ({}, False, True),
        ({}, True, True),
        ({"auc": Bounds(min=0.5)}, False, False),
        ({"auc": Bounds(max_loss_against_baseline=0.1)}, False, True),
        ({"auc": Bounds(max_loss_against_baseline=0.1)}, True, False),
        ({"auc": Bounds(min=0, max_loss_against_baseline=0.1)}, False, False),
    ],
)
def test_needs_default_gate_when_nothing_else_could_refuse(
    thresholds: dict[Any, Bounds], has_baseline: bool, needed: bool
) -> None:
    assert needs_default_gate(gates(thresholds, "auc"), has_baseline=has_baseline) is needed


@pytest.mark.parametrize(
    ("task", "name", "value", "blessed"),
    [
        ("binary", "log_loss", 0.3, True),
        ("binary", "log_loss", 0.6, False),
        ("binary", "log_loss", 0.59999, False),  # rounding, or luck
        ("binary", "log_loss", 0.7, False),
        ("binary", "log_loss", math.nan, False),
        ("multiclass", "log_loss", 0.5, True),
        ("multiclass", "log_loss", 0.6, False),
        ("regression", "mse", 0.5, True),
        ("regression", "mse", 0.6, False),
        ("regression", "mse", math.inf, False),
    ],
)
def test_judge_without_thresholds_asks_for_more_than_the_trivial_answer(
    task: str, name: Any, value: float, blessed: bool
) -> None:
    trivial = TrivialFigures(0.6, "the majority class of the training split, no")
    verdict = judge(gates({}, name, task=task), figures(task, **{name: value}), None, trivial)
    assert verdict.blessed is blessed
    assert verdict.gate.startswith("no threshold is configured (evaluation.thresholds): ")
    assert f"`{name}` must beat 0.6000, which is reached by the majority class" in verdict.gate
    if not blessed:
        (problem,) = verdict.refusals
        assert "evaluation.thresholds" in str(problem) or "cannot be computed" in problem.what


def test_judge_of_changes_without_a_baseline_says_what_it_asked_for_instead() -> None:
    asked = gates({"auc": Bounds(max_loss_against_baseline=0.1)})
    trivial = TrivialFigures(0.6, "the majority class")
    verdict = judge(asked, figures(auc=0.9, log_loss=0.3), None, trivial)
    assert verdict.blessed
    assert "no other model was blessed before that `auc` could be compared with" in verdict.gate


def test_judge_of_a_metric_that_cannot_be_computed_refuses_with_counts() -> None:
    asked = gates({"auc": Bounds(min=0.5)}, "auc", "accuracy")
    model = figures(counts={"rows_positive": 0.0}, auc=math.nan, accuracy=1.0)
    verdict = judge(asked, model, None)
    (problem,) = verdict.refusals
    assert (
        problem.what == "metric `auc`, which has a threshold, cannot be computed on the eval split"
    )
    assert problem.received == "0 of 100 rows are positive"
    assert verdict.missing == {"auc": "0 of 100 rows are positive"}
    assert verdict.metrics == {"accuracy": 1.0}


def test_judge_of_a_metric_without_a_threshold_that_cannot_be_computed_only_says_so() -> None:
    asked = gates({"accuracy": Bounds(min=0.5)}, "auc", "accuracy")
    model = figures(counts={"rows_positive": 0.0}, auc=math.nan, accuracy=1.0)
    verdict = judge(asked, model, None)
    assert verdict.blessed
    assert verdict.missing == {"auc": "0 of 100 rows are positive"}


def test_judge_with_a_baseline_whose_metric_is_missing_notes_that() -> None:
    asked = gates({"precision": Bounds(min=0.1, max_loss_against_baseline=0.1)})
    baseline = figures(counts={"rows_answered_positive": 0.0}, precision=math.nan)
    verdict = judge(asked, figures(precision=0.5), baseline)
    assert verdict.blessed
    assert verdict.notes == [
        "`precision` was not compared: of the last blessed model, 0 of 100 rows are answered as"
        " positive (40 are)"
    ]


def test_judge_without_any_row_refuses() -> None:
    empty = Figures("binary", {}, {"rows": 0.0})
    verdict = judge(gates({"auc": Bounds(min=0.5)}), empty, None)
    assert verdict.refusals[0].received == "there is no row with a label"


def test_verdict_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    asked = gates({"auc": Bounds(min=0.5)}, "auc", "accuracy", "mse")
    verdict = judge(asked, figures(auc=0.4, accuracy=math.nan, mse=math.inf), figures(auc=0.6))
    verdict.write(tmp_path)
    assert Verdict.read(tmp_path) == verdict
    text = (tmp_path / "verdict.json").read_text(encoding="utf-8")
    json.loads(text, parse_constant=pytest.fail)


def test_gates_come_back_from_their_text_as_they_were() -> None:
    asked = gates({"auc": Bounds(min=0.5)}, "auc", "accuracy")
    assert Gates.from_json(asked.to_json()) == asked
