"""Values of the newest rows that the model has not learned from.

A column of many values has new ones always: what counts is how many more the newest rows have than
the eval split, which was drawn like the training split.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.subject import Columns, Subject


@dataclass(frozen=True)
class Unseen:
    """How many rows have a value of a feature that no training row has, or beyond their range.

    Attributes:
        feature: which.
        newest: share of the newest rows.
        eval: share of the eval rows.
        low: smallest difference of the two that the rows allow (95 %, one-sided).
    """

    feature: str
    newest: float
    eval: float
    low: float


def unseen_values(subject: Subject, newest: Columns) -> Iterator[Unseen]:
    """Compare each feature that the newest rows have too."""
    for name in subject.features:
        if name not in newest:
            continue
        known = subject.train.columns[name]
        of_newest = _unseen(newest[name], known)
        of_eval = _unseen(subject.eval.columns[name], known)
        if of_newest.any():
            yield Unseen(
                name,
                float(of_newest.mean()),
                float(of_eval.mean()),
                _low_difference(of_newest, of_eval),
            )


def _unseen(values: NDArray[Any], known: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which rows have a new value; a missing one is none."""
    if known.dtype.kind not in "fiub":
        return ~np.isin(values.astype(str), np.unique(np.append(known.astype(str), "")))
    if np.isnan(known).all():
        return ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return (values < np.nanmin(known)) | (values > np.nanmax(known))


def _low_difference(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Give the low end of a difference of shares, by Agresti and Caffo: a hit and a miss more."""
    first, second = (one.sum() + 1) / (len(one) + 2), (other.sum() + 1) / (len(other) + 2)
    variance = first * (1 - first) / (len(one) + 2) + second * (1 - second) / (len(other) + 2)
    return float(first - second - 1.645 * np.sqrt(variance))
