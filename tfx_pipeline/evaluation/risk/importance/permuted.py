"""What it costs to take features from the model: their values are those of other rows.

Source: L. Breiman, Random Forests, Machine Learning 45 (2001) 5-32; A. Fisher, C. Rudin,
F. Dominici, All models are wrong, but many are useful, JMLR 20 (2019) 1-81.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_statistics import gap_intervals
from tfx_pipeline.evaluation.risk.good_rows import scored_at
from tfx_pipeline.evaluation.risk.importance.metered_model import MeteredModel
from tfx_pipeline.evaluation.risk.row_losses import explained_share, row_losses, targets
from tfx_pipeline.evaluation.risk.subject import Subject
from tfx_pipeline.evaluation.scored_rows import ScoredRows

_FEWEST_CHANGED = 20
_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class Shuffled:
    """Some features, shuffled together.

    Attributes:
        features: which.
        loss_increase: of the mean of `row_losses`; its interval holds for all groups at once.
        explained: share of the labels' variance that the answers still explain.
        largest_change: of an answer: 0 where these features have no effect.
        changed: rows in which a value became another one.
    """

    features: tuple[str, ...]
    loss_increase: Interval
    explained: float
    largest_change: float
    changed: int

    @property
    def has_no_effect(self) -> bool:
        """Say whether no answer changed though enough rows did."""
        return self.changed >= _FEWEST_CHANGED and self.largest_change == 0


def shuffle(
    subject: Subject,
    model: MeteredModel,
    rows: NDArray[Any],
    groups: Sequence[Sequence[str]],
    resampling: Resampling,
) -> list[Shuffled]:
    """Shuffle each group of features among the rows (places of good eval rows)."""
    dice = np.random.default_rng([subject.seed, 1])
    columns = subject.feature_columns(rows)
    base = scored_at(subject, rows, model.answers(columns))
    with np.errstate(invalid="ignore", over="ignore"):
        losses, least = row_losses(base), _rounding(base)
    differences, parts = [], []
    for group, taken, answers in _answered(model, columns, len(rows), groups, dice):
        after = scored_at(subject, rows, answers)
        known = ~after.answer_is_bad & ~base.answer_is_bad
        largest = _largest_change(base, after)
        changed = np.any([_differ(columns[name], taken[name]) for name in group], axis=0)
        with np.errstate(invalid="ignore", over="ignore"):
            differences.append(np.where(known, row_losses(after) - losses, np.nan))
        share = explained_share(targets(after)[known], _matrix(after)[known], np.ones(known.sum()))
        parts.append((largest if largest > least else 0.0, int(changed.sum()), share))
    intervals = _mean_intervals(np.stack(differences, axis=1), resampling)
    return [
        Shuffled(tuple(group), interval, share, largest, changed)
        for group, interval, (largest, changed, share) in zip(groups, intervals, parts, strict=True)
    ]


def _largest_change(before: ScoredRows, after: ScoredRows) -> float:
    """Give that of all answers; one that is none before or after has changed if not in both."""
    is_other = (before.answer_is_bad != after.answer_is_bad).any()
    with np.errstate(invalid="ignore"):
        change = np.abs(after.answers.astype(np.float64) - before.answers.astype(np.float64))
    return np.inf if is_other else float(np.nanmax(change, initial=0.0))


def _answered(
    model: MeteredModel,
    columns: Mapping[str, NDArray[Any]],
    rows: int,
    groups: Sequence[Sequence[str]],
    dice: np.random.Generator,
) -> Iterator[tuple[Sequence[str], dict[str, NDArray[Any]], NDArray[Any]]]:
    """Give each group, its columns shuffled, and the answers then.

    Of few rows several groups are asked at once: a question of a thousand columns takes long,
    however few its rows are.
    """
    at_once = max(1, _ROWS_AT_ONCE // max(rows, 1))
    for first in range(0, len(groups), at_once):
        some = groups[first : first + at_once]
        orders = [dice.permutation(rows) for _ in some]
        shuffled = [
            {name: columns[name][order] for name in group}
            for group, order in zip(some, orders, strict=True)
        ]
        asked = {
            name: np.concatenate([taken.get(name, values) for taken in shuffled])
            for name, values in columns.items()
        }
        yield from zip(some, shuffled, np.split(model.answers(asked), len(some)), strict=True)


def _matrix(rows: ScoredRows) -> NDArray[np.float64]:
    return rows.answers.astype(np.float64).reshape(len(rows.labels), -1)


def _rounding(rows: ScoredRows) -> float:
    """Give by how much an answer may change though nothing did: it is computed in float32."""
    scale = 1.0 if rows.task != "regression" else float(np.nanmax(np.abs(rows.answers), initial=1))
    return 2e-6 * scale


def _differ(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    if one.dtype.kind == "f":
        return ~((one == other) | (np.isnan(one) & np.isnan(other)))
    return np.asarray(one != other, bool)


def _mean_intervals(values: NDArray[np.float64], resampling: Resampling) -> list[Interval]:
    """Give the means of columns with simultaneous intervals; a missing value counts for nothing."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    whole = bool(known.all())

    def means(weights: NDArray[Any]) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return (weights @ filled) / (weights.sum() if whole else weights @ known)

    return gap_intervals(means, len(values), resampling)
