from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge

from tfx_pipeline.modules.learners.linear.losses import loss_of
from tfx_pipeline.modules.learners.linear.penalised import Problem
from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Regression

pytestmark = pytest.mark.slow
ROWS, COLUMNS = 400, 6
X = np.random.default_rng(0).normal(size=(ROWS, COLUMNS), loc=1.0)
SCORE = X @ np.linspace(-1, 1, COLUMNS) + np.random.default_rng(1).normal(size=ROWS)
WEIGHT = np.random.default_rng(2).uniform(0.2, 3, ROWS)


def problem(task, labels, weight=WEIGHT):
    rows = sparse.csr_matrix(X)
    encoded = task.encoded_labels(labels)
    return Problem(rows, sparse.identity(COLUMNS), X.mean(axis=0), encoded, weight, loss_of(task))


def fitted(task, labels, l2, weight=WEIGHT):
    """Coefficients, and the intercept of rows that are not centred."""
    made = problem(task, labels, weight)
    found = made.fit(l2, made.nothing(task.outputs), 1000, 1e-9)
    return found.parameters, found.intercept - X.mean(axis=0) @ found.parameters


@pytest.mark.parametrize("l2", [0.1, 10.0, 300.0])
def test_fit_of_two_classes_equals_scikit_learn(l2) -> None:
    labels = (SCORE > 0).astype(int)
    weights, intercept = fitted(Binary(("0", "1")), labels, l2)
    expected = LogisticRegression(C=1 / l2, tol=1e-10, max_iter=10_000)
    expected.fit(X, labels, WEIGHT)
    np.testing.assert_allclose(weights[:, 0], expected.coef_[0], atol=1e-4)
    np.testing.assert_allclose(intercept, expected.intercept_, atol=1e-4)


def test_fit_of_three_classes_equals_scikit_learn() -> None:
    labels = np.digitize(SCORE, [-1, 1])
    weights, intercept = fitted(Multiclass(("a", "b", "c")), labels, 3.0)
    expected = LogisticRegression(C=1 / 3, tol=1e-10, max_iter=10_000).fit(X, labels, WEIGHT)
    np.testing.assert_allclose(weights, expected.coef_.T, atol=1e-4)
    centred = expected.intercept_ - expected.intercept_.mean()
    np.testing.assert_allclose(intercept - intercept.mean(), centred, atol=1e-4)


def test_fit_of_numbers_equals_scikit_learn() -> None:
    task = Regression(float(SCORE.mean()), float(SCORE.std()))
    weights, intercept = fitted(task, SCORE, 8.0)
    encoded = task.encoded_labels(SCORE)[:, 0]
    expected = Ridge(alpha=4.0).fit(X, encoded, WEIGHT)  # of errors squared, not of their half
    np.testing.assert_allclose(weights[:, 0], expected.coef_, atol=1e-4)
    np.testing.assert_allclose(intercept, [expected.intercept_], atol=1e-4)


def test_fit_of_a_weight_of_two_equals_the_row_twice() -> None:
    task, labels = Binary(("0", "1")), (SCORE > 0).astype(int)
    made = problem(task, labels, np.ones(ROWS))
    twice = made.of(np.r_[np.arange(ROWS), np.arange(50)].astype(np.int32))
    weight = np.where(np.arange(ROWS) < 50, 2.0, 1.0)
    expected = twice.fit(1.0, twice.nothing(1), 1000, 1e-9)
    weights, _ = fitted(task, labels, 1.0, weight)
    np.testing.assert_allclose(weights, expected.parameters, atol=1e-5)


def test_fit_of_numbers_that_are_none_raises_saying_what_to_do() -> None:
    made = problem(Binary(("0", "1")), (SCORE > 0).astype(int))
    made.rows.data[7] = np.nan
    with pytest.raises(FloatingPointError, match=r"no longer a number.*scale"):
        made.fit(1.0, made.nothing(1), 10, 1e-6)
