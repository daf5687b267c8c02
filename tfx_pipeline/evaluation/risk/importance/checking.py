"""Find a feature that explains too much, and features that do nothing and would tell something."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.judged import with_interval
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, answer_of
from tfx_pipeline.evaluation.risk.good_rows import good_rows, resampling_of, scored_at
from tfx_pipeline.evaluation.risk.importance.alone import BACKGROUNDS, explained_alone
from tfx_pipeline.evaluation.risk.importance.associations import (
    associated_groups,
    association_matrix,
)
from tfx_pipeline.evaluation.risk.importance.explanations import BACKGROUNDS as EXPLAINED_BY
from tfx_pipeline.evaluation.risk.importance.explanations import explanations
from tfx_pipeline.evaluation.risk.importance.ignored import MOST_ROWS, explained_by_ignored
from tfx_pipeline.evaluation.risk.importance.metered_model import MeteredModel
from tfx_pipeline.evaluation.risk.importance.permuted import Shuffled, shuffle
from tfx_pipeline.evaluation.risk.importance.shapley import answers_needed
from tfx_pipeline.evaluation.risk.row_losses import explained_share, targets
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import counted, listed, percent

_SOURCE = (
    "A. Fisher et al., All models are wrong, but many are useful, JMLR 20 (2019); I. Covert et al.,"
    " NeurIPS 2020; L. Shapley 1953, by coalitions (exact up to seven features, else sampled)"
)
_ASSUMPTION = (
    "features of different groups may be combined freely: a shuffled row need not be one that comes"
)
_LIMIT = (
    "importance is not cause; a feature that explains much may be a good one; of rows that are"
    " explained, only how this model answers is told"
)
_result = partial(CheckResult, "importance", source=_SOURCE, assumption=_ASSUMPTION, limit=_LIMIT)
_MAX_EXPLAINED = {"binary": 0.7, "multiclass": 0.9, "regression": 0.9}
"""By task, unless the configuration says another: one feature often tells three species apart, or
most of a price."""
_FEWEST_ROWS = 100
_ALONE_ROWS, _MOST_SUSPECTS = 1_000, 4


def check(subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    """Shuffle features, explain rows; see `config.sections.risk.importance`."""
    good = good_rows(subject)
    if why := _why_not(subject, good):
        return _result("not applicable", why)
    rows = np.random.default_rng(subject.seed).permutation(good)
    model = MeteredModel(subject)
    singles = [[name] for name in subject.features]
    together = [
        group
        for group in associated_groups(
            [*subject.features],
            association_matrix(subject.feature_columns(rows)),
            float(settings["correlated_from"]),
        )
        if len(group) > 1
    ]
    budget, runs = float(settings["budget_s"]), len(singles) + len(together)
    count = model.affordable(min(len(rows), settings["sample_rows"]), runs, 0.5 * budget, 100)
    drawn = rows[:count]
    shuffled = shuffle(subject, model, drawn, [*singles, *together], resampling_of(subject, drawn))
    alone = _suspects(subject, model, rows, shuffled, 0.2 * budget)
    ignored = [each.features[0] for each in shuffled[: len(singles)] if each.has_no_effect]
    findings = (
        *_leak_findings(alone, settings["max_explained"] or _MAX_EXPLAINED[subject.task]),
        *_ignored_findings(subject, rows, ignored, settings),
    )
    cost = answers_needed(len(subject.features), EXPLAINED_BY)
    explained = model.affordable(int(settings["explained_rows"]), cost, 0.2 * budget, 0)
    return _result(
        answer_of(settings["severity"], findings),
        _summary(subject, good, shuffled, ignored, count),
        findings=findings,
        figures={
            "features": _feature_rows(shuffled, len(singles), together, alone),
            "rows": explanations(subject, model, good, explained) if explained else [],
        },
    )


def _why_not(subject: Subject, good: NDArray[Any]) -> str:
    if not subject.features:
        return "the model takes no features"
    if len(good) < _FEWEST_ROWS:
        return (
            f"{counted(len(good), 'row')} of the eval split have a label and an answer that is"
            f" one: {_FEWEST_ROWS} are needed"
        )
    if len(np.unique(subject.eval.labels[good])) < 2:
        return "all labels are equal: there is nothing to explain"
    return ""


def _suspects(
    subject: Subject,
    model: MeteredModel,
    rows: NDArray[Any],
    shuffled: Sequence[Shuffled],
    seconds: float,
) -> dict[str, Interval]:
    """Measure what features explain alone, of those without which half of all is lost."""
    whole = _whole(subject, rows)
    lost = [each for each in shuffled if each.explained <= whole / 2]
    names = dict.fromkeys(
        name
        for each in sorted(lost, key=lambda each: (len(each.features), each.explained))
        for name in each.features
    )
    chosen = [*names][:_MOST_SUSPECTS]
    if whole <= 0 or not chosen:
        return {}
    count = model.affordable(
        min(len(rows), _ALONE_ROWS), len(chosen) * BACKGROUNDS, seconds, _FEWEST_ROWS
    )
    taken = rows[:count]
    return {
        name: explained_alone(subject, model, taken, name, resampling_of(subject, taken))
        for name in chosen
    }


def _whole(subject: Subject, rows: NDArray[Any]) -> float:
    """Give the share of the labels' variance that the model explains with all features."""
    scored = scored_at(subject, rows)
    answers = scored.answers.astype(np.float64).reshape(len(rows), -1)
    return explained_share(targets(scored), answers, np.ones(len(rows)))


