"""Features that tell the group: what is no feature may still be known to the model.

The measure is that of `evaluation.leaks`: how well a feature alone tells the rows of a group from
the others, learned from other rows than it is measured on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.distances.columns import Categories, Column, Numbers
from tfx_pipeline.evaluation.leaks import feature_powers
from tfx_pipeline.evaluation.risk.fairness.groups import Partition
from tfx_pipeline.evaluation.risk.subject import Subject

_MOST_ROWS, _EFFECT_ROWS = 4_000, 500
_FEWEST_EFFECT = 1e-3
"""Of the answers' standard deviation: a feature whose values move them less is not used."""


@dataclass(frozen=True)
class Proxy:
    """How well the feature that tells a group best does so.

    Attributes:
        column: of the groups.
        group: which.
        feature: the feature.
        auc: area under the ROC curve, of the group's rows against the others.
        low: smallest value that the rows allow (95 %, one-sided).
        is_used: whether the answers change with it.
    """

    column: str
    group: str
    feature: str
    auc: float
    low: float
    is_used: bool


def proxies_of(
    subject: Subject, partitions: Sequence[Partition], rows: NDArray[Any]
) -> list[Proxy]:
    """Find for each partition, of one column, the features that tell a group, the best first.

    `rows` are the places of the eval rows that the partitions are of.
    """
    dice = np.random.default_rng(subject.seed)
    drawn = np.sort(dice.permutation(len(rows))[:_MOST_ROWS])
    columns = {
        name: _column(values[rows][drawn]) for name, values in subject.feature_columns().items()
    }
    found: list[tuple[str, str, str, float, float]] = []
    for partition in partitions:
        (column,) = partition.columns
        others = {name: each for name, each in columns.items() if name != column}
        found += _tellers(partition, drawn, others)
    is_used = {name: _is_used(subject, name, dice) for name in dict.fromkeys(x[2] for x in found)}
    return [Proxy(*each, is_used[each[2]]) for each in found]


def _tellers(
    partition: Partition, drawn: NDArray[Any], columns: dict[str, Column]
) -> list[tuple[str, str, str, float, float]]:
    """Give for each feature the group that it tells best: with its AUC, the best three."""
    codes = partition.codes[drawn]
    found: dict[str, tuple[str, float, float]] = {}
    groups = range(len(partition.names) if len(partition.names) > 2 else 1)
    for place in groups:
        inside = codes == place
        powers = feature_powers("binary", inside.astype(np.float64), columns, np.arange(len(codes)))
        for name, power in powers.items():
            if name not in found or power > found[name][1]:
                count = int(inside.sum())
                low = power - 1.645 * _standard_error(power, count, len(codes) - count)
                found[name] = (partition.names[place][0], power, low)
    best = sorted(found, key=lambda name: -found[name][1])[:3]
    (column,) = partition.columns
    return [(column, found[name][0], name, *found[name][1:]) for name in best]


def _column(values: NDArray[Any]) -> Column:
    if values.dtype.kind in "fiub":
        return Numbers(values.astype(np.float64))
    names, codes = np.unique(values.astype(str), return_inverse=True)
    return Categories(codes.reshape(-1), tuple(names.tolist()))


def _standard_error(auc: float, inside: int, outside: int) -> float:
    """Give that of an area under the ROC curve.

    Source: J. A. Hanley, B. J. McNeil, The meaning and use of the area under a receiver operating
    characteristic (ROC) curve, Radiology 143 (1982) 29-36.
    """
    one, other = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc) + (inside - 1) * (one - auc**2) + (outside - 1) * (other - auc**2)
    ) / (inside * outside)
    return float(np.sqrt(max(variance, 0.0)))


def _is_used(subject: Subject, name: str, dice: np.random.Generator) -> bool:
    """Tell whether answers change when a feature's values are shuffled among some rows."""
    places = dice.permutation(len(subject.eval))[:_EFFECT_ROWS]
    columns = subject.feature_columns(places)
    before = subject.answers[places].astype(np.float64)
    after = subject.predict({**columns, name: dice.permutation(columns[name])})
    spread = float(np.nanstd(subject.answers.astype(np.float64)))
    change = np.abs(after - before)
    known = np.isfinite(change)
    return bool(known.any() and change[known].mean() > _FEWEST_EFFECT * spread)
