"""The trivial answer: learned from labels alone, and as good as its best constant."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.dummy
import sklearn.metrics

from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.evaluation.trivial_answer import TrivialAnswer


def rows(task: str, classes: int, labels: list[float]) -> ScoredRows:
    shape = (len(labels), classes) if task == "multiclass" else (len(labels),)
    return ScoredRows(task, classes, np.array(labels, float), np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("task", "classes", "train", "evaluated"),
    [
        ("binary", 2, [0, 0, 0, 1], [0, 1, 1]),
        ("binary", 2, [0] * 97 + [1] * 3, [0] * 50 + [1]),
        ("multiclass", 3, [0, 1, 1, 2], [2, 2, 1, 0]),
        ("multiclass", 3, [0, 1, 1, 2], [1]),
    ],
)
def test_loss_of_classes_is_that_of_scikit_learns_dummy(
    task: str, classes: int, train: list[float], evaluated: list[float]
) -> None:
    dummy = sklearn.dummy.DummyClassifier(strategy="prior").fit(np.zeros((len(train), 1)), train)
    answers = dummy.predict_proba(np.zeros((len(evaluated), 1)))
    expected = sklearn.metrics.log_loss(evaluated, answers, labels=range(classes))
    trivial = TrivialAnswer.of_labels(task, classes, np.array(train))
    assert trivial.loss(rows(task, classes, evaluated)) == pytest.approx(expected, rel=1e-12)


def test_loss_of_regression_is_the_spread_around_the_training_splits_mean() -> None:
    trivial = TrivialAnswer.of_labels("regression", 0, np.array([1.0, 2.0, 6.0]))
    assert trivial.values == (3.0,)
    assert trivial.loss(rows("regression", 0, [3, 5])) == 2.0


def test_loss_of_a_class_that_training_never_saw_is_finite() -> None:
    trivial = TrivialAnswer.of_labels("multiclass", 3, np.array([0, 1]))
    assert math.isfinite(trivial.loss(rows("multiclass", 3, [2])))


def test_of_labels_passes_over_labels_that_are_none() -> None:
    trivial = TrivialAnswer.of_labels("binary", 2, np.array([0, 1, -1, 1, 1]))
    assert trivial.values == (0.25, 0.75)
    with pytest.raises(ValueError, match="no row of the training split has a label"):
        TrivialAnswer.of_labels("binary", 2, np.array([-1]))


def test_words_name_the_majority_class_and_the_shares() -> None:
    trivial = TrivialAnswer("multiclass", (0.1, 0.6, 0.2, 0.1))
    words = trivial.words(["a", "b", "c", "d"])
    assert "the majority class of the training split, b," in words
    assert "(b 0.600, c 0.200, a 0.100, and 1 more)" in words
    assert "\n" not in trivial.words(["a", "b\n  verdict    blessed", "c", "d"])
    assert "mean of the training split's labels, 4.5" in TrivialAnswer("regression", (4.5,)).words(
        []
    )
