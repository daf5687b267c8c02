"""The verdict of a run in one sentence, with the figure that decided."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts
from tfx_pipeline.evaluation.gates import figure
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.judged import ends_text
from tfx_pipeline.evaluation.metric_names import MAIN_METRIC
from tfx_pipeline.evaluation.risk.findings import RiskVerdict
from tfx_pipeline.export.verdict import ExportVerdict
from tfx_pipeline.report.facts.model_facts import GateFacts
from tfx_pipeline.report.facts.run_facts import Decision, RunAccount
from tfx_pipeline.wording import percent

_METRIC = re.compile(r"`(\w+)`")


def decide(
    run: RunAccount,
    steps: Mapping[str, str],
    gate: GateFacts,
    evaluation: EvaluationFacts | None,
    risk: RiskVerdict | None,
    infra: Mapping[str, Any],
    export: ExportVerdict | None = None,
) -> Decision:
    """Say what came of a run; `steps` are the states of its steps, in order."""
    if run.status == "pushed":
        return _pushed(run, gate, evaluation)
    if run.status == "refused":
        refused_export = {each.what for each in export.refusals} if export else set()
        if run.problems and run.problems[0].what in refused_export:
            return Decision(_told_refusal(run, "FormatExporter", ""), "FormatExporter")
        return _refused(run, gate, evaluation, risk, infra)
    last = next(reversed([*steps]), "")
    if run.status == "failed":
        why = run.problems[0].what if run.problems else "its log says why"
        title = run.title or "The run failed"
        step = next((id for id, state in steps.items() if state == "failed"), last)
        return Decision(f"Nothing was pushed: {title}: {why}.", step)
    if run.status == "partial":
        return Decision("Nothing was pushed: the steps that push were left out, as asked.", last)
    after = f" after {last}" if last else " before its first step ended"
    verb = "is not finished" if run.status == "running" else "was interrupted"
    return Decision(f"Nothing was pushed: the run {verb}{after}.", last)


def _pushed(run: RunAccount, gate: GateFacts, evaluation: EvaluationFacts | None) -> Decision:
    head = f"Pushed as version {run.version}" if run.version else "Pushed"
    name = _main_metric(evaluation, gate.decided)
    found = evaluation.metrics.get(name) if evaluation else None
    if evaluation is None or found is None:
        why = gate.decided or "every gate let the model pass"
        return Decision(_ended(f"{head}: {why}"))
    bound, words = _compared(name, gate, evaluation)
    measured = f"{name} is {_with_ends(found, evaluation.confidence)}"
    return _decision(_ended(f"{head}: {gate.decided or measured + words}"), "", name, found, bound)


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith(".") else f"{sentence}."


def _compared(name: str, gate: GateFacts, evaluation: EvaluationFacts) -> tuple[str, str]:
    """Say what the main metric is seen against: the last blessed model, else the trivial answer."""
    change = evaluation.changes.get(name)
    if change is not None:
        margin = "" if change.margin is None else f", margin {figure(change.margin)}"
        loss = _with_ends(change.loss, evaluation.confidence)
        words = f"; {change.answer} than the last blessed model (loss {loss}{margin})"
        return f"the last blessed model{margin}", words.replace(
            "cannot tell than", "cannot tell from"
        )
    if name in evaluation.trivial:
        trivial = figure(evaluation.trivial[name])
        return f"the trivial answer's {trivial}", f"; the trivial answer's is {trivial}"
    return gate.gate, ""


def _refused(
    run: RunAccount,
    gate: GateFacts,
    evaluation: EvaluationFacts | None,
    risk: RiskVerdict | None,
    infra: Mapping[str, Any],
) -> Decision:
    first = run.problems[0] if run.problems else Problem("a gate refused")
    step = _refusing_step(first, gate, risk, infra)
    sentence = _told_refusal(run, step, _check_of(first, risk))
    if step == "Evaluator" and gate.decided:
        sentence = _ended(f"Refused by {step}, nothing was pushed: {gate.decided}")
    named = _METRIC.search(first.what)
    name = named[1] if named else ""
    found = evaluation.metrics.get(name) if evaluation else None
    if found is None:
        return Decision(sentence, step, bound=first.allowed or "")
    return _decision(sentence, step, name, found, first.allowed or "")


def _told_refusal(run: RunAccount, step: str, check: str) -> str:
    """Say by which step a run was refused, and its first problem."""
    first = run.problems[0] if run.problems else Problem("a gate refused")
    received = f": {first.received}" if first.received else ""
    allowed = f"; allowed: {first.allowed}" if first.allowed else ""
    more = f"; and {len(run.problems) - 1} more" if len(run.problems) > 1 else ""
    by = f" by {step}{check}" if step else ""
    return _ended(f"Refused{by}, nothing was pushed: {first.what}{received}{allowed}{more}")


def _check_of(problem: Problem, risk: RiskVerdict | None) -> str:
    """Name the risk check that found a problem."""
    for check in risk.checks if risk else ():
        if problem.what in {finding.problem.what for finding in check.findings}:
            return f" ({check.check.replace('_', ' ')})"
    return ""


def _refusing_step(
    problem: Problem, gate: GateFacts, risk: RiskVerdict | None, infra: Mapping[str, Any]
) -> str:
    if problem.what in {each.what for each in gate.refusals}:
        return "Evaluator"
    if risk and problem.what in {each.what for each in risk.refusals}:
        return "ModelRiskAssessor"
    if problem.what in {each["what"] for each in infra.get("problems") or ()}:
        return "InfraCheck"
    return ""


def _main_metric(evaluation: EvaluationFacts | None, decided: str) -> str:
    """Name the metric that decided, else the main one of the task."""
    if evaluation is None:
        return ""
    named = [name for name in _METRIC.findall(decided) if name in evaluation.metrics]
    main = MAIN_METRIC.get(evaluation.task, "")
    return next(
        iter([*named, *(x for x in (main, *evaluation.metrics) if x in evaluation.metrics)]), ""
    )


def _with_ends(found: Interval, confidence: float) -> str:
    value = figure(found.value)
    if not (math.isfinite(found.low) and math.isfinite(found.high)):
        return value
    return f"{value} ({percent(confidence)}: {ends_text(found.low, found.high)})"


def _decision(sentence: str, step: str, name: str, found: Interval, bound: str) -> Decision:
    low, high = (x if math.isfinite(x) else None for x in (found.low, found.high))
    return Decision(sentence, step, name, found.value, low, high, bound)
