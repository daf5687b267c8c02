"""All risk checks of a model, one after the other: a check that fails loses none of the others."""

from __future__ import annotations

import importlib
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.findings import (
    CHECK_MODULES,
    Acceptance,
    CheckName,
    CheckResult,
    Finding,
    RiskVerdict,
    answer_of,
)
from tfx_pipeline.evaluation.risk.subject import Subject

_LOG = logging.getLogger(__name__)


def assess(
    subject: Subject,
    pipeline: str,
    checks: Mapping[CheckName, Mapping[str, Any]],
    acceptances: Sequence[Acceptance] = (),
) -> RiskVerdict:
    """Make the checks that are not switched off.

    Args:
        subject: the model and its rows.
        pipeline: whose model it is.
        checks: settings of each check, by its name; one that is not named is not made.
        acceptances: risks that are taken; of several of one check, the last counts.
    """
    results = []
    for name in CHECK_MODULES:
        if name in checks:
            results.append(_made(name, subject, checks[name]))
            _LOG.info("%s: %s, %s", name, results[-1].answer, results[-1].summary)
    return verdict_of(results, pipeline, len(subject.eval), acceptances)


def not_applicable(
    why: str,
    pipeline: str,
    checks: Mapping[CheckName, Mapping[str, Any]],
    acceptances: Sequence[Acceptance] = (),
) -> RiskVerdict:
    """Say of all checks that they cannot be made of this model, and why."""
    results = [
        _switched_off(name)
        if checks[name]["severity"] == "off"
        else CheckResult(name, "not applicable", why)
        for name in CHECK_MODULES
        if name in checks
    ]
    return verdict_of(results, pipeline, 0, acceptances)


def verdict_of(
    results: Sequence[CheckResult], pipeline: str, rows: int, acceptances: Sequence[Acceptance]
) -> RiskVerdict:
    """Put results together, each with the word of whoever takes its risk."""
    taken = {each.check: each for each in acceptances}
    kept = tuple(
        replace(x, accepted=taken[x.check]) if x.answer == "refused" and x.check in taken else x
        for x in results
    )
    unused = taken.keys() - {x.check for x in kept if x.accepted}
    notes = tuple(
        f"the risk `{name}` was accepted by {taken[name].by}, and that check refuses nothing:"
        " the entry of risk.accepted is not needed"
        for name in sorted(unused)
    )
    return RiskVerdict(pipeline, rows, kept, notes)


def _made(name: CheckName, subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    if settings["severity"] == "off":
        return _switched_off(name)
    began = time.monotonic()
    try:
        check = importlib.import_module(CHECK_MODULES[name]).check
        result: CheckResult = check(subject, settings)
    except Exception as error:
        _LOG.exception("the risk check %s failed", name)
        result = _failed(name, error, settings)
    return replace(result, seconds=round(time.monotonic() - began, 3))


def _switched_off(name: CheckName) -> CheckResult:
    return CheckResult(name, "not applicable", f"switched off by risk.{name}.severity")


def _failed(name: CheckName, error: Exception, settings: Mapping[str, Any]) -> CheckResult:
    """Say that a check could not be made, which is as severe as what it looks for."""
    said = str(error).strip().splitlines() or [""]
    what = f"{type(error).__name__}: {said[0]}"
    problem = Problem(
        f"the risk check {name} could not be made",
        f"risk.{name}",
        what,
        next_step=f"see the step's log for where it failed; to go on without it: risk.{name}: off",
    )
    findings = (Finding(1.0, 0.0, problem),)
    answer = answer_of(settings["severity"], findings)
    return CheckResult(name, answer, f"it could not be made: {what}", findings=findings)
