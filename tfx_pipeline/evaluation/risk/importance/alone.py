"""What one feature explains through the model with all others at random: of a leak, nearly all.

The answer to a feature alone is the mean of the answers to its value among all other values. It is
estimated from a few of these, whose own spread is taken off the error that it adds. Source:
I. Covert, S. Lundberg, S.-I. Lee, Understanding global feature contributions with additive
importance measures, NeurIPS 2020 (marginal imputation).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_statistics import gap_intervals
from tfx_pipeline.evaluation.risk.good_rows import scored_at
from tfx_pipeline.evaluation.risk.importance.metered_model import MeteredModel
from tfx_pipeline.evaluation.risk.row_losses import targets
from tfx_pipeline.evaluation.risk.subject import Subject

BACKGROUNDS = 4


def explained_alone(
    subject: Subject,
    model: MeteredModel,
    rows: NDArray[Any],
    feature: str,
    resampling: Resampling,
) -> Interval:
    """Measure the share of the labels' variance that a feature alone explains, of these rows."""
    dice = np.random.default_rng([subject.seed, 2])
    columns = subject.feature_columns(rows)
    answers = []
    for _ in range(BACKGROUNDS):
        other = dice.permutation(len(rows))
        mixed = {name: values[other] for name, values in columns.items()}
        given = model.answers({**mixed, feature: columns[feature]}).astype(np.float64)
        answers.append(given.reshape(len(rows), -1))
    wanted = targets(scored_at(subject, rows))
    with np.errstate(invalid="ignore", over="ignore"):
        missed = np.square(wanted - np.mean(answers, axis=0))
        missed = (missed - np.var(answers, axis=0, ddof=1) / BACKGROUNDS).sum(axis=1)
    known = np.isfinite(missed)
    wanted, missed = wanted[known], missed[known]

    def share(weights: NDArray[Any]) -> NDArray[np.float64]:
        means = np.average(wanted, axis=0, weights=weights)
        total = weights @ np.square(wanted - means).sum(axis=1)
        return np.array([1 - (weights @ missed) / total if total > 0 else np.nan])

    (interval,) = gap_intervals(share, len(wanted), resampling)
    return interval
