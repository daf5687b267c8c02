"""All checks together: failures, severities, acceptances."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.formula_subject import formula_subject, logistic
from tfx_pipeline.config.sections.risk.risk import RiskConfig
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk import assess as assessing
from tfx_pipeline.evaluation.risk import rules
from tfx_pipeline.evaluation.risk.assess import assess, not_applicable
from tfx_pipeline.evaluation.risk.findings import (
    CHECKS,
    Acceptance,
    CheckResult,
    Finding,
    RiskVerdict,
)
from tfx_pipeline.evaluation.risk.subject import Subject

BROKEN = {"features": "size", "effect": "never_lowers"}


@pytest.fixture
def subject() -> Subject:
    size = np.random.default_rng(0).normal(0, 1, 200)
    return formula_subject({"size": size}, lambda x: logistic(-x["size"]), np.arange(200) % 2)


def settings_of(**sections: Any) -> Any:
    said = {"worst_rows": "off", "rules": {"rules": [BROKEN]}, **sections}
    dumped = RiskConfig.model_validate(said).model_dump(mode="json")
    return {name: dumped[name] for name in ("rules", "worst_rows")}


def answers(verdict: RiskVerdict) -> dict[str, str]:
    return {check.check: check.answer for check in verdict.checks}


def test_assess_makes_the_checks_in_order_and_says_what_is_off(subject: Subject) -> None:
    verdict = assess(subject, "trips", settings_of())
    assert answers(verdict) == {"rules": "refused", "worst_rows": "not applicable"}
    assert verdict.checks[1].summary == "switched off by risk.worst_rows.severity"
    assert (verdict.pipeline, verdict.rows) == ("trips", 200)
    (refusal,) = verdict.refusals
    assert refusal.what == "a rule is broken: `size` never lowers the answer"
    assert "200 of 200 rows break it" in str(refusal.received)
    assert verdict.checks[0].seconds >= 0


def test_assess_with_severity_warn_refuses_nothing(subject: Subject) -> None:
    said = {"severity": "warn", "rules": [BROKEN]}
    verdict = assess(subject, "trips", settings_of(rules=said))
    assert answers(verdict)["rules"] == "warned"
    assert not verdict.refusals
    (said_of_it,) = verdict.warnings
    assert said_of_it.startswith(
        "risk, rules: a rule is broken: `size` never lowers the answer: 200 of 200 rows break it"
    )


def test_warnings_of_a_check_say_its_worst_finding_and_count_the_others() -> None:
    """A summary says what was measured, which need not be what is beyond its threshold."""
    found = tuple(
        Finding(1, 0, Problem(f"feature `{x}` is a leak", received="91 %")) for x in "abc"
    )
    check = CheckResult("importance", "warned", "most of all matters `z`", findings=found)
    (said,) = RiskVerdict("trips", 9, (check,)).warnings
    assert said == "risk, importance: feature `a` is a leak: 91 %; and 2 other findings"


@pytest.mark.parametrize(("severity", "answer"), [("warn", "warned"), ("error", "refused")])
def test_assess_of_a_check_that_fails_keeps_the_others(
    subject: Subject,
    severity: str,
    answer: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(subject: Subject, settings: Any) -> None:
        raise MemoryError("no room\nfor this")

    monkeypatch.setattr(rules, "check", fail)
    said = settings_of(rules={"severity": severity, "rules": [BROKEN]}, worst_rows="warn")
    with caplog.at_level(logging.ERROR, assessing.__name__):
        verdict = assess(subject, "trips", said)
    assert answers(verdict)["rules"] == answer
    assert len(verdict.checks) == 2
    assert verdict.checks[1].answer in ("passed", "warned")
    (finding,) = verdict.checks[0].findings
    assert finding.problem.received == "MemoryError: no room"
    assert "Traceback" in caplog.text
    assert "in fail" in caplog.text


def test_assess_with_an_acceptance_refuses_no_more_and_says_who(subject: Subject) -> None:
    taken = Acceptance("rules", "a pilot", "J. Doe", "2026-11-29")
    verdict = assess(subject, "trips", settings_of(), [taken])
    assert answers(verdict)["rules"] == "refused"
    assert verdict.checks[0].accepted == taken
    assert not verdict.refusals
    assert verdict.warnings == ["risk, rules accepted by J. Doe on 2026-11-29: a pilot"]


def test_assess_with_an_acceptance_of_what_refuses_nothing_notes_it(subject: Subject) -> None:
    taken = Acceptance("worst_rows", "x", "J. Doe", "2026-11-29")
    verdict = assess(subject, "trips", settings_of(), [taken])
    assert verdict.accepted == []
    assert len(verdict.refusals) == 1
    (note,) = verdict.notes
    assert note.startswith("the risk `worst_rows` was accepted by J. Doe, and that check refuses")


def test_not_applicable_says_why_of_each_check() -> None:
    verdict = not_applicable("it takes images", "trips", settings_of())
    assert [(x.answer, x.summary) for x in verdict.checks] == [
        ("not applicable", "it takes images"),
        ("not applicable", "switched off by risk.worst_rows.severity"),
    ]


def test_check_modules_have_a_check_each() -> None:
    import importlib

    from tfx_pipeline.evaluation.risk.findings import CHECK_MODULES

    assert list(CHECK_MODULES) == [name for name in CHECKS if name in CHECK_MODULES]
    for module in CHECK_MODULES.values():
        assert callable(importlib.import_module(module).check)
