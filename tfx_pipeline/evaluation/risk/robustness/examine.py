"""The check: changes every feature in every way, and says what is beyond what may be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfx_pipeline.evaluation.risk.asking.categories import Sweep, sweeps
from tfx_pipeline.evaluation.risk.asking.questions import Questions
from tfx_pipeline.evaluation.risk.asking.unchanged import Unchanged, unchanged_rows
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, answer_of
from tfx_pipeline.evaluation.risk.robustness import judging, tables
from tfx_pipeline.evaluation.risk.robustness.changes import (
    Change,
    changeable,
    changes_of,
    swaps,
)
from tfx_pipeline.evaluation.risk.robustness.effects import Effect, effect_of
from tfx_pipeline.evaluation.risk.robustness.units import (
    Improvement,
    improvements,
    is_certain,
    is_suspect,
    mismatches,
)
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import counted

SOURCE = (
    "behavioural tests of single features: M. T. Ribeiro et al., Beyond accuracy: behavioral"
    " testing of NLP models with CheckList, ACL 2020; E. Breck et al., The ML test score, IEEE Big"
    " Data 2017"
)
ASSUMPTION = (
    "one feature is wrong at a time (two, if they are swapped), in all rows alike; the training"
    " rows show what its values mean"
)
_FEWEST_ROWS = 50
_CHANGES_SHARE = 0.6
"""Of the time, for the changes of each feature; what is left is for categories and doubts."""
_SURE_ROWS = 4
"""So many times more rows are asked where it seems that a unit is wrong."""
_MOST_FINDINGS = 20


def check(subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    """Change each feature; `settings` are the section `risk.robustness` of the configuration."""
    questions = Questions(subject, settings["budget_s"])
    names = changeable(subject, settings["columns"])
    if not names or not len(subject.eval):
        why = "no feature can be changed" if len(subject.eval) else "the eval split has no rows"
        return CheckResult("robustness", "not applicable", why)
    base = unchanged_rows(subject, questions, settings["max_rows"] * _SURE_ROWS)
    if isinstance(base, str):
        return CheckResult("robustness", "not applicable", base)
    examined = _Examination(subject, settings, questions, base).of(names)
    findings = _first_ones(examined.findings)
    return CheckResult(
        "robustness",
        answer_of(settings["severity"], findings),
        tables.summary(subject, examined.effects, len(examined.findings)),
        SOURCE,
        ASSUMPTION,
        _limit(examined, len(names), len(subject.features)),
        findings,
        tables.figures(subject, examined.effects, examined.sweeps),
    )


@dataclass(frozen=True)
class _Examined:
    rows: int
    features: tuple[str, ...]
    asked: int
    planned: int
    effects: Sequence[Effect]
    sweeps: Sequence[Sweep]
    findings: Sequence[Finding]


class _Examination:
    """Makes the changes, and judges them."""

    def __init__(
        self,
        subject: Subject,
        settings: Mapping[str, Any],
        questions: Questions,
        base: Unchanged,
    ) -> None:
        self._subject, self._settings, self._questions = subject, settings, questions
        self._all = base

    def of(self, names: Sequence[str]) -> _Examined:
        """Examine these features, or as many of them as there is time for."""
        subject, settings, questions = self._subject, self._settings, self._questions
        few = self._all.of_rows(slice(2))
        counts = [len(self._changes(name, few)) for name in names]
        fewest = min(_FEWEST_ROWS, len(self._all))
        most = questions.affordable(fewest, sum(counts), _CHANGES_SHARE)
        chosen = self._chosen(names, counts, most)
        rows = questions.affordable(min(most, sum(counts)), settings["max_rows"], _CHANGES_SHARE)
        base = self._all.of_rows(slice(max(fewest, rows)))
        planned = [change for name in chosen for change in self._changes(name, base)]
        planned += swaps(subject, chosen, base.columns)
        answers = questions.ask_all(base.columns, [change.columns for change in planned])
        answered = list(zip(planned, answers, strict=False))
        effects = [effect_of(subject, base, change, found) for change, found in answered]
        swept = sweeps(subject, base, chosen, questions)
        better = self._sure([x for x in improvements(subject, base, answered) if is_suspect(x)])
        findings = [
            *judging.broken(effects),
            *judging.other_units(mismatches(subject, names, settings["units"]), better),
            *judging.fragile(subject, swept),
            *judging.worse_than_nothing(subject, base, effects, settings),
        ]
        return _Examined(len(base), chosen, len(answered), len(planned), effects, swept, findings)

    def _changes(self, name: str, base: Unchanged) -> list[Change]:
        return list(changes_of(self._subject, name, base.columns, self._settings["units"]))

    def _chosen(self, names: Sequence[str], counts: Sequence[int], most: int) -> tuple[str, ...]:
        """Choose features at random that so many changes are enough for; one at least."""
        order = np.random.default_rng([self._subject.seed, 4]).permutation(len(names))
        fits = np.cumsum(np.array(counts)[order]) <= most
        fits[0] = True
        return tuple(names[place] for place in np.sort(order[fits]))

    def _sure(self, suspects: Sequence[Improvement]) -> list[Improvement]:
        """Ask more rows where a mistake seems to make answers better.

        It must certainly do so for training rows, or the model has only learned those by heart; and
        the eval rows must not speak against it. Of several the best one counts: where a number is
        60 times too large, to exaggerate the others helps as well.
        """
        if not suspects:
            return []
        train = unchanged_rows(self._subject, self._questions, len(self._all), "train")
        if isinstance(train, str):
            return []
        certain = [x for x in self._again(train, suspects) if is_certain(x)]
        sure = [x for x in self._again(self._all, certain) if is_suspect(x)]
        return sorted(sure, key=lambda x: -x.gain)[:1]

    def _again(self, base: Unchanged, improved: Sequence[Improvement]) -> list[Improvement]:
        """Make changes that improved answers with other rows."""
        changes = []
        for pair in dict.fromkeys(tuple(x.change.columns) for x in improved):
            words = [x.change.words for x in improved if tuple(x.change.columns) == pair]
            every = [*self._changes(pair[0], base), *swaps(self._subject, pair, base.columns)]
            changes += [change for change in every if change.words in words]
        if not changes:
            return []
        answers = self._questions.ask_all(base.columns, [x.columns for x in changes])
        answered = list(zip(changes, answers, strict=False))
        return list(improvements(self._subject, base, answered))


def _first_ones(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Give the first finding of each feature, and no more than a reader can take in."""
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.subject, finding)
    return tuple(first.values())[:_MOST_FINDINGS]


def _limit(examined: _Examined, changeable_count: int, count: int) -> str:
    words = [f"{counted(examined.rows, 'row')} of the eval split"]
    if changeable_count < count:
        words.append(
            f"{counted(count - changeable_count, 'feature')} switched off, or of whole numbers"
            " beyond 2**53, not changed"
        )
    if len(examined.features) < changeable_count:
        words.append(
            f"{len(examined.features)} of {counted(changeable_count, 'feature')}, drawn at random:"
            " there was time for no more (risk.robustness.budget_s)"
        )
    if examined.asked < examined.planned:
        words.append(
            f"{examined.asked:,} of {counted(examined.planned, 'change')}: the time was over"
        )
    return "; ".join(words) + "; several features wrong at once are not tried"
