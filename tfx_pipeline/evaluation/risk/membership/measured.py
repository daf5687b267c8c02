"""All that is measured of a model's memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.membership.attacks import Attacker, Outcome
from tfx_pipeline.evaluation.risk.membership.candidates import (
    Candidates,
    evidence_of,
    evidence_of_class,
)
from tfx_pipeline.evaluation.risk.membership.digits import (
    ALL_DIGITS,
    CLASS_ALONE,
    MOST_DIGITS,
    digits_words,
    rounded,
)
from tfx_pipeline.evaluation.risk.membership.odd_rows import OddRows, odd_rows
from tfx_pipeline.evaluation.risk.membership.rates import Floats
from tfx_pipeline.evaluation.risk.membership.references import stand_in_fit, unseen_evidence
from tfx_pipeline.evaluation.risk.subject import Subject

OWN, STAND_IN = "same training", "another kind"
"""Names of the reference models: fitted as ours was, or by somebody who does not know how."""
_STAND_INS = 2


@dataclass(frozen=True)
class Measured:
    """What attacks found.

    Attributes:
        outcomes: on the answers as they are, the best first.
        control: on a model that saw none of the rows. What is found there is no memory: the splits
            are different, as where the eval rows are the newest.
        by_digits: the best outcome by how answers are rounded, most digits first.
        members: odd rows among them, and known ones.
        strangers: likewise.
        models: how many of ours were fitted as it was.
    """

    outcomes: list[Outcome]
    control: list[Outcome]
    by_digits: dict[str, Outcome]
    members: OddRows
    strangers: OddRows
    models: int


def measure(
    subject: Subject,
    candidates: Candidates,
    answers: NDArray[Any],
    settings: Mapping[str, Any],
    until: float,
) -> Measured:
    """Fit reference models, and make all attacks.

    Args:
        subject: the model.
        candidates: the rows.
        answers: to them, `[rows]` or `[rows, classes]`.
        settings: of `risk.membership`.
        until: moment of `time.monotonic` by which reference models should be fitted.
    """
    unseen = {STAND_IN: unseen_evidence(subject, stand_in_fit(subject), candidates, _STAND_INS)}
    wanted, models = settings["reference_models"], 0
    if subject.fit is not None and wanted:
        own = unseen_evidence(subject, subject.fit, candidates, wanted, until)
        models = own.models
        unseen = {OWN: own, **unseen} if own.is_known else unseen
    evidences = {name: each.evidence for name, each in unseen.items()}
    attacker = Attacker(subject.task, candidates.members, evidences)
    rounded_ones = _evidences(subject, answers, candidates.labels)
    by_digits = {name: attacker.outcomes(evidence) for name, evidence in rounded_ones.items()}
    return Measured(
        by_digits[ALL_DIGITS],
        _control(attacker),
        {name: outcomes[0] for name, outcomes in by_digits.items()},
        *odd_rows(subject.task, candidates.members, rounded_ones[ALL_DIGITS], evidences[STAND_IN]),
        models,
    )


def _evidences(
    subject: Subject, answers: NDArray[Any], labels: NDArray[np.float64]
) -> dict[str, Floats]:
    """Give the evidence of answers as they are, of rounded ones, and of classes alone."""
    result = {ALL_DIGITS: evidence_of(subject, answers, labels)}
    for digits in range(MOST_DIGITS, 0, -1):
        shown = rounded(answers, digits, significant=subject.task == "regression")
        result[digits_words(digits)] = evidence_of(subject, answers, labels, shown)
    if subject.task != "regression":
        result[CLASS_ALONE] = evidence_of_class(subject, answers, labels)
    return result


def _control(attacker: Attacker) -> list[Outcome]:
    """Attack the first pair of reference models, each by the rows that it never saw."""
    names = list(attacker.unseen)
    others = {name: attacker.unseen[name] for name in names[1:]}
    honest = Attacker(attacker.task, attacker.members, others or attacker.unseen)
    outcomes = honest.outcomes(attacker.unseen[names[0]][0])
    return outcomes if others else [each for each in outcomes if each.attack == "loss"]
