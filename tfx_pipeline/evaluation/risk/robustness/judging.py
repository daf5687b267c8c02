"""Which effects of changes are beyond what may be.

Some changes must change answers: a feature that matters does so by being gone. What is found is
what no honest use of a feature explains; see each function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.asking.categories import Sweep
from tfx_pipeline.evaluation.risk.asking.unchanged import Unchanged
from tfx_pipeline.evaluation.risk.asking.values import shown_value
from tfx_pipeline.evaluation.risk.findings import Finding
from tfx_pipeline.evaluation.risk.robustness.effects import Effect
from tfx_pipeline.evaluation.risk.robustness.units import Improvement, Mismatch
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import counted, percent

_ERRORS = 2.0
"""Standard errors by which a loss must exceed what is allowed."""


def broken(effects: Sequence[Effect]) -> Iterator[Finding]:
    """Find answers that are none, and a model that fails: no change may do that."""
    for effect in effects:
        if not effect.bad and not effect.failure:
            continue
        name, words = effect.change.feature, effect.change.words
        rows = effect.bad + len(effect.losses)
        received = effect.failure or f"{effect.bad:,} of {counted(rows, 'answer')}"
        figure = effect.bad / rows if rows else 1.0
        what = "the model fails" if effect.failure else "answers are no finite numbers"
        problem = Problem(
            f"{what} when `{name}` is changed: {words}",
            f"features.{name}",
            received,
            "an answer, whatever a caller sends",
            "make the features of the model take such a value (fill it, clip it), or refuse it"
            " before the model",
        )
        yield Finding(figure, 0.0, problem, name)


def worse_than_nothing(
    subject: Subject, base: Unchanged, effects: Sequence[Effect], settings: Mapping[str, Any]
) -> Iterator[Finding]:
    """Find judged changes that make the model sure and wrong, see the configuration.

    Knowing less, a model may fall back to the best constant answer; and what it is fed from another
    row, in range and wrong, bounds what it can honestly lose by believing a feature (permutation
    importance: L. Breiman, Random forests, Machine Learning 45 (2001) 5-32). A value that is not
    there must not cost more than that.
    """
    most, judged = settings["max_loss"], settings["judged"]
    believed = {x.change.feature: x.loss for x in effects if x.change.kind == "another_row"}
    for effect in effects:
        name, kind = effect.change.feature, effect.change.kind
        if kind not in judged or not len(effect.losses):
            continue
        if kind == "missing" and subject.domains[name].required:
            continue
        yield from _too_many_flips(effect, settings["max_flips"])
        if most is None:
            continue
        honest = float(
            np.nanmax([base.losses.mean(), base.trivial_loss, believed.get(name, np.nan)])
        )
        if honest > 0 and effect.loss - _ERRORS * effect.loss_error > most * honest:
            problem = Problem(
                f"the model is sure and wrong when `{name}` is changed: {effect.change.words}",
                f"features.{name}",
                f"loss {effect.loss:.4g}, {effect.loss / honest:.3g} times that of what a model"
                f" without this feature may fall back to ({honest:.4g})",
                f"at most {most:g} times (risk.robustness.max_loss)",
                "train with such rows, fill the value, or leave the feature out",
            )
            yield Finding(effect.loss / honest, most, problem, name)


def _too_many_flips(effect: Effect, most: float | None) -> Iterator[Finding]:
    if most is not None and effect.flips > most:
        name = effect.change.feature
        problem = Problem(
            f"answers are other ones when `{name}` is changed: {effect.change.words}",
            f"features.{name}",
            percent(effect.flips),
            f"at most {percent(most)} (risk.robustness.max_flips)",
            "train with such rows, fill the value, or leave the feature out",
        )
        yield Finding(effect.flips, most, problem, name)


def fragile(subject: Subject, sweeps: Sequence[Sweep]) -> Iterator[Finding]:
    """Find categories that decide alone, see `asking.categories`."""
    for sweep in sweeps:
        if not sweep.is_unfounded:
            continue
        category = sweep.category
        name, rows = category.feature, len(category.labels)
        if subject.task == "regression":
            what = f"moves the mean answer to {sweep.answer:.4g}"
            allowed = f"up to {sweep.support:.4g}, by the labels of those rows"
        else:
            what = (
                f"gives nearly all rows the class {subject.classes[sweep.output]} with a mean"
                f" probability of {sweep.answer:.3f}"
            )
            allowed = f"up to {sweep.support:.3f}, by the labels of those rows"
        value = shown_value(category.value, rows)
        problem = Problem(
            f"one category of `{name}` decides alone: {value} {what}",
            f"features.{name}",
            f"{counted(rows, 'training row')} with it; {percent(sweep.flips)} of the answers are"
            " other ones",
            allowed,
            "look at the rows with it; put rare categories together (min_frequency), or regularise",
        )
        yield Finding(sweep.answer, sweep.support, problem, name)


def other_units(
    mismatches: Sequence[Mismatch], improvements: Sequence[Improvement]
) -> Iterator[Finding]:
    """Find columns in another unit than the training rows', or in another's place, see `units`."""
    next_step = "compare how the rows of training, of evaluation and of serving are made"
    for mismatch in mismatches:
        name = mismatch.feature
        share = "the" if mismatch.share == 1 else f"about {mismatch.share:.0%} of the"
        problem = Problem(
            f"`{name}` has another unit in {share} {mismatch.rows} rows than in the training rows:"
            f" {_factor(mismatch.factor)}",
            f"features.{name}",
            f"distributions {mismatch.distance:.3f} apart, {mismatch.explained:.3f} without the"
            " factor (Kolmogorov and Smirnov's distance)",
            "one unit",
            next_step,
        )
        yield Finding(mismatch.distance, mismatch.explained, problem, name)
    for improvement in improvements:
        change = improvement.change
        problem = Problem(
            f"the model answers better when `{change.feature}` is {_done(change.words)}: it seems"
            " to be trained on other numbers than these",
            f"features.{change.feature}",
            f"{percent(improvement.gain)} less of the labels is left unexplained"
            f" ({improvement.deviations:.1f} standard errors)",
            "no gain from a mistake",
            next_step,
        )
        yield Finding(improvement.gain, 0.0, problem, change.feature)


def _factor(factor: float) -> str:
    return f"× {factor:g}" if factor >= 1 else f"÷ {1 / factor:g}"


def _done(words: str) -> str:
    if words.startswith("×"):
        return f"multiplied by{words[1:]}"
    return f"divided by{words[1:]}" if words.startswith("÷") else words
