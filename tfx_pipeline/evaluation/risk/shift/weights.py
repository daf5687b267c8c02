"""How much like the newest rows each row of the eval split is.

Terms:
    weight: density of the newest rows by that of the eval split where the row is; of a classifier
        that tells the two apart, the odds of *newest*. Their mean is 1.
    effective rows: how many rows of equal weight would tell as much: (Σ w)² / Σ w².

Source: H. Shimodaira, Improving predictive inference under covariate shift, J. Stat. Plan.
Inference 90 (2000) 227-244; S. Bickel, M. Brückner, T. Scheffer, Discriminative learning under
covariate shift, JMLR 10 (2009) 2137-2155; L. Kish, Survey Sampling, 1965 (effective rows).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.learned import Learner, cross_fitted, table_of

_LEARNER = Learner(is_class=True, leaves=15, trees=40, folds=3)
_MOST_CUTS = 100


@dataclass(frozen=True)
class RowWeights:
    """The weights, and how far they can be trusted.

    Attributes:
        values: `[rows] float64`, of mean 1.
        covered: share of the newest rows that lie where eval rows do: the mean of the odds as
            they are, 1 where all do.
        clipped: how many were larger than allowed.
        auc: area under the ROC curve of the classifier: 0.5 where nobody could tell them apart.
    """

    values: NDArray[np.float64]
    covered: float
    clipped: int
    auc: float

    @property
    def effective_rows(self) -> float:
        """Count the rows of equal weight that would tell as much."""
        return float(self.values.sum() ** 2 / np.square(self.values).sum())


def row_weights(
    rows: Mapping[str, NDArray[Any]], newest: Mapping[str, NDArray[Any]], most: float, seed: int
) -> RowWeights:
    """Weigh rows as the newest ones come; both of the same columns.

    Each weight is told by trees that have not seen the row; none is larger than `most`.
    """
    both = {name: np.concatenate([values, newest[name]]) for name, values in rows.items()}
    count = len(next(iter(rows.values())))
    is_newest = np.arange(len(next(iter(both.values())))) >= count
    chance = cross_fitted(table_of(both), is_newest.astype(int), _LEARNER, seed)
    prior = is_newest.mean()
    odds = chance[:count] / np.maximum(1 - chance[:count], 1e-9) * (1 - prior) / prior
    weights = _clipped(odds, most)
    clipped = int((weights < odds).sum())
    covered = min(float(odds.mean()), 1.0)
    return RowWeights(weights / weights.mean(), covered, clipped, _auc(chance, is_newest))


def _clipped(weights: NDArray[np.float64], most: float) -> NDArray[np.float64]:
    """Cut weights until none is more than `most` times their mean, which sinks with each cut."""
    for _ in range(_MOST_CUTS):
        largest = most * weights.mean()
        if weights.max() <= largest * (1 + 1e-6):
            break
        weights = np.minimum(weights, largest)
    return weights


def _auc(chance: NDArray[np.float64], is_newest: NDArray[np.bool_]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(is_newest, chance))
