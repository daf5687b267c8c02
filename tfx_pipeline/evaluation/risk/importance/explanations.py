"""Some single answers, each divided among the features, as the report shows them.

A value is shown where at least five rows share it, or as its place among the numbers: a row of the
eval split may be somebody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.importance.metered_model import MeteredModel
from tfx_pipeline.evaluation.risk.importance.shapley import contributions
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import percent, shortened

BACKGROUNDS = 64
_SHARED_BY = 5
_MOST_FEATURES = 10


def explanations(
    subject: Subject, model: MeteredModel, rows: NDArray[Any], count: int
) -> list[Mapping[str, Any]]:
    """Explain so many answers of these eval rows, evenly from the lowest to the highest.

    Of a multi-class task, it is the probability of the class that was answered.
    """
    answers = subject.answers[rows].astype(np.float64)
    single = answers if answers.ndim == 1 else answers.max(axis=1)
    order = np.argsort(single, kind="stable")
    chosen = rows[order[np.unique(np.linspace(0, len(rows) - 1, count).round().astype(int))]]
    dice = np.random.default_rng([subject.seed, 3])
    background = subject.feature_columns(dice.permutation(rows)[:BACKGROUNDS])
    return [
        row
        for number, place in enumerate(chosen.tolist(), 1)
        for row in _explained(subject, model, background, place, number, dice)
    ]


def _explained(
    subject: Subject,
    model: MeteredModel,
    background: Mapping[str, NDArray[Any]],
    place: int,
    number: int,
    dice: np.random.Generator,
) -> list[Mapping[str, Any]]:
    of_class = None
    if subject.task == "multiclass":
        of_class = int(np.argmax(subject.answers[place]))

    def value(columns: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        answers = model.answers(columns).astype(np.float64)
        return answers if of_class is None else answers[:, of_class]

    foreground = {name: values[place] for name, values in subject.feature_columns().items()}
    with np.errstate(invalid="ignore"):  # an answer may be infinite
        found = contributions(value, foreground, background, dice)
    largest = np.argsort(-np.abs(found.values), kind="stable")[:_MOST_FEATURES]
    return [
        {
            "row": number,
            "answer": _rounded(found.answer),
            "base": _rounded(found.base),
            "feature": subject.features[each],
            "value": _shown(subject.eval.columns[subject.features[each]], place),
            "contribution": _rounded(found.values[each]),
            "standard_error": _rounded(found.standard_errors[each]),
        }
        for each in largest.tolist()
        if np.isfinite(found.values[each])
    ]


def _shown(values: NDArray[Any], place: int) -> str:
    value = values[place]
    if values.dtype.kind in "fiub":
        if np.isnan(value):
            return "missing"
        if (values == value).sum() >= _SHARED_BY:
            return f"{float(value):.6g}"
        known = values[~np.isnan(values)]
        return f"above {percent(float((known < value).mean()))} of the rows"
    if value == "":
        return "missing"
    if (values == value).sum() < _SHARED_BY:
        return "rare"
    return shortened(value if value.isprintable() else repr(value)[1:-1], 60)


def _rounded(value: float) -> float | None:
    return float(f"{value:.6g}") if np.isfinite(value) else None
