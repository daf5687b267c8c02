"""Risk check `rules`: what the user says must hold of the answers, whatever else a row holds.

Source: monotonicity and invariance as behavioural tests of a model: Ribeiro et al., Beyond
Accuracy: Behavioral Testing of NLP Models with CheckList, 2020 (directional expectation and
invariance tests), here of columns.

Terms:
    ladder: values that a feature takes in turn, from low to high, all else as the row has it.
    drop: by how much an answer falls from any rung to any higher one: `[rows]`.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.asking.questions import halved
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, answer_of
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import counted, nearest, percent

SOURCE = "directional expectation and invariance tests (Ribeiro et al., 2020)"
ASSUMPTION = "all but the named features can stay as they are while these change"
LIMIT = "only these rows and values are tried: a rule that holds for all of them may break between"
_RUNGS, _VALUES, _FEWEST_ROWS = 9, 8, 100
_TRIED_ROWS = 200


@dataclass(frozen=True)
class _Tried:
    """What came of a rule: the loss of each row that it was tried on, in the answer's own unit."""

    rule: str
    losses: NDArray[np.float64]
    tolerance: float
    max_share: float
    example: str

    @property
    def is_broken(self) -> NDArray[np.bool_]:
        """Say it of each row; an answer that is no number breaks a rule."""
        return ~(self.losses <= self.tolerance)

    @property
    def share(self) -> float:
        return float(self.is_broken.mean()) if len(self.losses) else 0.0


def check(subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    """Try each rule of `settings["rules"]` on as many rows as the budget lets it.

    Raises:
        ValueError: a rule names a column or class that the model does not have.
    """
    rules: Sequence[Mapping[str, Any]] = settings["rules"]
    if not rules or not len(subject.eval):
        why = "no rule is configured in risk.rules" if not rules else "the eval split has no rows"
        return CheckResult("rules", "not applicable", why)
    rows = _rows_within(subject, len(rules), float(settings["budget_s"]))
    tried = [_try(subject, rule, rows) for rule in rules]
    findings = tuple(
        Finding(each.share, each.max_share, _problem(each), each.rule)
        for each in sorted(tried, key=lambda x: -x.share)
        if each.share > each.max_share
    )
    broken = [x for x in tried if x.share > x.max_share]
    if broken:
        worst = max(broken, key=lambda x: x.share)
        summary = f"{len(broken)} of {counted(len(rules), 'rule')} broken: {worst.rule},"
        summary += f" by {percent(worst.share)} of {len(worst.losses):,} rows"
    else:
        summary = f"{counted(len(rules), 'rule')} kept by {len(rows):,} rows"
    return CheckResult(
        "rules",
        answer_of(settings["severity"], findings),
        summary,
        SOURCE,
        ASSUMPTION,
        _limit(len(rows), len(subject.eval)),
        findings,
        {"rules": [_figures(each) for each in tried]},
    )


def _limit(tried: int, count: int) -> str:
    some = f"{tried:,} of {count:,} eval rows: there was time for no more (risk.rules.budget_s); "
    return f"{some if tried < count else ''}{LIMIT}"


def _rows_within(subject: Subject, rules: int, budget_s: float) -> NDArray[np.intp]:
    """Choose as many eval rows as can be asked in time: by a first question, which is timed.

    Fewer rows are some of those that a faster machine looks at.
    """
    count = len(subject.eval)
    probe = np.arange(min(count, _TRIED_ROWS))
    subject.predict(subject.feature_columns(probe))  # the first call prepares the model
    began = time.perf_counter()
    subject.predict(subject.feature_columns(probe))
    row_s = (time.perf_counter() - began) / len(probe)
    most = budget_s / 2 / max(row_s * rules * _RUNGS, 1e-12)
    kept = max(min(count, _FEWEST_ROWS), halved(count, most))
    return np.sort(np.random.default_rng(subject.seed).permutation(count)[:kept])


def _try(subject: Subject, rule: Mapping[str, Any], rows: NDArray[np.intp]) -> _Tried:
    names: Sequence[str] = rule["features"]
    for name in names:
        if name not in subject.features:
            near = nearest(name, subject.features)
            raise ValueError(
                f"a rule is about `{name}`, which the model does not take: {near or ''}"
            )
    columns = subject.feature_columns(rows)
    scale = 1.0
    if subject.task == "regression":
        scale = float(np.std(subject.eval.labels)) or 1.0
    effect = str(rule["effect"])
    if effect == "never_matters":
        losses, example = _spread(subject, columns, names, rule["values"])
        words = f"{', '.join(f'`{x}`' for x in names)} never matters"
    else:
        answer = _answer_of(subject, rule.get("answer"))
        sign = 1.0 if effect == "never_lowers" else -1.0
        losses, example = _drop(answer, columns, names[0], _ladder(subject, rule, columns), sign)
        what = f"the probability of `{rule['answer']}`" if rule.get("answer") else "the answer"
        words = f"`{names[0]}` {effect.replace('_', ' ')} {what}"
    tolerance = float(rule["tolerance"]) * scale + 1e-6 * scale  # a float32's rounding
    return _Tried(words, losses, tolerance, float(rule["max_share"]), example)


def _answer_of(subject: Subject, name: str | None) -> Any:
    """Give the function of columns that a rule is about: `[rows]`."""
    if subject.task == "regression" or (subject.task == "binary" and name is None):
        return lambda columns: subject.predict(columns).astype(float)
    if name not in subject.classes:
        near = nearest(name, subject.classes) if name else "say in `answer` which class it is about"
        raise ValueError(
            f"a rule is about the class {name!r}; the model has {subject.classes}; {near}"
        )
    place = subject.classes.index(name)
    if subject.task == "binary":
        sign = (-1.0, 1.0)[place]
        return lambda columns: sign * subject.predict(columns).astype(float)
    return lambda columns: subject.predict(columns)[:, place].astype(float)


def _ladder(
    subject: Subject, rule: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]
) -> list[NDArray[Any]]:
    """Give what the feature is in turn, `[rows]` each; a row without a value keeps none."""
    (name,) = rule["features"]
    column, domain = columns[name], subject.domains[name]
    if domain.kind == "text":
        if not rule["values"]:
            raise ValueError(f"`{name}` holds texts: say in `values` from low to high what goes up")
        return [np.full(len(column), str(value), object) for value in rule["values"]]
    if rule["step"]:
        return [column, *(column + step for step in sorted(map(float, rule["step"])))]
    values = [float(x) for x in rule["values"]]
    if not values:
        known = column[np.isfinite(column)]
        shares = np.linspace(0, 1, _RUNGS)
        values = np.unique(np.quantile(known, shares)).tolist() if len(known) else []
        values = sorted({float(np.round(x)) if domain.whole else x for x in values})
    if len(values) < 2:
        return [column, column]  # a constant goes nowhere up
    return [np.full(len(column), value) for value in values]


