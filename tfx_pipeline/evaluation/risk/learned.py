"""What columns tell of something, learned by boosted trees from other rows than it is told of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_CATEGORIES = 200
"""Of a text column, by frequency; scikit-learn's trees take 255. The others are one more."""

_LARGEST = 1e300
"""Of a number: of infinity there is no mean."""


@dataclass(frozen=True)
class Table:
    """Columns as scikit-learn's histogram trees take them.

    Attributes:
        values: `[rows, columns] float64`: numbers, or codes of texts; NaN where missing.
        is_text: `[columns] bool`.
    """

    values: NDArray[np.float64]
    is_text: NDArray[np.bool_]


def table_of(columns: Mapping[str, NDArray[Any]]) -> Table:
    """Put raw columns into one table."""
    is_text = np.array([values.dtype.kind not in "fiub" for values in columns.values()], bool)
    parts = [
        _codes(values) if text else np.clip(np.asarray(values, np.float64), -_LARGEST, _LARGEST)
        for values, text in zip(columns.values(), is_text, strict=True)
    ]
    return Table(np.column_stack(parts), is_text)


def _codes(values: NDArray[Any]) -> NDArray[np.float64]:
    different, codes, counts = np.unique(
        values.astype(str), return_inverse=True, return_counts=True
    )
    ranks = np.empty(len(different))
    ranks[np.argsort(-counts, kind="stable")] = np.arange(len(different))
    ranks = np.minimum(ranks, _MOST_CATEGORIES)
    ranks[different == ""] = np.nan
    return ranks[codes.reshape(-1)]


@dataclass(frozen=True)
class Learner:
    """How trees are boosted.

    Attributes:
        is_class: targets are 0 and 1, and the probability of 1 is told; else numbers are.
        leaves: of a tree; of two, features only add up, which is best for what is hardly there.
        trees: how many.
        folds: how many parts the rows have; each is told by trees of all others.
    """

    is_class: bool
    leaves: int
    trees: int
    folds: int


def cross_fitted(
    table: Table, targets: NDArray[Any], learner: Learner, seed: int
) -> NDArray[np.float64]:
    """Tell the target of each row by trees that were fitted to the other folds.

    Args:
        table: the rows.
        targets: `[rows]`.
        learner: see above.
        seed: of the folds.

    Returns:
        `[rows]`.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if learner.is_class else HistGradientBoostingRegressor
    folds = np.random.default_rng(seed).permutation(len(targets)) % learner.folds
    told = np.empty(len(targets))
    for fold in range(learner.folds):
        others = folds != fold
        trees = kind(
            max_iter=learner.trees,
            max_leaf_nodes=learner.leaves,
            min_samples_leaf=20,
            l2_regularization=1.0,
            early_stopping=False,
            random_state=seed,
            categorical_features=table.is_text,
        ).fit(table.values[others], targets[others])
        rest = table.values[~others]
        told[~others] = trees.predict_proba(rest)[:, 1] if learner.is_class else trees.predict(rest)
    return told
