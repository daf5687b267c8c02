"""Find whether the model is worse on rows as the newest are, or does not know their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, answer_of
from tfx_pipeline.evaluation.risk.good_rows import good_rows, resampling_of, scored_at
from tfx_pipeline.evaluation.risk.shift.metrics import Reweighted, reweighted
from tfx_pipeline.evaluation.risk.shift.unseen import Unseen, unseen_values
from tfx_pipeline.evaluation.risk.shift.weights import RowWeights, row_weights
from tfx_pipeline.evaluation.risk.subject import Columns, Subject
from tfx_pipeline.wording import counted, percent

_SOURCE = (
    "H. Shimodaira, J. Stat. Plan. Inference 90 (2000); S. Bickel et al., JMLR 10 (2009): rows"
    " weighted by a classifier of the newest rows against the eval split's"
)
_ASSUMPTION = (
    "the label given the features is as it was: only how often rows of each kind come has changed"
)
_LIMIT = (
    "it cannot see a change of what the features mean for the label, nor judge rows that are like"
    " none of the eval split"
)
_result = partial(CheckResult, "shift", source=_SOURCE, assumption=_ASSUMPTION, limit=_LIMIT)
_FEWEST_NEWEST = 100
_MOST_ROWS = 5_000
"""Of either side, to tell them apart by."""
_LEAST_COVERED = 0.5
"""Share of the newest rows that must lie where eval rows do."""


def check(subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    """Weigh the eval rows as the newest come; see `config.sections.risk.shift`."""
    good = good_rows(subject)
    newest = subject.newest or {}
    shared = [name for name in subject.features if name in newest]
    if why := _why_not(subject, good, newest, shared, settings):
        return _result("not applicable", why)
    unseen = sorted(unseen_values(subject, newest), key=lambda each: -each.low)
    findings = (*_unseen_findings(unseen, settings),)
    figures: dict[str, list[Mapping[str, Any]]] = {"unseen": _unseen_rows(unseen)}
    rows, weights = _weights(subject, good, newest, shared, settings)
    if weights.effective_rows < settings["min_effective_rows"] or weights.covered < _LEAST_COVERED:
        answer = answer_of(settings["severity"], findings) if findings else "not applicable"
        return _result(
            answer, _too_few(weights, len(rows), settings), findings=findings, figures=figures
        )
    measured = reweighted(scored_at(subject, rows), weights.values, resampling_of(subject, rows))
    findings = (*_loss_findings(measured[0], settings), *findings)
    figures["metrics"] = [
        {
            "metric": each.name,
            "eval": _plain(each.plain),
            "newest": _plain(each.weighted.value),
            "low": _plain(each.weighted.low),
            "high": _plain(each.weighted.high),
        }
        for each in measured
    ]
    return _result(
        answer_of(settings["severity"], findings),
        _summary(measured[0], weights, len(rows)),
        findings=findings,
        figures=figures,
    )


def _why_not(
    subject: Subject,
    good: NDArray[Any],
    newest: Columns,
    shared: Sequence[str],
    settings: Mapping[str, Any],
) -> str:
    if subject.newest is None:
        return (
            "there are no newer rows than those of the eval split: it needs a newest span, or a"
            " window of what was served"
        )
    if not shared:
        return "the newest rows have none of the model's features"
    if len(newest[shared[0]]) < _FEWEST_NEWEST:
        few = counted(len(newest[shared[0]]), "row")
        return f"the newest data has {few}: {_FEWEST_NEWEST} are needed"
    least = int(settings["min_effective_rows"])
    if len(good) < least:
        return (
            f"{counted(len(good), 'row')} of the eval split have a label and an answer that is"
            f" one: {least} are needed (risk.shift.min_effective_rows)"
        )
    return ""


def _weights(
    subject: Subject,
    good: NDArray[Any],
    newest: Columns,
    shared: Sequence[str],
    settings: Mapping[str, Any],
) -> tuple[NDArray[Any], RowWeights]:
    """Give the eval rows that are weighed, and their weights."""
    dice = np.random.default_rng(subject.seed)
    rows = np.sort(dice.permutation(good)[:_MOST_ROWS])
    drawn = np.sort(dice.permutation(len(newest[shared[0]]))[:_MOST_ROWS])
    weights = row_weights(
        {name: subject.eval.columns[name][rows] for name in shared},
        {name: newest[name][drawn] for name in shared},
        float(settings["max_weight"]),
        subject.seed,
    )
    return rows, weights


def _loss_findings(loss: Reweighted, settings: Mapping[str, Any]) -> Iterator[Finding]:
    most = float(settings["max_increase"])
    if not loss.increase.low > most:
        return
    problem = Problem(
        f"on rows as the newest are, `{loss.name}` is {percent(loss.increase.value)} higher",
        None,
        f"{loss.weighted.value:.4g} against {loss.plain:.4g}: at least"
        f" {percent(loss.increase.low)} higher (95 % sure)",
        f"at most {percent(most)} higher",
        "train on newer rows; if that is right: risk.shift.max_increase",
    )
    yield Finding(loss.increase.value, most, problem)


def _unseen_findings(unseen: Sequence[Unseen], settings: Mapping[str, Any]) -> Iterator[Finding]:
    most = float(settings["max_unseen"])
    for each in unseen:
        if each.low <= most:
            continue
        problem = Problem(
            "many of the newest rows have a value that the model has not learned from: nobody"
            " knows how well it answers them",
            f"features.{each.feature}",
            f"{percent(each.newest)} of the newest rows, {percent(each.eval)} of the eval split's",
            f"at most {percent(most)} more",
            "train on newer rows, and renew what is looked up; if that is right:"
            " risk.shift.max_unseen",
        )
        yield Finding(each.newest, most, problem, each.feature)


def _too_few(weights: RowWeights, rows: int, settings: Mapping[str, Any]) -> str:
    if weights.covered < _LEAST_COVERED:
        return (
            f"it cannot be told: only some {percent(weights.covered)} of the newest rows are like"
            f" any eval row (AUC of telling them apart: {weights.auc:.3g})"
        )
    return (
        f"it cannot be told: of {rows:,} eval rows, {counted(round(weights.effective_rows), 'row')}"
        f" count as the newest come (AUC of telling them apart: {weights.auc:.3g}), and"
        f" {settings['min_effective_rows']} are needed (risk.shift.min_effective_rows)"
    )


def _summary(loss: Reweighted, weights: RowWeights, rows: int) -> str:
    clipped = f", {counted(weights.clipped, 'weight')} clipped" if weights.clipped else ""
    return (
        f"on rows as the newest are, {loss.name.replace('_', ' ')} is {loss.weighted.value:.4g}"
        f" [{loss.weighted.low:.4g}, {loss.weighted.high:.4g}] against {loss.plain:.4g}; of"
        f" {rows:,} rows, {round(weights.effective_rows):,} count{clipped}; AUC of telling newest"
        f" from eval rows: {weights.auc:.3g}"
    )


def _unseen_rows(unseen: Sequence[Unseen]) -> list[Mapping[str, Any]]:
    return [
        {
            "feature": each.feature,
            "newest": _plain(each.newest),
            "eval": _plain(each.eval),
        }
        for each in unseen[:300]
    ]


def _plain(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