def _drop(
    answer: Any,
    columns: Mapping[str, NDArray[Any]],
    name: str,
    ladder: Sequence[NDArray[Any]],
    sign: float,
) -> tuple[NDArray[np.float64], str]:
    """Find the largest fall of each row's answer up the ladder, and show the worst."""
    answers = sign * np.stack([answer({**columns, name: rung}) for rung in ladder])
    highest = np.maximum.accumulate(answers, axis=0)
    falls = highest - answers
    worst_rung = np.argmax(np.nan_to_num(falls, nan=np.inf), axis=0)
    losses = falls[worst_rung, np.arange(falls.shape[1])]
    if np.issubdtype(columns[name].dtype, np.number):
        is_known = np.isfinite(ladder[0].astype(float))  # by steps, a missing value stays missing
        losses = np.where(is_known, losses, 0.0)
    row = int(np.argmax(np.nan_to_num(losses, nan=np.inf)))
    high = worst_rung[row]
    low = int(np.argmax(np.nan_to_num(answers[: high + 1, row], nan=-np.inf)))
    start, end = ladder[low][row], ladder[high][row]
    before, after = sign * answers[low, row], sign * answers[high, row]
    example = f"{_shown(start)} to {_shown(end)} takes an answer from {abs(before):.4g}"
    return losses, f"{example} to {abs(after):.4g}"


def _spread(
    subject: Subject,
    columns: Mapping[str, NDArray[Any]],
    names: Sequence[str],
    values: Sequence[Any],
) -> tuple[NDArray[np.float64], str]:
    """Find how much each row's answer changes, whatever the features are."""
    own = subject.predict(columns).astype(float)
    losses, example = np.zeros(len(own)), ""
    for name in names:
        for value in values or _usual_values(subject, name, columns[name]):
            column = columns[name]
            given = str(value) if column.dtype == object else float(value)
            changed = np.full(len(column), given, column.dtype)
            moves = np.abs(subject.predict({**columns, name: changed}).astype(float) - own)
            moves = moves if moves.ndim == 1 else moves.max(axis=1)
            if not np.nanmax(moves, initial=0.0) <= np.nanmax(losses, initial=0.0):
                example = f"`{name}` = {_shown(given)} moves an answer by {np.nanmax(moves):.4g}"
            losses = np.maximum(losses, moves)
    return losses, example


def _usual_values(subject: Subject, name: str, column: NDArray[Any]) -> list[Any]:
    """Choose values that a column may have, and that it is missing."""
    domain = subject.domains[name]
    if domain.kind == "text":
        return ["", *domain.values[:_VALUES]]
    known = column[np.isfinite(column)]
    quantiles = np.unique(np.quantile(known, np.linspace(0, 1, 5))) if len(known) else np.zeros(0)
    return [np.nan, *(np.round(quantiles) if domain.whole else quantiles)]


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return repr(value) if value else "missing"
    return "missing" if np.isnan(value) else f"{value:.6g}"


def _problem(tried: _Tried) -> Problem:
    broken = int(tried.is_broken.sum())
    received = f"{broken:,} of {len(tried.losses):,} rows break it; {tried.example}"
    allowed = f"{percent(tried.max_share)} of the rows, by more than {tried.tolerance:.3g}"
    next_step = (
        "leave the feature out, or use a model that keeps the rule; if the rule is too strict:"
        " raise `tolerance` or `max_share` in risk.rules"
    )
    return Problem(f"a rule is broken: {tried.rule}", "risk.rules", received, allowed, next_step)


def _figures(tried: _Tried) -> dict[str, Any]:
    return {
        "rule": tried.rule,
        "rows": len(tried.losses),
        "broken": int(tried.is_broken.sum()),
        "share": tried.share,
        "allowed": tried.max_share,
        "largest change": float(np.max(tried.losses, initial=0.0)),
        "example": tried.example if tried.is_broken.any() else "",
    }
