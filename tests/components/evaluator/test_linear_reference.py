"""The linear model that every candidate stands beside."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
import sklearn.metrics as sk
import tensorflow as tf
from sklearn.linear_model import LogisticRegression

from tfx_pipeline.components.evaluator.linear_reference import (
    MOST_ROWS,
    fit_linear,
    rows_for,
    usable_features,
)

pytestmark = pytest.mark.slow


def table(rows: int, seed: int = 0) -> tuple[dict[str, Any], np.ndarray]:
    """Two numbers and an id; the score is linear in one number and in the id."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(rows, 2)).astype(np.float32)
    ids = random.integers(0, 5, (rows, 1))
    score = 1.5 * numbers[:, 0] + np.array([-1, 0, 1, 2, -2])[ids[:, 0]]
    return {"numbers": numbers, "kind_id": ids, "label": score[:, np.newaxis]}, score


CHOSEN: Any = ({"numbers": 2}, ("kind_id",))


def test_linear_reference_of_two_classes_is_as_good_as_scikit_learns() -> None:
    features, score = table(4000)
    random = np.random.default_rng(1)
    labels = (random.random(4000) < 1 / (1 + np.exp(-score))).astype(float)
    unseen, score = table(4000, seed=2)
    truth = random.random(4000) < 1 / (1 + np.exp(-score))
    linear = fit_linear("binary", ("no", "yes"), features, labels, CHOSEN)
    answers = pickle.loads(pickle.dumps(linear)).answers(unseen)
    assert answers.shape == (4000,) and answers.dtype == np.float32

    def matrix(features: dict[str, Any]) -> np.ndarray:
        return np.hstack([features["numbers"], np.eye(5)[features["kind_id"][:, 0]]])

    best = LogisticRegression().fit(matrix(features), labels).predict_proba(matrix(unseen))[:, 1]
    assert sk.log_loss(truth, answers) == pytest.approx(sk.log_loss(truth, best), abs=0.005)


def test_linear_reference_of_a_number_is_in_the_labels_unit() -> None:
    features, score = table(2000)
    linear = fit_linear("regression", (), features, 1000 + 10 * score, CHOSEN)
    unseen, score = table(2000, seed=2)
    assert sk.r2_score(1000 + 10 * score, linear.answers(unseen)) > 0.99


def test_linear_reference_of_three_classes_gives_probabilities() -> None:
    features, score = table(2000)
    labels = np.digitize(score, [-1, 1]).astype(float)
    linear = fit_linear("multiclass", ("a", "b", "c"), features, labels, CHOSEN)
    answers = linear.answers(features)
    assert answers.shape == (2000, 3)
    assert answers.sum(axis=1) == pytest.approx(np.ones(2000), abs=1e-5)
    assert (answers.argmax(axis=1) == labels).mean() > 0.9


def test_linear_reference_takes_ids_that_it_never_saw_and_numbers_that_are_none() -> None:
    features, score = table(500)
    linear = fit_linear("binary", ("no", "yes"), features, (score > 0).astype(float), CHOSEN)
    strange = {
        "numbers": np.array([[np.nan, np.inf], [1e30, -1e30], [0, 0]], np.float32),
        "kind_id": np.array([[-7], [2**40], [3]]),
        "label": np.zeros((3, 1)),
    }
    answers = linear.answers(strange)
    assert ((answers >= 0) & (answers <= 1)).all()
    ids = np.array([[-7], [2**40], [3], [4]])  # two that it never saw, 2 and -2 in the score
    few = {"numbers": np.zeros((4, 2), np.float32), "kind_id": ids, "label": np.zeros((4, 1))}
    unseen, other, high, low = linear.answers(few)
    assert low < unseen == other < high


def test_linear_reference_of_labels_that_are_all_alike_says_so() -> None:
    features, _ = table(50)
    with pytest.raises(ValueError, match="all 50 training rows have the label 'yes'"):
        fit_linear("binary", ("no", "yes"), features, np.ones(50), CHOSEN)
    with pytest.raises(ValueError, match="neither numbers nor ids"):
        fit_linear("binary", ("no", "yes"), features, np.ones(50), ({}, ()))


def test_usable_features_are_numbers_and_ids_without_what_encodes_the_label() -> None:
    kinds = {
        "fare_scaled": tf.TensorSpec([None, 1], tf.float32),
        "words": tf.TensorSpec([None, 20], tf.float32),
        "city_id": tf.TensorSpec([None, 1], tf.int64),
        "city_target": tf.TensorSpec([None, 1], tf.float32),
        "text": tf.TensorSpec([None, 1], tf.string),
        "loose": tf.TensorSpec([None, None], tf.float32),
        "unknown": tf.TensorSpec(None, tf.float32),
        "label": tf.TensorSpec([None, 1], tf.int64),
        "label_known": tf.TensorSpec([None, 1], tf.float32),
    }
    assert usable_features(kinds) == ({"fare_scaled": 1, "words": 20}, ("city_id",))
    only = {"city_target": kinds["city_target"]}
    assert usable_features(only) == ({"city_target": 1}, ())


def test_rows_for_many_columns_are_fewer() -> None:
    assert rows_for({"a": 10}, ("b",)) == MOST_ROWS
    assert rows_for({"a": 500}, ()) == 2000
    assert rows_for({"a": 100_000}, ()) == 1000
