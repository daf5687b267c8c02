"""Columns whose unit is not that of the training rows, or that stand in each other's place.

Terms:
    factor: what a number is multiplied by to have the other unit.
    told apart: how much of the labels the answers tell, whatever their calibration: the squares
        that are left when the labels are fitted to the answers by least squares.

Two signs, either is enough. The rows: a column of the eval split or of the newest rows, or a part
of it, that looks like the training split's only after it is divided by a factor (the largest
distance of the distribution functions, Kolmogorov and Smirnov's). The answers: they tell the labels
better once the column is multiplied by a factor, or exchanged for another. Where unit and place are
right, a mistake does not help (E. Breck et al., The ML Test Score, IEEE Big Data 2017: training and
serving features compute the same values).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.asking.questions import Failure
from tfx_pipeline.evaluation.risk.asking.unchanged import Unchanged
from tfx_pipeline.evaluation.risk.asking.values import is_code
from tfx_pipeline.evaluation.risk.robustness.changes import Change
from tfx_pipeline.evaluation.risk.subject import Subject

_FEWEST_ROWS = 50
_POINTS = 200
_SHARES = np.linspace(0.1, 1.0, 10)
_APART = 10.0
"""From this factor on a part of the rows can be told: of smaller ones, it looks like growth."""
_LEAST_DISTANCE = 0.1
_CHANCE = 1.95
"""Kolmogorov's quantile of 0.999: what chance makes of two samples, times sqrt(1/n + 1/m)."""
_EXPLAINED = 5.0
"""The distance with a factor is so many times smaller, or is chance."""
_LEAST_GAIN, _LEAST_DEVIATIONS = 0.05, 4.5
_SUSPECT_GAIN, _SUSPECT_DEVIATIONS = 0.01, 2.0
_EDGE = 1e-6


@dataclass(frozen=True)
class Mismatch:
    """A column whose numbers are those of training in another unit.

    Attributes:
        feature: its name.
        factor: which.
        share: of the rows with that unit, in tenths.
        distance: of the distributions as they are, 0 to 1.
        explained: the same with the factor taken out.
        rows: which rows: `eval` or `newest`.
    """

    feature: str
    factor: float
    share: float
    distance: float
    explained: float
    rows: str = "eval"


def mismatches(subject: Subject, names: Sequence[str], units: Sequence[float]) -> list[Mismatch]:
    """Compare columns of the eval split, and of the newest rows, with the training split's."""
    found: dict[str, Mismatch] = {}
    splits = {"eval": subject.eval.columns, "newest": subject.newest or {}}
    for name in names:
        domain = subject.domains[name]
        if domain.kind != "number" or is_code(domain) or domain.feature_kind == "timestamp":
            continue
        train = _sorted(subject.train.columns[name])
        for rows, columns in splits.items():
            other = _sorted(columns[name]) if name in columns else train
            if min(len(train), len(other)) >= _FEWEST_ROWS and (
                mismatch := _mismatch(name, train, other, units)
            ):
                found.setdefault(name, replace(mismatch, rows=rows))
    return [*found.values()]


def _sorted(column: NDArray[Any]) -> NDArray[np.float64]:
    numbers = np.asarray(column, np.float64)
    return np.sort(numbers[np.isfinite(numbers)])


def _mismatch(
    name: str, train: NDArray[np.float64], other: NDArray[np.float64], units: Sequence[float]
) -> Mismatch | None:
    places = np.linspace(0, len(other) - 1, min(_POINTS, len(other))).astype(int)
    points = np.unique(other[places])
    of_other = np.searchsorted(other, points, side="right") / len(other)
    as_is = np.searchsorted(train, points, side="right") / len(train)
    chance = _CHANCE * np.sqrt(1 / len(train) + 1 / len(other))
    distance = float(np.abs(of_other - as_is).max())
    if distance < max(_LEAST_DISTANCE, 2 * chance):
        return None
    candidates = []
    for unit, is_inverse in itertools.product(units, (False, True)):
        factor = 1 / unit if is_inverse else unit
        scaled = np.searchsorted(train, points / factor * (1 + 1e-9), side="right") / len(train)
        shares = _SHARES if unit >= _APART else _SHARES[-1:]
        mixed = as_is + shares[:, None] * (scaled - as_is)
        apart = np.abs(of_other - mixed).max(axis=1)
        best = int(np.argmin(apart))
        candidates.append((float(apart[best]), factor, float(shares[best])))
    explained, factor, share = min(candidates)
    if explained > max(chance, distance / _EXPLAINED) or explained > distance / 2:
        return None
    return Mismatch(name, factor, share, distance, explained)


@dataclass(frozen=True)
class Improvement:
    """A mistake that makes the answers better.

    Attributes:
        change: which.
        gain: share of what was left that it takes away.
        deviations: the gain in standard errors.
    """

    change: Change
    gain: float
    deviations: float


def improvements(
    subject: Subject,
    base: Unchanged,
    answered: Sequence[tuple[Change, NDArray[np.float64] | Failure]],
) -> Iterator[Improvement]:
    """Compare what answers tell after units or places were changed with what they tell as is."""
    if base.labels.min() == base.labels.max():
        return  # nothing is to be told, and what is left is rounding
    left = _left(subject, base.labels, base.answers)
    for change, answers in answered:
        if change.kind not in ("unit", "swapped") or isinstance(answers, Failure):
            continue
        if not np.isfinite(answers).all():
            continue
        gains = left - _left(subject, base.labels, answers)
        error = float(gains.std()) / np.sqrt(len(gains))
        if error > 0 and left.mean() > 0:
            gain = float(gains.mean())
            yield Improvement(change, gain / float(left.mean()), gain / error)


def is_suspect(improvement: Improvement) -> bool:
    """Say whether it may be more than luck."""
    return improvement.gain >= _SUSPECT_GAIN and improvement.deviations >= _SUSPECT_DEVIATIONS


def is_certain(improvement: Improvement) -> bool:
    """Say whether it is more than luck, and matters."""
    return improvement.gain >= _LEAST_GAIN and improvement.deviations >= _LEAST_DEVIATIONS


def _left(
    subject: Subject, labels: NDArray[np.float64], answers: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give the squares that answers do not tell, see above: `[rows]`."""
    if subject.task == "regression":
        return _residuals(labels, answers)
    truth = np.eye(answers.shape[1])[labels.astype(int)]
    inner = np.clip(answers, _EDGE, 1 - _EDGE)
    logits = np.log(inner / (1 - inner))
    per_class = [
        _residuals(truth[:, place], np.stack([logits[:, place], answers[:, place]], axis=1))
        for place in range(answers.shape[1])
    ]
    return np.sum(per_class, axis=0)


def _residuals(target: NDArray[np.float64], told: NDArray[np.float64]) -> NDArray[np.float64]:
    # Scaled, or answers of 1e12 beside a column of ones leave nothing of the digits.
    spread = told.std(axis=0)
    scaled = (told - told.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(target)), scaled])
    fitted = design @ np.linalg.lstsq(design, target, rcond=None)[0]
    return np.square(target - fitted)
