from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Regression, learn_task

pytestmark = pytest.mark.slow


def config(task, classes=()):
    return {"task": task, "classes": list(classes)}


def test_learn_task_regression_standardises_by_the_labels():
    task = learn_task(config("regression"), np.array([2, 4, 4, 4, 5, 5, 7, 9], np.float32))
    assert task == Regression(mean=5.0, deviation=2.0)
    assert task.encoded_labels(np.array([9.0, 5.0])).tolist() == [[2.0], [0.0]]
    predictions = task.predictions(tf.constant([[2.0], [-0.5]]))
    assert predictions["value"].numpy().tolist() == [9.0, 4.0]
    losses = task.loss(tf.constant([[2.0], [0.0]]), tf.constant([[-1.0], [0.0]]))
    assert losses.numpy().tolist() == [9.0, 0.0]


def test_learn_task_binary_without_classes_names_them_0_and_1():
    task = learn_task(config("binary"), np.array([0, 1]))
    assert task == Binary(("0", "1"))
    logits = tf.constant([[0.0], [math.log(3)]])
    assert task.outputs == 1
    np.testing.assert_allclose(task.predictions(logits)["probability"], [0.5, 0.75], rtol=1e-6)
    np.testing.assert_allclose(task.scores(logits), [[0.5, 0.5], [0.25, 0.75]], rtol=1e-6)
    losses = task.loss(tf.constant(task.encoded_labels(np.array([0, 1]))), logits)
    np.testing.assert_allclose(losses, [math.log(2), -math.log(0.75)], rtol=1e-6)


def test_binary_without_a_threshold_answers_no_class():
    assert Binary(("no", "yes")).predictions(tf.constant([[0.0]])).keys() == {"probability"}


def test_binary_with_a_threshold_answers_the_second_class_above_it():
    threshold = float(tf.sigmoid(-1.0))
    task = Binary(("no", "yes"), threshold)
    predictions = task.predictions(tf.constant([[-1.001], [-1.0], [-0.999]]))
    assert predictions["class"].numpy().tolist() == [b"no", b"no", b"yes"]
    assert predictions["probability"].numpy()[1] == np.float32(threshold)


def test_learn_task_multiclass_names_the_likeliest():
    task = learn_task(config("multiclass", "abc"), np.array([2, 0]))
    assert isinstance(task, Multiclass)
    assert task.outputs == 3
    logits = tf.math.log(tf.constant([[0.2, 0.7, 0.1], [0.5, 0.2, 0.3]]))
    predictions = task.predictions(logits)
    np.testing.assert_allclose(predictions["probabilities"][0], [0.2, 0.7, 0.1], rtol=1e-6)
    assert predictions["class"].numpy().tolist() == [b"b", b"a"]
    losses = task.loss(tf.constant(task.encoded_labels(np.array([1, 2]))), logits)
    np.testing.assert_allclose(losses, [-math.log(0.7), -math.log(0.3)], rtol=1e-6)


@pytest.mark.parametrize(
    ("task", "classes", "labels", "named"),
    [
        ("binary", (), np.array([1, 1, 1]), "the label '1'"),
        ("multiclass", "abc", np.array([2, 2, 2]), "the label 'c'"),
        ("regression", (), np.array([7.5, 7.5, 7.5], np.float32), r"the label 7\.5"),
    ],
)
def test_learn_task_one_label_only_raises_saying_what_to_do(task, classes, labels, named):
    with pytest.raises(ValueError, match=f"all 3 training rows have {named}.*Check label.rule"):
        learn_task(config(task, classes), labels)
