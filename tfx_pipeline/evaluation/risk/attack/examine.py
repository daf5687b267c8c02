"""The check: attacks rows of the eval split, and says how much of the model's accuracy is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.asking.categories import Sweep, sweeps
from tfx_pipeline.evaluation.risk.asking.questions import Questions
from tfx_pipeline.evaluation.risk.asking.unchanged import (
    Unchanged,
    constant_answer,
    unchanged_rows,
)
from tfx_pipeline.evaluation.risk.asking.values import shown_value
from tfx_pipeline.evaluation.risk.attack import tables
from tfx_pipeline.evaluation.risk.attack.moves import Mutable, mutable_of, steps_up_to
from tfx_pipeline.evaluation.risk.attack.search import Attacked, Search
from tfx_pipeline.evaluation.risk.findings import CheckResult, Finding, answer_of
from tfx_pipeline.evaluation.risk.robustness.changes import changeable
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import counted, percent

SOURCE = (
    "a greedy attack by answers alone, on few columns of both types: F. Cartella et al.,"
    " Adversarial attacks for tabular data, SafeAI 2021; F. Croce and M. Hein, Sparse and"
    " imperceivable adversarial attacks, ICCV 2019"
)
ASSUMPTION = (
    "whoever sends rows can choose any feature that is not immutable, from what the training rows"
    " hold, and does not change the truth by it"
)
_FEWEST_ROWS = 20
_COMMON_SHARE, _SURER = 0.7, 50.0
_LEAST_CHANCE = 1e-6
_TIME_SHARE = 0.7


def check(subject: Subject, settings: Mapping[str, Any]) -> CheckResult:
    """Attack rows; `settings` are the section `risk.attack` of the configuration."""
    questions = Questions(subject, settings["budget_s"])
    fixed = dict.fromkeys(settings["immutable"], "off")
    every = [mutable_of(subject, name) for name in changeable(subject, fixed)]
    mutable = [each for each in every if each is not None]
    if not mutable or not len(subject.eval):
        why = "no feature can be changed" if len(subject.eval) else "the eval split has no rows"
        return CheckResult("attack", "not applicable", why)
    base = unchanged_rows(subject, questions, settings["max_rows"])
    if isinstance(base, str):
        return CheckResult("attack", "not applicable", base)
    attacked = _attacked(subject, questions, settings, mutable, base)
    names = [each.name for each in mutable]
    swept = sweeps(subject, base, names, questions)
    findings = (
        *_findings(subject, attacked, settings),
        *_trump_cards(subject, swept, settings["rare_share"]),
    )
    return CheckResult(
        "attack",
        answer_of(settings["severity"], findings),
        tables.summary(subject, attacked),
        SOURCE,
        ASSUMPTION,
        _limit(attacked, mutable, settings),
        findings,
        tables.figures(subject, attacked, settings["tiny_distance"]),
    )


def _attacked(
    subject: Subject,
    questions: Questions,
    settings: Mapping[str, Any],
    mutable: Sequence[Mutable],
    base: Unchanged,
) -> Attacked:
    """Attack as many rows as there is time for, and if need be fewer columns, drawn at random."""
    steps = steps_up_to(settings["tiny_distance"], settings["max_distance"])
    moves = [each.count(steps) for each in mutable]
    walks = settings["max_columns"] * (1 + settings["restarts"])
    fewest = min(_FEWEST_ROWS, len(base))
    most = questions.affordable(fewest * walks, sum(moves), _TIME_SHARE)
    order = np.random.default_rng([subject.seed, 6]).permutation(len(mutable))
    fits = np.cumsum(np.array(moves)[order]) <= most
    fits[0] = True
    chosen = [mutable[place] for place in np.sort(order[fits])]
    rows = questions.affordable(min(most, sum(moves)) * walks, len(base), _TIME_SHARE)
    search = Search(subject, questions, chosen, steps)
    few = base.of_rows(slice(max(fewest, rows)))
    return search.attack(few, settings["max_columns"], settings["restarts"])


def _findings(
    subject: Subject, attacked: Attacked, settings: Mapping[str, Any]
) -> Iterator[Finding]:
    most, tiny = settings["max_tiny_flips"], settings["tiny_distance"]
    flips = tables.flips_by_one_number(attacked, tiny).mean()
    if flips > most:
        name = tables.most_abused(attacked, tiny)
        problem = Problem(
            f"a change of one number that nobody would notice gives {_other(subject)}, most often"
            f" one of `{name}`",
            "risk.attack",
            f"{percent(flips)} of {counted(len(attacked.base), 'row')}, by a change past"
            f" {percent(tiny)} of the training rows",
            f"at most {percent(most)} (risk.attack.max_tiny_flips)",
            "smooth the model (regularise it, buckets for numbers), or round what callers send",
        )
        yield Finding(float(flips), most, problem, name)
    least = settings["min_accuracy"]
    if least is not None and subject.task != "regression":
        left = tables.accuracies(subject, attacked)[-1]
        if left < least:
            problem = Problem(
                f"little accuracy is left under an attack on {_columns(settings['max_columns'])}",
                "risk.attack",
                percent(left),
                f"at least {percent(least)} (risk.attack.min_accuracy)",
                "name what callers cannot choose (risk.attack.immutable), or train on such rows",
            )
            yield Finding(left, least, problem)


def _trump_cards(subject: Subject, swept: Sequence[Sweep], most: float) -> Iterator[Finding]:
    """Find rare categories that give whoever sends them a sure answer, whatever else is there.

    The training rows say that they do. Where they do not, `robustness` tells it: the model is
    wrong then, and not only open.
    """
    rows = len(subject.train)
    for sweep in swept:
        category = sweep.category
        count, name = len(category.labels), category.feature
        is_rare = 0 < count <= most * rows
        if not (is_rare and sweep.is_supported and _is_gift(subject, sweep)):
            continue
        value = shown_value(category.value, count)
        gets = (
            f"the class {subject.classes[sweep.output]} (mean probability {sweep.answer:.3f})"
            if subject.classes
            else f"a mean answer of {sweep.answer:.4g}"
        )
        problem = Problem(
            f"one rare category of `{name}` is a trump card: with {value} nearly all rows get"
            f" {gets}",
            f"features.{name}",
            f"{percent(sweep.flips)} of the answers are other ones; {percent(count / rows)} of the"
            " training rows have it",
            f"only for categories in more than {percent(most)} of them (risk.attack.rare_share)",
            "look at the training rows with it (mistakes, poison); put rare categories together"
            " (min_frequency); or, if callers cannot choose it, name it in risk.attack.immutable",
        )
        yield Finding(sweep.flips, 0.0, problem, name)


def _is_gift(subject: Subject, sweep: Sweep) -> bool:
    """Say whether an answer is one that a row does not get anyway, and much surer.

    A class that most rows have is what a row gets that says little. Of another, the odds must be
    far above those of the training rows.
    """
    if not sweep.is_sweep or subject.task == "regression":
        return sweep.is_sweep
    share = float(constant_answer(subject)[sweep.output])
    odds = sweep.answer / max(1 - sweep.answer, _LEAST_CHANCE)
    return share <= _COMMON_SHARE and odds >= _SURER * share / (1 - share)


def _other(subject: Subject) -> str:
    if subject.task == "regression":
        return "an answer more than a standard deviation of the labels away"
    return "another class"


def _columns(count: int) -> str:
    return counted(count, "column")


def _limit(attacked: Attacked, mutable: Sequence[Mutable], settings: Mapping[str, Any]) -> str:
    words = [
        f"{counted(len(attacked.base), 'row')} of the eval split, up to"
        f" {_columns(settings['max_columns'])} each"
    ]
    if len(attacked.mutable) < len(mutable):
        words.append(
            f"{len(attacked.mutable)} of {counted(len(mutable), 'feature')}, drawn at random:"
            " there was time for no more (risk.attack.budget_s)"
        )
    words.append("a better attack may find more: the accuracy that is left is an upper bound")
    return "; ".join(words)
