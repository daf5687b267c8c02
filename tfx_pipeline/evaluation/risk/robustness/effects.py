"""What changes of features do to the answers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.asking.questions import Failure, distances, losses
from tfx_pipeline.evaluation.risk.asking.unchanged import Unchanged, flipped
from tfx_pipeline.evaluation.risk.robustness.changes import Change
from tfx_pipeline.evaluation.risk.subject import Subject


@dataclass(frozen=True)
class Effect:
    """What one change does.

    Attributes:
        change: which.
        mean_change: how far answers move, on average.
        worst_change: the furthest that one moves.
        flips: share of the answers that are for another class; of regression, that move by more
            than the labels' spread.
        losses: `[rows]`, of answers that are good.
        bad: answers that are none.
        failure: what the model raised; the figures are NaN then.
    """

    change: Change
    mean_change: float = np.nan
    worst_change: float = np.nan
    flips: float = np.nan
    losses: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    bad: int = 0
    failure: str = ""

    @property
    def loss(self) -> float:
        """Mean loss; NaN: no answer is good."""
        return float(self.losses.mean()) if len(self.losses) else np.nan

    @property
    def loss_error(self) -> float:
        """Standard error of the mean loss."""
        return float(self.losses.std() / np.sqrt(max(1, len(self.losses))))


def effect_of(
    subject: Subject,
    base: Unchanged,
    change: Change,
    answers: NDArray[np.float64] | Failure,
) -> Effect:
    """Measure what a change of rows `base` did to their answers."""
    if isinstance(answers, Failure):
        return Effect(change, failure=answers.words)
    good = np.isfinite(answers).all(axis=1)
    if not good.any():
        return Effect(change, bad=len(answers))
    moved = distances(subject, answers[good], base.answers[good])
    return Effect(
        change,
        float(moved.mean()),
        float(moved.max()),
        float(flipped(subject, base, answers)[good].mean()),
        losses(subject, base.labels[good], answers[good]),
        int((~good).sum()),
    )
