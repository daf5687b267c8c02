from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table
from tfx_pipeline.modules.raw_inputs import RawColumns

pytestmark = pytest.mark.slow
NAN = float("nan")
TABLE = Table(
    {"miles": float, "area": int, "company": str, "tract": float},
    [
        {"miles": 1.5, "area": 8, "company": "A b", "tract": 17031.0},
        {},
        {"miles": float("inf"), "area": -3, "company": "", "tract": 0.25},
        {"miles": NAN, "area": 2**40 + 1, "company": "Ü", "tract": NAN},
    ],
)


@pytest.fixture(scope="module")
def columns():
    return RawColumns(TABLE.parsed())


def test_numbers_missing_and_infinite_are_nan(columns):
    expected = np.array([[1.5, 8], [NAN, NAN], [NAN, -3], [NAN, 2.0**40]], np.float32)
    np.testing.assert_array_equal(columns.numbers("miles", "area"), expected)


def test_texts_of_numbers_are_decimal(columns):
    texts = columns.texts("company", "area", "tract").numpy()
    assert [[x.decode() for x in row] for row in texts] == [
        ["A b", "8", "17031"],
        ["", "", ""],
        ["", "-3", "0.25"],
        ["Ü", "1099511627777", ""],
    ]


def test_whole_numbers_are_exact_and_say_what_is_missing(columns):
    values, missing = columns.whole_numbers("area")
    assert values.numpy().tolist() == [[8], [0], [-3], [2**40 + 1]]
    assert missing.numpy().tolist() == [[False], [True], [False], [False]]


@pytest.mark.parametrize("shape", [[3], [3, 1]])
def test_numbers_of_dense_features_are_a_column(shape):
    dense = RawColumns({"x": tf.reshape(tf.constant([1, 2, 3], tf.int64), shape)})
    assert dense.numbers("x").numpy().tolist() == [[1.0], [2.0], [3.0]]


def test_numbers_of_ragged_features_are_a_column():
    ragged = RawColumns({"x": tf.ragged.constant([[1.0], [], [3.0]])})
    np.testing.assert_array_equal(ragged.numbers("x"), [[1.0], [NAN], [3.0]])


def test_numbers_of_two_values_a_row_raises():
    sparse = tf.sparse.from_dense([[1.0, 2.0]])
    with pytest.raises(tf.errors.InvalidArgumentError):
        RawColumns({"x": sparse}).numbers("x")


def test_numbers_of_unknown_column_raises_naming_it(columns):
    with pytest.raises(ValueError, match="no column 'mils' in the schema; it has area, company"):
        columns.numbers("mils")


def test_numbers_of_text_raises_naming_it(columns):
    with pytest.raises(ValueError, match="'company' holds text where a number is needed"):
        columns.numbers("company")
