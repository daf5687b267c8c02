"""What the changes did, as tables and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfx_pipeline.evaluation.risk.asking.categories import Sweep
from tfx_pipeline.evaluation.risk.asking.values import shown_value
from tfx_pipeline.evaluation.risk.robustness.effects import Effect
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import counted, percent

_MOST_CHANGES, _MOST_FEATURES, _MOST_CATEGORIES = 200, 100, 20


def figures(
    subject: Subject, effects: Sequence[Effect], sweeps: Sequence[Sweep]
) -> dict[str, list[Mapping[str, Any]]]:
    """Tell of each feature its worst change, of each change its effect, and of categories.

    Tables: `features` and `changes` have the mean and the largest change of an answer (of classes
    0 to 1, else in the label's unit), the share of `flips`, the mean loss (Brier's, or the absolute
    error) and answers that are none; `categories` those that move most answers.
    """
    shown = [effect for effect in effects if effect.change.kind != "another_row"]
    worst: dict[str, Effect] = {}
    for effect in shown:
        name = effect.change.feature
        if name not in worst or _weight(effect) > _weight(worst[name]):
            worst[name] = effect
    by_worst = sorted(worst.values(), key=_weight, reverse=True)
    ordered = sorted(shown, key=_weight, reverse=True)
    return {
        "features": [_row(effect) for effect in by_worst[:_MOST_FEATURES]],
        "changes": [_row(effect) for effect in ordered[:_MOST_CHANGES]],
        "categories": _categories(subject, sweeps),
    }


def _weight(effect: Effect) -> float:
    """Order by mean change; what gave no good answer comes first."""
    return effect.mean_change if np.isfinite(effect.mean_change) else np.inf


def _row(effect: Effect) -> dict[str, Any]:
    return {
        "feature": effect.change.feature,
        "change": effect.change.words,
        "kind": effect.change.kind,
        "mean_change": effect.mean_change,
        "worst_change": effect.worst_change,
        "flips": effect.flips,
        "loss": effect.loss,
        "bad_answers": effect.bad,
        "failure": effect.failure,
    }


def _categories(subject: Subject, sweeps: Sequence[Sweep]) -> list[Mapping[str, Any]]:
    ordered = sorted(sweeps, key=lambda sweep: (not sweep.is_unfounded, -sweep.flips))
    return [
        {
            "feature": sweep.category.feature,
            "value": shown_value(sweep.category.value, len(sweep.category.labels)),
            "training_rows": len(sweep.category.labels),
            "class": subject.classes[sweep.output] if subject.classes else "",
            "mean_answer": sweep.answer,
            "supported": sweep.support,
            "flips": sweep.flips,
        }
        for sweep in ordered[:_MOST_CATEGORIES]
    ]


def summary(subject: Subject, effects: Sequence[Effect], findings: int) -> str:
    """Say in one sentence what matters most."""
    told = [x for x in effects if np.isfinite(x.flips) and x.change.kind != "another_row"]
    if not told:
        return "no change could be measured"
    features = len({effect.change.feature for effect in told})
    most = max(told, key=lambda effect: (effect.flips, effect.mean_change))
    other = "another class" if subject.classes else "more than a standard deviation away"
    head = (
        f"{counted(findings, 'finding') if findings else 'no finding'} in"
        f" {counted(len(told), 'wrong input')} to {counted(features, 'feature')}"
    )
    return (
        f"{head}; most answers change when `{most.change.feature}` is wrong"
        f" ({most.change.words}): {percent(most.flips)} are then {other}"
    )
