from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.learners.mlp.columns import NumberColumns
from tfx_pipeline.modules.learners.mlp.encoding import Encoding, Numbers
from tfx_pipeline.modules.learners.mlp.network import Layer, MlpScorer, mish

pytestmark = pytest.mark.slow


def make_network(members=2, dropout=0.0, limits=None, waves=0, width=5, units=(7, 6)):
    columns = NumberColumns(
        places=np.arange(width, dtype=np.int32),
        medians=np.zeros(width, np.float32),
        factors=np.ones(width, np.float32),
        many=np.ones(width, bool),
    )
    random = np.random.default_rng(0)
    encoding = Encoding(Numbers(columns, waves, 4, random), None)
    return MlpScorer(encoding, units, "selu", members, dropout, limits, 3, random)


def rows(count=4, width=5):
    return {
        "numbers": tf.constant(np.random.default_rng(1).normal(size=(count, width)), tf.float32)
    }


def unlock(network):
    """Give the last layer, which begins at 0, weights."""
    weights = network.last.weights
    weights.assign(np.random.default_rng(2).normal(size=weights.shape).astype(np.float32))


def test_mish_is_its_formula() -> None:
    x = np.array([-3.0, 0.0, 2.0], np.float32)
    expected = x * np.tanh(np.log1p(np.exp(x)))
    np.testing.assert_allclose(mish(tf.constant(x)), expected, rtol=1e-5)


@pytest.mark.parametrize("inputs", [100, 1000])
def test_layer_keeps_the_variance_of_its_inputs_however_many(inputs) -> None:
    layer = Layer(2, inputs, 400, np.random.default_rng(0))
    values = np.random.default_rng(1).normal(size=(1, 300, inputs)).astype(np.float32)
    assert layer.weights.numpy().var() == pytest.approx(1, rel=0.05)
    assert (layer(values) - layer.biases).numpy().var() == pytest.approx(1, rel=0.05)


def test_scorer_begins_at_0_whatever_the_row() -> None:
    network = make_network()
    assert not network(rows()).numpy().any()


def test_scorer_is_the_mean_of_its_members_which_differ() -> None:
    network = make_network()
    unlock(network)
    members = network(rows(), training=True)
    assert members.shape == (8, 3)
    first, second = np.split(members.numpy(), 2)
    np.testing.assert_allclose(network(rows()), (first + second) / 2, rtol=1e-5)
    assert np.abs(first - second).max() > 0.1


def test_scorer_of_one_member_is_dense_layers_over_the_root_of_their_inputs() -> None:
    network = make_network(members=1)
    unlock(network)
    values = network.encoding(rows()).numpy()
    for layer in network.hidden:
        weights, biases = layer.weights.numpy()[0], layer.biases.numpy()[0]
        values = tf.nn.selu(values @ weights / np.sqrt(len(weights)) + biases).numpy()
    expected = values @ network.last.weights.numpy()[0] / np.sqrt(6)
    np.testing.assert_allclose(network(rows()), expected, rtol=1e-4, atol=1e-5)


def test_scorer_stays_within_its_limits_but_not_in_training() -> None:
    network = make_network(members=1, limits=(-0.1, 0.1))
    unlock(network)
    free = network(rows(), training=True)
    np.testing.assert_allclose(network(rows()), np.clip(free, -0.1, 0.1))
    assert np.abs(free).max() > 0.1


def test_dropout_leaves_out_a_share_in_training_another_at_each_step() -> None:
    network = make_network(members=1, dropout=0.5, units=(400,))
    unlock(network)
    first, second = (network(rows(), training=True).numpy() for _ in range(2))
    assert np.abs(first - second).max() > 0.01
    again = make_network(members=1, dropout=0.5, units=(400,))
    unlock(again)
    np.testing.assert_array_equal(first, again(rows(), training=True))
    values = tf.ones([1, 200, 50])
    left = network._without_some(values, 0).numpy()
    assert (left == 0).mean() == pytest.approx(0.5, abs=0.02)
    assert left.max() == 2


def test_rate_factors_are_6_for_factors_a_tenth_for_biases_1_for_weights() -> None:
    network = make_network(waves=3)
    periodic = network.encoding.numbers.periodic
    factors = dict(zip(map(id, network.trainable_variables), network.rate_factors(), strict=True))
    assert factors[id(network.encoding.factors)] == 6
    layers = [*network.hidden, network.last]
    assert {factors[id(x.biases)] for x in layers} == {0.1}
    assert {factors[id(x.weights)] for x in layers} == {1}
    assert factors[id(periodic.phases)] == factors[id(periodic.biases)] == 0.1
    assert factors[id(periodic.frequencies)] == factors[id(periodic.weights)] == 1
    assert len(factors) == 1 + 2 * 3 + 4
