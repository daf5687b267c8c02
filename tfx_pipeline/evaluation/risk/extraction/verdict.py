"""The check `extraction`: the curve of copies, and whether one is too good after few questions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.extraction.copies import Asked
from tfx_pipeline.evaluation.risk.extraction.curve import (
    LABELS,
    LIKE_EVAL,
    MADE_UP,
    Curve,
    Point,
    Source,
    curve,
)
from tfx_pipeline.evaluation.risk.extraction.queries import made_up_rows
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, answer_of
from tfx_pipeline.evaluation.risk.row_matrix import RowMatrix
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes
from tfx_pipeline.wording import counted, percent

_SOURCE = (
    "Tramèr et al., USENIX Security 2016; Jagielski et al., USENIX Security 2020 (fidelity);"
    " copies by linear models and by boosted trees"
)
_POINTS = (100, 300, 1_000, 3_000, 10_000, 30_000)
_FEWEST_ROWS, _MOST_TEST_ROWS = 100, 1_000
_TEST_SHARE = 1 / 3
_SHARE_OF_BUDGET = 0.9


def check(subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    """Copy the model with more and more questions.

    Args:
        subject: the model and its rows.
        settings: of `risk.extraction`.
    """
    until = time.monotonic() + _SHARE_OF_BUDGET * settings["budget_s"]
    scored = subject.scored
    good = np.flatnonzero(~(scored.answer_is_bad | scored.label_is_bad))
    if len(good) < _FEWEST_ROWS:
        why = (
            f"it takes {_FEWEST_ROWS} eval rows whose label is known and whose answer is one; here"
            f" are {len(good):,} of {len(subject.eval):,}"
        )
        return CheckResult("extraction", "not applicable", why)
    dice = np.random.default_rng([subject.seed, 2])
    columns = subject.feature_columns(good)
    encoding = RowMatrix.of(columns, subject.features)
    kept = replace(scored, labels=scored.labels[good], answers=scored.answers[good])
    test, asked = _divided(Asked(encoding.matrix(columns), kept), dice)
    if not _differ(test.scored):
        why = "the model answers the same to all eval rows: there is nothing to copy"
        return CheckResult("extraction", "not applicable", why)
    most = min(settings["max_queries"], max(_POINTS))
    sources: dict[Source, Asked] = {LIKE_EVAL: asked}
    made_up = _made_up(subject, encoding, most, dice)
    if len(made_up) >= _FEWEST_ROWS:
        sources[MADE_UP] = made_up
    counts = [*(count for count in _POINTS if count < most), most]
    drawn = curve(sources, test, encoding.is_code, counts, until, subject.seed)
    return _result(subject.task, settings, drawn, test, len(asked))


def _divided(rows: Asked, dice: np.random.Generator) -> tuple[Asked, Asked]:
    """Divide rows at random: those that judge copies, and those that are asked."""
    order = dice.permutation(len(rows))
    count = min(_MOST_TEST_ROWS, int(_TEST_SHARE * len(rows)))
    return rows.of(order[:count]), rows.of(order[count:])


def _differ(scored: ScoredRows) -> bool:
    """Say whether answers differ by more than float32 rounds."""
    answers = scored.answers.astype(np.float64)
    return bool(np.ptp(answers, axis=0).max() > 1e-6 * max(1e-30, np.abs(answers).max()))


def _made_up(subject: Subject, encoding: RowMatrix, count: int, dice: np.random.Generator) -> Asked:
    """Ask about made-up rows; those that get no answer that is one are left out."""
    columns = made_up_rows(subject, count, dice)
    answers = np.asarray(subject.predict(columns))
    scored = replace(subject.scored, labels=np.full(count, np.nan), answers=answers)
    return Asked(encoding.matrix(columns), scored).of(~scored.answer_is_bad)


def _result(
    task: str, settings: Mapping[str, Any], drawn: Curve, test: Asked, asked: int
) -> CheckResult:
    best = _best(drawn, settings["queries"], asking=True)
    alone = _best(drawn, settings["queries"], asking=False)
    finding = _finding(best, settings["max_agreement"], task)
    return CheckResult(
        "extraction",
        answer_of(settings["severity"], finding),
        f"a copy made by {counted(best.queries, 'question')} agrees with the model by"
        f" {_words(best.agreement.value, task)}; without any question, one fitted to"
        f" {counted(alone.queries, 'true label')} by {_words(alone.agreement.value, task)}",
        _SOURCE,
        "whoever copies has some rows like those of the eval split, or knows what columns may hold,"
        " and is given answers with all their digits, or classes",
        _limit(drawn, asked, len(test)),
        finding,
        {"curve": [_row(point) for point in drawn.points], "guess": _guess(test.scored)},
    )


def _best(drawn: Curve, queries: int, *, asking: bool) -> Point:
    """Give the best copy by at most so many rows, or else by the fewest."""
    points = [point for point in drawn.points if (point.given != LABELS) == asking]
    most = max(queries, min(point.queries for point in points))
    allowed = [point for point in points if point.queries <= most]
    return max(allowed, key=lambda point: point.agreement.value)


def _finding(best: Point, most: float | None, task: str) -> tuple[Finding, ...]:
    low = best.agreement.low
    if most is None or not low > most:
        return ()
    problem = Problem(
        f"the model can be copied: after {counted(best.queries, 'question')} a copy agrees by"
        f" {_words(best.agreement.value, task)}",
        "risk.extraction.max_agreement",
        f"{_words(low, task)} at least, by {best.copy} fitted to {best.given} to {best.source}",
        f"at most {_words(most, task)}",
        "limit how many questions a caller may ask, or give answers with fewer digits or the class"
        " alone; or set risk.extraction.max_agreement higher",
    )
    return (Finding(low, most, problem),)


def _words(value: float, task: str) -> str:
    return f"R² {value:.3g}" if task == "regression" else percent(value)


def _limit(drawn: Curve, asked: int, tested: int) -> str:
    parts = [
        "a lower bound: who chooses each question by the answers so far needs fewer",
        f"copies are judged by {counted(tested, 'row')}, which choose the best of several as well",
        f"{counted(asked, 'row')} like the eval split could be asked about",
    ]
    if drawn.stopped is not None:
        parts.append(f"budget_s left no time for {counted(drawn.stopped, 'question')} and more")
    return "; ".join(parts)


def _row(point: Point) -> dict[str, Any]:
    """Write a point as plain values."""
    return {
        "queries": point.queries,
        "rows": point.source,
        "given": point.given,
        "copy": point.copy,
        "agreement": point.agreement.value,
        "low": point.agreement.low,
        "high": point.agreement.high,
        "mean_difference": point.agreement.difference,
    }


def _guess(scored: ScoredRows) -> list[Mapping[str, Any]]:
    """Give the agreement of whoever always says what the model says most often."""
    if scored.task == "regression":
        return [{"agreement": 0.0}]
    counts = np.bincount(chosen_classes(scored), minlength=scored.classes)
    return [{"agreement": float(counts.max() / counts.sum())}]
