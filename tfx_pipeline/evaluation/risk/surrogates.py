"""Models that somebody else fits: to labels he has, or to answers that he was given.

Terms:
    targets: `[rows]` class ids as int64; `[rows]` numbers; or `[rows, outputs]` numbers.
    trees: boosted trees, or a random forest where there are many outputs: one tree serves all.
    linear: logistic or ridge regression on scaled numbers and marks of frequent texts.
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.row_matrix import LinearTerms

Kind = Literal["trees", "linear"]
Matrix: TypeAlias = NDArray[np.float64]
Fitted: TypeAlias = Callable[[Matrix], NDArray[np.float64]]
"""Gives numbers of the targets' shape; for class ids `[rows, classes]` probabilities."""

_MOST_BOOSTED = 10
"""Outputs up to which trees are boosted; of more, each round would grow as many trees."""
_ROUNDS, _LEAVES, _FOREST = 60, 15, 40


def fit_classes(
    kind: Kind,
    matrix: Matrix,
    targets: NDArray[np.int64],
    classes: int,
    is_code: Sequence[bool],
    seed: int,
) -> Fitted:
    """Fit the classes; one that is not among the targets gets the probability 0."""
    present = np.unique(targets)
    if len(present) == 1:
        return lambda rows: np.tile(np.eye(classes)[present[0]], (len(rows), 1))
    model: Any
    if kind == "linear":
        from sklearn.linear_model import LogisticRegression

        model, read = LogisticRegression(max_iter=100), _terms(matrix, is_code)
    else:
        model, read = _tree_classifier(len(present), is_code, seed), _unchanged
    with _quiet(), _one_thread():
        model.fit(read(matrix), targets)

    def predict(rows: Matrix) -> NDArray[np.float64]:
        result = np.zeros((len(rows), classes))
        with _one_thread():
            result[:, present] = model.predict_proba(read(rows))
        return result

    return predict


def fit_numbers(
    kind: Kind, matrix: Matrix, targets: NDArray[np.float64], is_code: Sequence[bool], seed: int
) -> Fitted:
    """Fit numbers by least squares."""
    outputs = targets.reshape(len(targets), -1)
    read = _terms(matrix, is_code) if kind == "linear" else _unchanged
    with _one_thread():
        models = _number_models(kind, read(matrix), outputs, is_code, seed)

    def predict(rows: Matrix) -> NDArray[np.float64]:
        with _one_thread():
            answers = [np.reshape(model.predict(read(rows)), (len(rows), -1)) for model in models]
        return np.hstack(answers).reshape(len(rows), *targets.shape[1:])

    return predict


def _number_models(
    kind: Kind, matrix: Matrix, outputs: Matrix, is_code: Sequence[bool], seed: int
) -> list[Any]:
    """Fit one model for all outputs, or one for each."""
    if kind == "linear":
        from sklearn.linear_model import Ridge

        return [Ridge(alpha=1e-3 * len(matrix)).fit(matrix, outputs)]
    if outputs.shape[1] > _MOST_BOOSTED:
        from sklearn.ensemble import RandomForestRegressor

        return [RandomForestRegressor(_FOREST, random_state=seed).fit(matrix, outputs)]
    return [_boosted_numbers(matrix, column, is_code, seed) for column in outputs.T]


def _tree_classifier(classes: int, is_code: Sequence[bool], seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

    if classes > _MOST_BOOSTED:
        return RandomForestClassifier(_FOREST, min_samples_leaf=3, random_state=seed)
    return HistGradientBoostingClassifier(
        max_iter=_ROUNDS,
        max_leaf_nodes=_LEAVES,
        early_stopping=False,
        categorical_features=list(is_code),
        random_state=seed,
    )


def _boosted_numbers(
    matrix: Matrix, targets: NDArray[np.float64], is_code: Sequence[bool], seed: int
) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(
        max_iter=_ROUNDS,
        max_leaf_nodes=_LEAVES,
        early_stopping=False,
        categorical_features=list(is_code),
        random_state=seed,
    )
    return model.fit(matrix, targets)


def _unchanged(matrix: Matrix) -> Matrix:
    return matrix


def _terms(matrix: Matrix, is_code: Sequence[bool]) -> Callable[[Matrix], Matrix]:
    return LinearTerms.of(matrix, is_code).terms


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep back that few iterations were made: an attacker stops where he likes as well."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        yield


def _one_thread() -> Any:
    """Keep scikit-learn to one thread: of so few rows, several wait for one another.

    Where other processes are at work as well, they do so for most of the time.
    """
    return _pools().limit(limits=1)


@functools.cache
def _pools() -> Any:
    import sklearn.ensemble  # the pools are found that are loaded
    import sklearn.linear_model  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