def _leak_findings(alone: Mapping[str, Interval], most: float) -> Iterator[Finding]:
    for name, share in alone.items():
        if not share.low > most:
            continue
        problem = Problem(
            f"feature `{name}` explains nearly all of the label, with all other features at"
            " random: it may be known only after the label",
            f"features.{name}",
            f"{percent(share.value)} of the label's variance, at least {percent(share.low)}",
            f"at most {percent(most)}",
            "find out when its value is written; leave it out, or, if it is known in time:"
            " risk.importance.max_explained",
        )
        yield Finding(share.value, most, problem, name)


def _ignored_findings(
    subject: Subject, rows: NDArray[Any], ignored: Sequence[str], settings: Mapping[str, Any]
) -> Iterator[Finding]:
    if not ignored:
        return
    taken = rows[:MOST_ROWS]
    gain = explained_by_ignored(subject, taken, ignored, resampling_of(subject, taken))
    most = float(settings["max_ignored_gain"])
    if not gain.low > most:
        return
    problem = Problem(
        f"{len(ignored)} of {counted(len(subject.features), 'feature')} have no effect on any"
        f" answer, and would tell what the model gets wrong: {listed([f'`{x}`' for x in ignored])}",
        "features",
        f"{percent(gain.value)} of the squared error could be explained by them, at least"
        f" {percent(gain.low)}",
        f"at most {percent(most)}",
        "see whether they reach the model: the transform step, the model's inputs; train longer or"
        " with another family",
    )
    yield Finding(gain.value, most, problem, ignored[0] if len(ignored) == 1 else "")


def _summary(
    subject: Subject,
    good: NDArray[Any],
    shuffled: Sequence[Shuffled],
    ignored: Sequence[str],
    count: int,
) -> str:
    best = max(shuffled, key=lambda each: np.nan_to_num(each.loss_increase.value, nan=-np.inf))
    loss = "mean squared error" if subject.task == "regression" else "log-loss"
    increase = best.loss_increase
    parts = []
    if not best.has_no_effect and np.isfinite(best.loss_increase.value):
        parts.append(
            f"{listed([f'`{name}`' for name in best.features])}"
            f" {'matters' if len(best.features) == 1 else 'matter'} most: shuffled, {loss} grows by"
            f" {with_interval(increase)}"
        )
    if ignored:
        parts.append(
            f"{len(ignored)} of {counted(len(subject.features), 'feature')} have no effect:"
            f" {listed([f'`{name}`' for name in ignored])}"
        )
    if count < len(good):
        parts.append(f"{count:,} of {len(good):,} rows were shuffled")
    return "; ".join(parts)


def _feature_rows(
    shuffled: Sequence[Shuffled],
    singles: int,
    together: Sequence[Sequence[str]],
    alone: Mapping[str, Interval],
) -> list[Mapping[str, Any]]:
    """Give features and groups of associated ones, what matters most first."""
    group_of = {name: number for number, group in enumerate(together, 1) for name in group}
    rows: list[dict[str, Any]] = [
        {
            "features": ", ".join(each.features),
            "group": None if place >= singles else group_of.get(each.features[0]),
            "loss_increase": each.loss_increase.value,
            "low": each.loss_increase.low,
            "high": each.loss_increase.high,
            "explained_without": each.explained,
            "explained_alone": alone[each.features[0]].value
            if len(each.features) == 1 and each.features[0] in alone
            else None,
            "has_effect": not each.has_no_effect,
        }
        for place, each in enumerate(shuffled)
    ]
    rows.sort(key=lambda row: -np.nan_to_num(row["loss_increase"], nan=-np.inf))
    return [{key: _plain(value) for key, value in row.items()} for row in rows[:300]]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return value
