"""What features without any effect on the answers would tell of the model's errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Interval, Resampling
from tfx_pipeline.evaluation.intervals.of_statistics import gap_intervals
from tfx_pipeline.evaluation.risk.good_rows import scored_at
from tfx_pipeline.evaluation.risk.learned import Learner, cross_fitted, table_of
from tfx_pipeline.evaluation.risk.row_losses import explained_share, residuals
from tfx_pipeline.evaluation.risk.subject import Subject

MOST_ROWS = 6_000
_MOST_CLASSES = 4
_LEARNER = Learner(is_class=False, leaves=2, trees=120, folds=5)


def explained_by_ignored(
    subject: Subject, rows: NDArray[Any], features: Sequence[str], resampling: Resampling
) -> Interval:
    """Measure the share of the squared errors that trees explain by these features alone.

    They are fitted to other eval rows than they are judged by; it is zero or less where the
    features tell nothing that the model misses.
    """
    columns = {name: subject.eval.columns[name][rows] for name in features}
    missed = residuals(scored_at(subject, rows))
    largest = np.argsort(-np.square(missed).sum(axis=0))[:_MOST_CLASSES]
    missed = missed[:, largest] - missed[:, largest].mean(axis=0)
    table = table_of(columns)
    told = np.column_stack([cross_fitted(table, each, _LEARNER, subject.seed) for each in missed.T])
    (interval,) = gap_intervals(
        lambda weights: np.array([explained_share(missed, told, weights)]), len(rows), resampling
    )
    return interval
