from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.mlp.columns import find_ids, find_numbers, robust_factors
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = pytest.mark.slow


def learning(held_out=0, **inputs):
    count = len(next(iter(inputs.values())))
    rows = TransformedRows(inputs, np.zeros(count, np.int64))
    places = np.arange(count, dtype=np.int32)
    random = np.random.default_rng(0)
    return LearningRows(rows, places[held_out:], places[:held_out], random)


def test_robust_factors_are_of_quartiles_or_of_half_the_range() -> None:
    numbers = np.stack([np.arange(9.0), [0, 0, 0, 0, 0, 0, 0, 0, 8.0]], 1)
    assert robust_factors(numbers).tolist() == [1 / 4, 1 / 4]


def test_find_numbers_leaves_out_what_does_not_vary_and_held_out_rows() -> None:
    numbers = np.array([[100, 1, 0], [1, 1, 0], [3, 1, 1], [5, 1, 0], [90, 1, 0]], np.float32)
    found = find_numbers(learning(held_out=1, numbers=numbers))
    assert found.places.tolist() == [0, 2]
    assert found.medians.tolist() == [4, 0]
    np.testing.assert_allclose(found.factors, [1 / (26.25 - 2.5), 4])
    assert found.many.tolist() == [True, False]


def test_find_numbers_without_any_that_vary_is_none() -> None:
    assert find_numbers(learning(numbers=np.ones((3, 2), np.float32))) is None
    assert find_numbers(learning(ids=np.zeros((3, 1), np.int32))) is None


def test_find_ids_up_to_nine_seen_ones_are_one_hot_more_are_embedded() -> None:
    inputs = ModelInputs({}, {"few": 12, "many": 12})
    few, many = np.arange(20) % 9, 12 + np.arange(20) % 10
    found = find_ids(learning(ids=np.stack([few, many], 1).astype(np.int32)), inputs)
    assert found.one_hot.tolist() == [[0, i] for i in range(9)]
    assert found.embedded.tolist() == [1]
    assert found.rows.tolist() == [0] * 12 + list(range(1, 11)) + [0, 0]


def test_find_ids_held_out_ones_and_constant_columns_are_not_seen() -> None:
    inputs = ModelInputs({}, {"a": 4, "b": 3})
    ids = np.array([[3, 4], [0, 5], [1, 5], [0, 5]], np.int32)
    assert find_ids(learning(held_out=1, ids=ids), inputs).one_hot.tolist() == [[0, 0], [0, 1]]
    assert find_ids(learning(held_out=3, ids=ids), inputs) is None


def test_find_ids_buckets_of_a_number_that_is_there_are_left_out() -> None:
    inputs = ModelInputs({"x_scaled": 1}, {"x_bucket": 2, "y_bucket": 2})
    ids = np.array([[0, 2], [1, 3]], np.int32)
    assert find_ids(learning(ids=ids), inputs).one_hot.tolist() == [[1, 2], [1, 3]]
