from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.learners.linear.losses import loss_of
from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Regression

pytestmark = pytest.mark.slow
TASKS = [
    (Binary(("no", "yes")), np.array([0, 1, 1, 0, 1])),
    (Multiclass(("a", "b", "c")), np.array([0, 1, 2, 2, 0])),
    (Regression(2.0, 3.0), np.array([-5.0, 0.0, 2.0, 4.0, 90.0])),
]


@pytest.mark.parametrize(("task", "labels"), TASKS, ids=["binary", "multiclass", "regression"])
def test_loss_equals_the_tasks_and_its_derivative(task, labels) -> None:
    logits = np.random.default_rng(0).normal(size=(5, task.outputs), scale=5)
    encoded = task.encoded_labels(labels)
    variable = tf.Variable(logits.astype(np.float32))
    with tf.GradientTape() as tape:
        expected = task.loss(tf.constant(encoded), variable)
    losses, slopes = loss_of(task)(encoded, logits)
    np.testing.assert_allclose(losses, expected.numpy(), rtol=1e-5)
    np.testing.assert_allclose(slopes, tape.gradient(expected, variable).numpy(), atol=1e-5)


def test_loss_of_logits_far_from_zero_is_finite() -> None:
    logits = np.array([[800.0], [-800.0]])
    losses, slopes = loss_of(Binary(("0", "1")))(np.array([[0.0], [0.0]]), logits)
    assert losses.tolist() == [800.0, 0.0]
    assert slopes[:, 0].tolist() == [1.0, 0.0]
