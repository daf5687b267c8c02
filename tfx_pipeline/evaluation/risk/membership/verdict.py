"""The check `membership`: what attacks find, with which digits, and whether that is too much."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, answer_of
from tfx_pipeline.evaluation.risk.membership.attacks import Outcome
from tfx_pipeline.evaluation.risk.membership.candidates import Candidates, ask, evidence_of
from tfx_pipeline.evaluation.risk.membership.digits import CLASS_ALONE
from tfx_pipeline.evaluation.risk.membership.measured import Measured, measure
from tfx_pipeline.evaluation.risk.membership.odd_rows import OddRows
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import counted, percent

_SOURCE = (
    "RMIA (Zarifzadeh, Liu and Shokri, ICML 2024), offline LiRA (Carlini et al., S&P 2022), loss"
    " (Yeom et al., CSF 2018); members found at 1 % of strangers accused, intervals by Clopper and"
    " Pearson over all attacks at once"
)
_FEWEST_ROWS = 100
_FEWEST_NAMED = 5
"""Fewer rows than that are not counted: they could be one person."""
_SHARE_OF_BUDGET = 0.8
_CLEAR_GAP = 0.1
"""Where members and strangers are known alike, the others were the worse model."""
_LESS_MEMORY = "stop training earlier, use fewer or shallower parts, or more rows"


def check(subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    """Attack the model as somebody would who has rows with their labels.

    Args:
        subject: the model and its rows.
        settings: of `risk.membership`.
    """
    until = time.monotonic() + _SHARE_OF_BUDGET * settings["budget_s"]
    candidates = Candidates.of(subject, settings["rows"], subject.seed)
    answers = ask(subject.predict, candidates) if _is_enough(candidates) else None
    if answers is None:
        return CheckResult("membership", "not applicable", _too_few(candidates))
    bad = np.isnan(evidence_of(subject, answers, candidates.labels))
    known = ~bad[: candidates.members], ~bad[candidates.members :]
    if min(part.sum() for part in known) < _FEWEST_ROWS:
        why = f"{bad.sum():,} of {len(bad):,} answers are no numbers, or no probabilities"
        return CheckResult("membership", "not applicable", why)
    measured = measure(subject, candidates, answers, settings, until)
    allowed = _allowed(measured, settings["max_tpr"])
    rate = measured.outcomes[0].often
    findings = (*_found(measured, allowed), *_known_by_heart(measured, settings["max_known_odd"]))
    return CheckResult(
        "membership",
        answer_of(settings["severity"], findings),
        f"an attacker finds {percent(rate.value)} of the training rows ({percent(rate.low)} to"
        f" {percent(rate.high)}) by their answers, while 1 % of other rows are taken for such;"
        " guessing finds 1 %",
        _SOURCE,
        _assumption(subject, measured, settings["reference_models"]),
        _limit(candidates, int(bad.sum())),
        findings,
        _figures(candidates, measured, subject.train.of),
    )


def _is_enough(candidates: Candidates) -> bool:
    return min(candidates.members, candidates.strangers) >= _FEWEST_ROWS


def _too_few(candidates: Candidates) -> str:
    return (
        f"it takes {_FEWEST_ROWS} rows of each split that stand in them once; the training split"
        f" has {candidates.members:,} and the eval split {candidates.strangers:,}"
    )


def _allowed(measured: Measured, max_tpr: float) -> float:
    """Give the rate that is too much if it is surely exceeded: at least what no memory gives."""
    return max([max_tpr, *(each.often.high for each in measured.control)])


def _found(measured: Measured, allowed: float) -> list[Finding]:
    best = measured.outcomes[0]
    if best.often.low <= allowed:
        return []
    fewest_first = [*measured.by_digits.items()][::-1]
    safe = [*itertools.takewhile(lambda x: x[1].often.low <= allowed, fewest_first)]
    problem = Problem(
        "answers tell which rows the model was trained on: who accuses 1 % of strangers finds"
        f" {percent(best.often.value)} of the training rows",
        "risk.membership.max_tpr",
        f"{percent(best.often.low)} at least, by {_named(best)}",
        f"at most {percent(allowed)}",
        f"{_LESS_MEMORY}; {_digits_step([name for name, _ in safe])}",
    )
    return [Finding(best.often.low, allowed, problem)]


def _known_by_heart(measured: Measured, most: float) -> list[Finding]:
    """Find that nearly all odd members are known, and surely fewer odd strangers."""
    members, strangers = measured.members, measured.strangers
    low = members.interval[0]
    if not (low > most and low - strangers.interval[1] > _CLEAR_GAP):
        return []
    problem = Problem(
        "the model knows its training rows by heart: of those whose label other models call"
        f" unlikely it answers {percent(members.share)} as they are labelled, and"
        f" {percent(strangers.share)} of such rows that it was not trained on",
        "risk.membership.max_known_odd",
        f"{percent(low)} at least",
        f"at most {percent(most)}",
        _LESS_MEMORY,
    )
    return [Finding(low, most, problem)]


def _digits_step(safe: list[str]) -> str:
    if not safe:
        return "fewer digits do not help: the coarsest answers tell as much"
    if safe[-1] == CLASS_ALONE:
        return "or give callers the class alone, which tells no more than is allowed"
    return f"or give callers answers of {safe[-1]}, which tell no more than is allowed"


def _named(outcome: Outcome) -> str:
    if not outcome.references:
        return f"the attack {outcome.attack}"
    return f"the attack {outcome.attack} with reference models of {outcome.references}"


def _assumption(subject: Subject, measured: Measured, wanted: int) -> str:
    """Say what the attacker has, and what he lacks."""
    has = "the attacker has rows with their labels, and asks about each once"
    if subject.fit is None:
        return (
            f"{has}; nobody knows how this model was trained, so that he has models of another kind"
            " only: a weaker attack"
        )
    if not wanted:
        return f"{has}, and does not know how it was trained: a weaker attack"
    if measured.models < wanted:
        return (
            f"{has}; in budget_s only {counted(measured.models, 'reference model')} of {wanted}"
            " could be trained"
        )
    return f"{has}, and trains {counted(measured.models, 'model')} as this one was on other rows"


def _limit(candidates: Candidates, bad: int) -> str:
    """Say what the figures are not."""
    parts = [
        "a lower bound: with more reference models, or more questions a row, more is found",
        f"{candidates.members:,} training rows and {candidates.strangers:,} others were asked"
        " about",
    ]
    if candidates.equal:
        parts.append(f"{counted(candidates.equal, 'row')} that stand there twice were left out")
    if bad:
        parts.append(f"{counted(bad, 'bad answer')} likewise")
    return "; ".join(parts)


def _figures(
    candidates: Candidates, measured: Measured, trained: int
) -> dict[str, list[Mapping[str, Any]]]:
    return {
        "attacks": [_row(each) for each in measured.outcomes],
        "control": [_row(each) for each in measured.control],
        "digits": [{"answers": name, **_row(x)} for name, x in measured.by_digits.items()],
        "remembered": [_remembered(measured.members, measured.strangers, trained)],
    }


def _row(outcome: Outcome) -> dict[str, Any]:
    """Write an outcome as plain values."""
    often, rarely = outcome.often, outcome.rarely
    return {
        "attack": outcome.attack,
        "references": outcome.references or "none",
        "tpr_at_1_percent": often.value,
        "low": often.low,
        "high": often.high,
        "tpr_at_0_1_percent": None if rarely is None else rarely.value,
        "low_at_0_1_percent": None if rarely is None else rarely.low,
        "high_at_0_1_percent": None if rarely is None else rarely.high,
        "members": often.members,
        "strangers": often.strangers,
    }


def _remembered(members: OddRows, strangers: OddRows, trained: int) -> dict[str, Any]:
    """Write odd rows as plain values."""
    return {
        "rows": _count_words(members, strangers, trained),
        "odd_training_rows_known": members.share,
        "low": members.interval[0],
        "high": members.interval[1],
        "odd_other_rows_known": strangers.share,
        "low_other": strangers.interval[0],
        "high_other": strangers.interval[1],
    }


def _count_words(members: OddRows, strangers: OddRows, trained: int) -> str:
    """Count rows that are known since they were trained on: without those known anyway."""
    luck = strangers.share if strangers.odd else 0.0
    share = max(0.0, members.known - luck * members.odd) / max(members.rows, 1)
    count = round(share * trained)
    return f"fewer than {_FEWEST_NAMED}" if 0 < count < _FEWEST_NAMED else f"{count:,}"
