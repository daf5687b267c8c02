from __future__ import annotations

import numpy as np
import pytest

from tests.modules.learners.trees.tables import INPUTS, make_rows
from tfx_pipeline.modules.learners.trees.columns import MOST_CODES, TreeColumns
from tfx_pipeline.modules.model.model_inputs import ModelInputs

pytestmark = pytest.mark.slow


def learned(inputs, arrays, least_rows=1):
    rows = np.arange(len(next(iter(arrays.values()))), dtype=np.int32)
    return TreeColumns.learned(inputs, arrays, rows, least_rows)


def test_matrix_puts_missing_numbers_out_again_and_drops_what_says_the_same() -> None:
    arrays = make_rows(500).inputs
    matrix = learned(INPUTS, arrays).matrix(arrays)
    missing, x = arrays["numbers"][:, 2] == 1, arrays["numbers"][:, 3]
    # x, two words, y; hour and z, which have an order; then a and b, which have none
    assert matrix.shape == (500, 4 + 2 + 2)
    np.testing.assert_array_equal(matrix[:, 0], np.where(missing, np.nan, x))
    np.testing.assert_array_equal(matrix[:, 3], arrays["numbers"][:, 4])
    np.testing.assert_array_equal(matrix[:, 4], arrays["ids"][:, 2] - 46)


def test_matrix_of_a_number_that_no_training_row_lacks_keeps_the_mean() -> None:
    inputs = ModelInputs({"x_missing": 1, "x_scaled": 1}, {})
    columns = learned(inputs, {"numbers": np.array([[0, 2], [0, 3]], np.float32)})
    matrix = columns.matrix({"numbers": np.array([[1, 0]], np.float32)})
    assert matrix.tolist() == [[0]]


def test_matrix_numbers_categories_by_frequency_and_puts_rare_and_unknown_ones_together() -> None:
    ids = np.array([1] * 5 + [2] * 8 + [3] * 2 + [0] * 4, np.int32)[:, np.newaxis]
    columns = learned(ModelInputs({}, {"c_id": 5}), {"ids": ids}, least_rows=3)
    codes = columns.matrix({"ids": np.arange(5, dtype=np.int32)[:, np.newaxis]})[:, 0]
    assert codes.tolist() == [3, 2, 1, 0, 0]  # missing is a category; 3 is rare; 4 unknown


def test_codes_of_very_many_categories_are_no_more_than_the_library_can_tell_apart() -> None:
    ids = np.repeat(np.arange(1000, dtype=np.int32), 2)[:, np.newaxis]
    columns = learned(ModelInputs({}, {"c_id": 1001}), {"ids": ids})
    assert columns.codes.numpy().max() == MOST_CODES


def test_bucket_beside_its_number_is_left_out_and_alone_is_a_number() -> None:
    arrays = {"numbers": np.zeros((2, 1), np.float32), "ids": np.zeros((2, 2), np.int32)}
    columns = learned(ModelInputs({"x_scaled": 1}, {"x_bucket": 4, "z_bucket": 3}), arrays)
    assert columns.ordered == ((1, 4),)
    assert columns.categories == ()
