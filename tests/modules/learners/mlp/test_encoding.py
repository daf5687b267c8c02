from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.learners.mlp.columns import IdColumns, NumberColumns
from tfx_pipeline.modules.learners.mlp.encoding import (
    Encoding,
    Ids,
    Numbers,
    Periodic,
    smooth_clip,
)

pytestmark = pytest.mark.slow
NUMBERS = NumberColumns(
    places=np.array([0, 2], np.int32),
    medians=np.array([1, -1], np.float32),
    factors=np.array([2, 0.5], np.float32),
    many=np.array([True, False]),
)
IDS = IdColumns(
    one_hot=np.array([[0, 1], [0, 2]], np.int32),
    embedded=np.array([1], np.int32),
    rows=np.array([0, 0, 0, 0, 1, 2, 0], np.int32),
)


def random():
    return np.random.default_rng(0)


def test_smooth_clip_is_the_identity_near_0_and_within_3() -> None:
    found = smooth_clip(tf.constant([0.0, 0.01, 3.0, -4.0, 1e6])).numpy()
    expected = [0, 0.01, 3 / np.sqrt(2), -4 / np.sqrt(1 + 16 / 9), 3]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_numbers_are_scaled_robustly_then_clipped_smoothly() -> None:
    numbers = np.array([[1, 77, -1], [2.5, 77, 5]], np.float32)
    found = Numbers(NUMBERS, 0, 4, random())(numbers).numpy()
    scaled = np.array([[0, 0], [3, 3]])
    np.testing.assert_allclose(found, scaled / np.sqrt(1 + (scaled / 3) ** 2), rtol=1e-5)


def test_numbers_of_many_values_are_embedded_beside_the_scaled_ones() -> None:
    encode = Numbers(NUMBERS, 5, 4, random())
    found = encode(np.zeros((3, 3), np.float32))
    assert (found.shape, encode.width) == ((3, 2 + 4), 6)
    scaled = found[:, :1]
    np.testing.assert_allclose(found[:, 2:], encode.periodic(scaled), rtol=1e-6)


def test_periodic_is_a_linear_map_of_cosines() -> None:
    embed = Periodic(2, 3, 4, random())
    scaled = np.array([[0.3, -2.0], [1.0, 0.0]], np.float32)
    found = embed(scaled).numpy()
    for column in range(2):
        angles = scaled[:, column, None] * embed.frequencies[column] + embed.phases[column]
        expected = np.cos(2 * np.pi * angles) @ embed.weights[column] + embed.biases[column]
        np.testing.assert_allclose(found[:, 4 * column : 4 * column + 4], expected, atol=1e-5)


def test_ids_are_ones_or_vectors_and_zeros_where_they_are_not_seen() -> None:
    encode = Ids(IDS, 2, random())
    found = encode(tf.constant([[1, 4], [2, 5], [0, 6]])).numpy()
    assert encode.width == 4
    assert found[:, :2].tolist() == [[1, 0], [0, 1], [0, 0]]
    assert found[:2, 2:].tolist() == encode.table.numpy()[1:].tolist()
    assert found[2, 2:].tolist() == [0, 0]


def test_encoding_multiplies_each_column_by_its_factor() -> None:
    numbers, ids = Numbers(NUMBERS, 0, 4, random()), Ids(IDS, 2, random())
    encode = Encoding(numbers, ids)
    inputs = {"numbers": tf.ones([1, 3]), "ids": tf.constant([[1, 4]])}
    plain = encode(inputs).numpy()
    encode.factors.assign(np.arange(6, dtype=np.float32))
    np.testing.assert_allclose(encode(inputs).numpy(), plain * np.arange(6), rtol=1e-6)
    expected = np.concatenate([numbers(inputs["numbers"]), ids(inputs["ids"])], 1)
    np.testing.assert_allclose(plain, expected)


def test_encoding_of_nothing_that_varies_is_empty() -> None:
    assert Encoding(None, None)({"ids": tf.zeros([5, 2], tf.int32)}).shape == (5, 0)
