"""Models of made tables, by scikit-learn: functions of raw columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faulty_models.table import Table

Answer = Callable[[Table], NDArray[np.float32]]
"""Columns to probabilities of the second class: `[rows] float32`."""


@dataclass(frozen=True)
class Encoding:
    """Columns as one matrix: numbers bent by a logarithm and standardised, texts one-hot.

    Missing numbers are the mean; missing and unseen texts are all zeros.
    """

    numbers: dict[str, tuple[float, float]]
    texts: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, table: Table, features: Sequence[str]) -> Encoding:
        """Learn means, deviations and values of these columns."""
        numbers, texts = {}, {}
        for name in features:
            column = table[name]
            if column.dtype == object:
                texts[name] = tuple(sorted(set(column) - {""}))
            else:
                bent = _bent(column)
                numbers[name] = (float(np.nanmean(bent)), float(np.nanstd(bent)) or 1.0)
        return cls(numbers, texts)

    def matrix(self, table: Table) -> NDArray[np.float64]:
        """Encode rows: `[rows, width]`."""
        parts = []
        for name, (mean, deviation) in self.numbers.items():
            parts.append(np.nan_to_num((_bent(table[name]) - mean) / deviation)[:, np.newaxis])
        for name, values in self.texts.items():
            parts.append((table[name][:, np.newaxis] == np.array(values, object)).astype(float))
        return np.hstack(parts)


def _bent(column: NDArray[Any]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.sign(column) * np.log1p(np.abs(column))


def fit_linear(
    table: Table, labels: NDArray[np.float64], features: Sequence[str], seed: int = 0
) -> Answer:
    """Fit a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    encoding = Encoding.of(table, features)
    model = LogisticRegression(C=1.0, max_iter=500).fit(encoding.matrix(table), labels)
    return lambda columns: model.predict_proba(encoding.matrix(columns))[:, 1].astype(np.float32)


def fit_trees(
    table: Table, labels: NDArray[np.float64], features: Sequence[str], seed: int = 0
) -> Answer:
    """Fit boosted trees, few and small, so that they do not learn rows by heart."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    encoding = Encoding.of(table, features)
    model = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=8, learning_rate=0.1, min_samples_leaf=40, random_state=seed
    ).fit(encoding.matrix(table), labels)
    return lambda columns: model.predict_proba(encoding.matrix(columns))[:, 1].astype(np.float32)
