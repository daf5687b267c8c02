"""Copies of the model: fitted to its answers, and how well they agree with it.

Sources: F. Tramèr et al., Stealing Machine Learning Models via Prediction APIs, USENIX Security
2016; M. Jagielski et al., High Accuracy and High Fidelity Extraction of Neural Networks, USENIX
Security 2020, whose fidelity is the agreement here.

Terms:
    agreement: of classes the share of rows to which both answer the same class; of regression R² of
        the copy's answers as estimates of the model's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.of_rates import clopper_pearson
from tfx_pipeline.evaluation.risk.surrogates import Kind, Matrix, fit_classes, fit_numbers
from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes

Copy: TypeAlias = Callable[[Matrix], NDArray[Any]]
"""Answers to rows, as the model's are."""

_EDGE = 1e-3
"""Probabilities nearer to 0 or 1 are taken as that: their log odds would outweigh all others."""
_RESAMPLES = 400


@dataclass(frozen=True)
class Asked:
    """Rows and what the model answers to them.

    Attributes:
        matrix: `[rows, columns]`.
        scored: answers, and labels (NaN where a row is made up).
    """

    matrix: Matrix
    scored: ScoredRows

    def __len__(self) -> int:
        return len(self.matrix)

    def of(self, rows: Any) -> Asked:
        """Take some rows: a slice, places or a mask."""
        labels, answers = self.scored.labels[rows], self.scored.answers[rows]
        return Asked(self.matrix[rows], replace(self.scored, labels=labels, answers=answers))


def copy_of_answers(kind: Kind, asked: Asked, is_code: Sequence[bool], seed: int) -> Copy:
    """Fit a copy to answers with all their digits."""
    scored = asked.scored
    answers = scored.answers.astype(np.float64)
    if scored.task == "regression":
        return fit_numbers(kind, asked.matrix, answers, is_code, seed)
    kept = np.clip(answers, _EDGE, 1 - _EDGE)
    if scored.task == "binary":
        odds = fit_numbers(kind, asked.matrix, np.log(kept) - np.log1p(-kept), is_code, seed)
        return lambda rows: 1 / (1 + np.exp(-odds(rows)))
    logs = fit_numbers(kind, asked.matrix, np.log(kept), is_code, seed)
    return lambda rows: _softmax(logs(rows))


def copy_of_classes(kind: Kind, asked: Asked, is_code: Sequence[bool], seed: int) -> Copy:
    """Fit a copy to the classes that are answered."""
    chosen = chosen_classes(asked.scored).astype(np.int64)
    return _of_classes(kind, asked, chosen, is_code, seed)


def copy_of_labels(kind: Kind, asked: Asked, is_code: Sequence[bool], seed: int) -> Copy:
    """Fit a model to true labels: what somebody has who has rows, and asks nothing."""
    labels = asked.scored.labels
    if asked.scored.task == "regression":
        return fit_numbers(kind, asked.matrix, labels, is_code, seed)
    return _of_classes(kind, asked, labels.astype(np.int64), is_code, seed)


def _of_classes(
    kind: Kind, asked: Asked, targets: NDArray[np.int64], is_code: Sequence[bool], seed: int
) -> Copy:
    scored = asked.scored
    fitted = fit_classes(kind, asked.matrix, targets, scored.classes, is_code, seed)
    if scored.task != "binary":
        return fitted
    edge = np.clip(scored.threshold, _EDGE, 1 - _EDGE)

    def answers(rows: Matrix) -> NDArray[np.float64]:
        """Move the odds so that what the copy calls even is the model's threshold."""
        chance = np.clip(fitted(rows)[:, 1], _EDGE, 1 - _EDGE)
        odds = chance / (1 - chance) * edge / (1 - edge)
        return odds / (1 + odds)

    return answers


def _softmax(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(logs - logs.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


@dataclass(frozen=True)
class Agreement:
    """How well a copy agrees, see above; `difference`: mean distance of the answers."""

    value: float
    low: float
    high: float
    difference: float


def agreement(copied: NDArray[Any], test: Asked, seed: int) -> Agreement:
    """Compare answers of a copy with the model's, on rows that it was not asked for.

    The interval, 95 %, is exact for classes, and of 400 bootstrap samples for regression.
    """
    answers = test.scored.answers.astype(np.float64)
    difference = float(np.mean(np.abs(copied - answers)))
    if test.scored.task == "regression":
        return Agreement(*_r_squared(copied, answers, seed), difference)
    same = chosen_classes(replace(test.scored, answers=copied)) == chosen_classes(test.scored)
    ends = clopper_pearson(int(same.sum()), len(same))
    return Agreement(float(same.mean()), *ends, difference)


def _r_squared(
    copied: NDArray[Any], answers: NDArray[np.float64], seed: int
) -> tuple[float, float, float]:
    weights = np.random.default_rng(seed).poisson(1.0, (_RESAMPLES, len(answers)))
    weights = np.vstack([np.ones(len(answers)), weights]).astype(np.float64)
    totals = np.maximum(weights.sum(axis=1), 1.0)
    missed = weights @ np.square(copied - answers)
    centred = answers - answers.mean()
    spread = weights @ np.square(centred) - np.square(weights @ centred) / totals
    values = 1 - missed / np.maximum(spread, np.finfo(np.float64).tiny)
    ends = np.quantile(values[1:], 0.025), np.quantile(values[1:], 0.975)
    return float(values[0]), float(ends[0]), float(ends[1])
