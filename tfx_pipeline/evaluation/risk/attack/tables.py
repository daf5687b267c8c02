"""What an attack reached, as tables and in a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.judged import figure_text
from tfx_pipeline.evaluation.risk.asking.questions import chosen, losses
from tfx_pipeline.evaluation.risk.asking.values import FEWEST_ROWS, shown_number, shown_value
from tfx_pipeline.evaluation.risk.attack.search import Attacked
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.wording import counted, percent

_MOST_COLUMNS, _MOST_EXAMPLES = 100, 10


def figures(
    subject: Subject, attacked: Attacked, tiny: float
) -> dict[str, list[Mapping[str, Any]]]:
    """Give tables.

    `curve`: by columns changed, the share of answers that are other ones, of classes the accuracy
    that is left, and the mean loss. `distances`: the share of rows in which one number, moved so
    far at most, gives another answer. `columns`: by how many rows they flip alone. `examples`: the
    rows that it takes least to flip, a line a column.
    """
    return {
        "curve": _curve(subject, attacked),
        "distances": [
            {"distance": step, "flips": float(flips_by_one_number(attacked, step).mean())}
            for step in sorted({float(step) for step in attacked.steps})
        ],
        "columns": _columns(attacked, tiny),
        "examples": _examples(subject, attacked),
    }


def accuracies(subject: Subject, attacked: Attacked) -> list[float]:
    """Give the share of rows that are right and stay so, by columns changed; first none."""
    right = chosen(subject, attacked.base.answers) == attacked.base.labels
    return [float((right & ~_flipped_by(attacked, k)).mean()) for k in range(_most(attacked) + 1)]


def _flipped_by(attacked: Attacked, columns: int) -> NDArray[np.bool_]:
    return (attacked.flipped_at > 0) & (attacked.flipped_at <= columns)


def _most(attacked: Attacked) -> int:
    return len(attacked.answers) - 1


def _curve(subject: Subject, attacked: Attacked) -> list[Mapping[str, Any]]:
    left: list[float] | list[None] = [None] * (_most(attacked) + 1)
    if subject.task != "regression":
        left = accuracies(subject, attacked)
    labels = attacked.base.labels
    return [
        {
            "columns": columns,
            "flips": float(_flipped_by(attacked, columns).mean()),
            "accuracy": left[columns],
            "loss": float(losses(subject, labels, attacked.answers[columns]).mean()),
        }
        for columns in range(_most(attacked) + 1)
    ]


def flips_by_one_number(attacked: Attacked, distance: float) -> NDArray[np.bool_]:
    """Say of each row whether one number, moved so far at most, gives another answer."""
    return _flips_of(attacked, distance, {x.name for x in attacked.mutable if len(x.numbers)})


def _flips_of(attacked: Attacked, distance: float, names: set[str]) -> NDArray[np.bool_]:
    flips = np.zeros(len(attacked.base), bool)
    for move, does in attacked.first:
        if move.feature in names:
            flips |= does & (move.distances > 0) & (move.distances <= distance)
    return flips


def most_abused(attacked: Attacked, tiny: float) -> str:
    """Name the column whose tiny changes flip the most rows."""
    names = [each.name for each in attacked.mutable if len(each.numbers)]
    return max(names, key=lambda name: _flips_of(attacked, tiny, {name}).sum())


def _columns(attacked: Attacked, tiny: float) -> list[Mapping[str, Any]]:
    used = (attacked.changed > 0) & (attacked.flipped_at > 0)
    rows: list[dict[str, Any]] = [
        {
            "feature": each.name,
            "flips_alone": float(_flips_of(attacked, 1.0, {each.name}).mean()),
            "flips_by_tiny_change": float(_flips_of(attacked, tiny, {each.name}).mean())
            if len(each.numbers)
            else None,
            "used_in_flips": int(used[place].sum()),
        }
        for place, each in enumerate(attacked.mutable)
    ]
    rows.sort(key=lambda row: (-row["flips_alone"], -row["used_in_flips"]))
    return [*rows[:_MOST_COLUMNS]]


def _examples(subject: Subject, attacked: Attacked) -> list[Mapping[str, Any]]:
    rows = np.flatnonzero(attacked.flipped_at > 0)
    order = np.lexsort((attacked.changed[:, rows].sum(axis=0), attacked.flipped_at[rows]))
    return [
        {
            "example": number,
            "feature": each.name,
            **dict(zip(("from", "to"), _shown(subject, each.name, pair), strict=True)),
            "distance": float(attacked.changed[place, row]),
            "answer_before": _answer(subject, attacked.base.answers[row]),
            "answer_after": _answer(subject, attacked.answers[attacked.flipped_at[row], row]),
        }
        for number, row in enumerate(rows[order[:_MOST_EXAMPLES]], 1)
        for place, each in enumerate(attacked.mutable)
        if attacked.changed[place, row] > 0
        for pair in [(attacked.base.columns[each.name][row], attacked.columns[each.name][row])]
    ]


def _shown(subject: Subject, name: str, values: Sequence[Any]) -> list[str]:
    """Write a value and what it became; of numbers so many digits that they differ.

    A number that few training rows have is told by its place among theirs.
    """
    if not isinstance(values[0], str):
        numbers = [float(value) for value in values]
        known = subject.train.columns[name]
        if np.isfinite(numbers[0]) and (known == numbers[0]).sum() < FEWEST_ROWS:
            known = known[np.isfinite(known)]
            return [f"above {percent(float((known < x).mean()))} of the rows" for x in numbers]
        texts = [[shown_number(number, digits) for number in numbers] for digits in (4, 6, 9)]
        return next((both for both in texts if len(set(both)) > 1), texts[-1])
    column = subject.train.columns[name]
    return [
        shown_value(value, int((column == value).sum())) if value else "missing" for value in values
    ]


def _answer(subject: Subject, answer: NDArray[np.float64]) -> str:
    if subject.task == "regression":
        return f"{answer[0]:.4g}"
    place = int(chosen(subject, answer[None])[0])
    return f"{subject.classes[place]} {answer[place]:.3f}"


def summary(subject: Subject, attacked: Attacked) -> str:
    """Say in one sentence what is left."""
    most = _most(attacked)
    rows = counted(len(attacked.base), "row")
    if subject.task == "regression":
        loss = [
            losses(subject, attacked.base.labels, x).mean() for x in attacked.answers[[0, 1, -1]]
        ]
        return (
            f"the mean absolute error of {rows} grows from {figure_text(loss[0])} to"
            f" {figure_text(loss[1])} when"
            f" somebody sets 1 column to fool the model, to {figure_text(loss[2])} with {most}"
        )
    left = accuracies(subject, attacked)
    return (
        f"{percent(left[0])} of {rows} are answered rightly; {percent(left[1])} still are when"
        f" somebody sets 1 column to fool the model, {percent(left[-1])} with {most}"
    )
