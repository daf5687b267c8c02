from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.learners.mlp.optimizer import ScheduledAdam, cosine, coslog4

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("done", "factor"),
    [(0, 0), (1 / 15, 0), (3 / 15, 0), (7 / 15, 0), (1, 0), ((2**0.5 - 1) / 15, 1), (0.5, None)],
)
def test_coslog4_is_0_at_the_ends_of_its_four_waves_and_1_amid(done, factor) -> None:
    found = float(coslog4(tf.constant(done, tf.float32)))
    expected = 0.5 - 0.5 * np.cos(2 * np.pi * np.log2(1 + 15 * done))
    assert found == pytest.approx(expected, abs=1e-5)
    assert factor is None or found == pytest.approx(factor, abs=1e-5)


def test_cosine_falls_from_1_to_0() -> None:
    found = [float(cosine(tf.constant(x))) for x in (0.0, 1 / 3, 0.5, 1.0)]
    assert found == pytest.approx([1, 0.75, 0.5, 0], abs=1e-6)


def test_apply_equals_adam_of_keras_with_the_rate_of_each_step_and_variable() -> None:
    start = np.array([1.0, -2.0, 3.0], np.float32)
    steps, rate, factor = 7, 0.1, 6.0
    variable, expected = tf.Variable(start), tf.Variable(start)
    ours = ScheduledAdam([variable], [factor], rate, cosine, steps)
    theirs = keras.optimizers.Adam(0.0, beta_1=0.9, beta_2=0.95, epsilon=1e-8)
    random = np.random.default_rng(0)
    for step in range(steps + 2):  # beyond its end, it stays where it is
        gradient = tf.constant(random.normal(size=3).astype(np.float32))
        ours.apply([gradient], [variable])
        done = min(step / steps, 1)
        theirs.learning_rate = factor * rate * (0.5 + 0.5 * np.cos(np.pi * done))
        theirs.apply([gradient], [expected])
        np.testing.assert_allclose(variable.numpy(), expected.numpy(), rtol=1e-4, atol=1e-6)


def test_apply_of_a_sparse_gradient_changes_the_rows_that_it_names() -> None:
    variable = tf.Variable(tf.zeros([3, 2]))
    optimizer = ScheduledAdam([variable], [1.0], 0.1, cosine, 10)
    optimizer.apply([tf.IndexedSlices(tf.ones([1, 2]), [1], [3, 2])], [variable])
    np.testing.assert_allclose(variable.numpy(), [[0, 0], [-0.1, -0.1], [0, 0]], atol=1e-5)
