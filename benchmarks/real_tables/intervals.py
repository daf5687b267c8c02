"""Whether one way is better than another on a table: a paired 95 % interval of the difference.

Method: the rows of the table that are in `eval` for any seed are drawn with replacement, within
each class as many as it has (a stratified bootstrap); a drawn row counts as often in every split
that it is in, for both ways (the row is the cluster: Field and Welsh, Bootstrapping clustered data,
Journal of the Royal Statistical Society B 69, 2007). The difference of the metric is averaged over
the seeds, and its 2.5 % and 97.5 % quantiles over the draws are the interval (the percentile
interval: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). It tells what
other rows to predict would do; other rows to train on are there as far as the seeds go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from real_tables.metrics import Floats, auc, log_loss, rmse
from real_tables.results import Predictions

Verdict: TypeAlias = Literal["better", "not worse", "worse"]
Pair: TypeAlias = tuple[Predictions, Predictions]

DRAWS = 1000
_METRICS = {"auc": (auc, 1), "log_loss": (log_loss, -1), "rmse": (rmse, -1)}


@dataclass(frozen=True)
class Difference:
    """How much better ours is; positive is better, whatever the metric.

    Attributes:
        mean: over the seeds, in the unit of the metric; of `rmse` a share of the other's.
        low, high: the interval.
    """

    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Say whether the interval is above, around or below zero."""
        return "better" if self.low > 0 else "worse" if self.high < 0 else "not worse"


def difference(pairs: Sequence[Pair], metric: str, draws: int = DRAWS, seed: int = 0) -> Difference:
    """Compare ours with another way's predictions, a pair a seed.

    Raises:
        ValueError: a pair is not of the same rows.
    """
    for ours, theirs in pairs:
        if not np.array_equal(ours.places, theirs.places):
            raise ValueError("predictions of different rows cannot be compared")
    measures = [partial(_difference, pair, *_METRICS[metric]) for pair in pairs]
    places, strata = _rows(pairs)
    own = [np.searchsorted(places, ours.places) for ours, _ in pairs]

    def of(weights: Floats) -> float:
        differences = [measure(weights[x]) for measure, x in zip(measures, own, strict=True)]
        return float(np.mean(differences))

    random = np.random.default_rng(seed)
    drawn = [of(_draw(strata, len(places), random)) for _ in range(draws)]
    low, high = (float(np.quantile(drawn, share)) for share in (0.025, 0.975))
    return Difference(of(np.ones(len(places))), low, high)


def _difference(pair: Pair, measure: Callable[..., float], sign: int, weights: Floats) -> float:
    ours, theirs = (measure(x.label, x.values.astype(np.float64), weights) for x in pair)
    scale = theirs if measure is rmse else 1.0
    return sign * (ours - theirs) / scale if scale else 0.0


def _rows(pairs: Sequence[Pair]) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Find the rows of all splits, and which of them are of each class (all are, of numbers)."""
    places = np.concatenate([ours.places for ours, _ in pairs])
    places, first = np.unique(places, return_index=True)
    label = np.concatenate([ours.label for ours, _ in pairs])[first]
    if pairs[0][0].values.ndim == 1:
        return places, [np.arange(len(places))]
    return places, [np.flatnonzero(label == x) for x in np.unique(label)]


def _draw(strata: list[NDArray[np.int64]], rows: int, random: np.random.Generator) -> Floats:
    """Draw rows within each stratum; give how often each was drawn."""
    weights = np.zeros(rows)
    for stratum in strata:
        count = len(stratum)
        drawn = np.bincount(random.integers(0, count, count), minlength=count)
        weights[stratum] = drawn
    return weights
