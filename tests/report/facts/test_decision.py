"""The verdict in one sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.report.made_facts import made_evaluation
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, RiskVerdict
from tfx_pipeline.export.verdict import ExportVerdict
from tfx_pipeline.report.facts.decision import decide
from tfx_pipeline.report.facts.model_facts import GateFacts
from tfx_pipeline.report.facts.run_facts import Decision, RunAccount

RUN = RunAccount("made", "one", "pushed", version="17")
AUC = Interval(0.91, 0.89, 0.93, "delong", 3000)


def decided(run: RunAccount, gate: GateFacts | None = None, **more: Any) -> Decision:
    evaluation = replace(made_evaluation("binary", 200), metrics={"auc": AUC})
    given = {"evaluation": evaluation, "risk": None, "infra": {}, "steps": {}} | more
    return decide(run, gate=gate or GateFacts(), **given)


def test_pushed_run_names_the_figure_that_decided() -> None:
    gate = GateFacts(decided="`auc` 0.91 (0.89 to 0.93) is at least 0.9")
    found = decided(RUN, gate)
    assert found.sentence == "Pushed as version 17: `auc` 0.91 (0.89 to 0.93) is at least 0.9."
    assert (found.figure, found.value, found.low, found.high) == ("auc", 0.91, 0.89, 0.93)


def test_pushed_run_without_an_evaluation_still_has_a_sentence() -> None:
    found = decided(RUN, evaluation=None)
    assert found.sentence == "Pushed as version 17: every gate let the model pass."


@pytest.mark.parametrize("step", ["Evaluator", "ModelRiskAssessor", "InfraCheck"])
def test_refused_run_names_the_step_and_its_figure(step: str) -> None:
    problem = Problem("metric `auc` misses its threshold", None, "0.91", "at least 0.95")
    finding = Finding(0.91, 0.95, problem)
    risk = RiskVerdict("made", 10, (CheckResult("worst_rows", "refused", "", findings=(finding,)),))
    run = replace(RUN, status="refused", problems=(problem,))
    found = decided(
        run,
        GateFacts(refusals=(problem,) if step == "Evaluator" else ()),
        risk=risk if step == "ModelRiskAssessor" else None,
        infra={"problems": [{"what": problem.what}]} if step == "InfraCheck" else {},
    )
    assert found.step == step
    check = " (worst rows)" if step == "ModelRiskAssessor" else ""
    assert found.sentence == (
        f"Refused by {step}{check}, nothing was pushed: metric `auc` misses its threshold: 0.91;"
        " allowed: at least 0.95."
    )
    assert (found.value, found.bound) == (0.91, "at least 0.95")


def test_run_whose_export_was_refused_names_it() -> None:
    problem = Problem("onnx of made is refused", None, "12 rows differ", "1e-05")
    run = replace(RUN, status="refused", problems=(problem, problem))
    found = decided(run, export=ExportVerdict(False, refusals=(problem,)))
    assert found.step == "FormatExporter"
    assert found.sentence == (
        "Refused by FormatExporter, nothing was pushed: onnx of made is refused: 12 rows differ;"
        " allowed: 1e-05; and 1 more."
    )


def test_failed_run_names_the_step_and_the_cause() -> None:
    run = replace(
        RUN, status="failed", title="Trainer failed", problems=(Problem("ValueError: no"),)
    )
    found = decided(run, steps={"Transform": "ran", "Trainer": "failed"})
    assert found == Decision("Nothing was pushed: Trainer failed: ValueError: no.", "Trainer")


@pytest.mark.parametrize(
    ("status", "steps", "words"),
    [
        ("interrupted", {}, "was interrupted before its first step ended"),
        ("interrupted", {"Transform": "ran"}, "was interrupted after Transform"),
        ("running", {"Transform": "ran"}, "is not finished after Transform"),
        ("partial", {"Transform": "ran"}, "the steps that push were left out"),
    ],
)
def test_run_that_did_not_come_to_its_end_says_so(
    status: Any, steps: dict[str, str], words: str
) -> None:
    assert words in decided(replace(RUN, status=status), steps=steps).sentence
