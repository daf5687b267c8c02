from __future__ import annotations

import itertools

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table
from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.label_rule.arithmetic import as_decimals

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
    expected = np.array([[1.5, 8], [NAN, NAN], [NAN, -3], [NAN, 2.0**40 + 1]], np.float64)
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


def test_numbers_of_two_values_a_row_raises_among_other_columns():
    raw = {"w": tf.sparse.from_dense([[3.0]]), "x": tf.sparse.from_dense([[1.0, 2.0]])}
    with pytest.raises(tf.errors.InvalidArgumentError):
        RawColumns(raw).numbers("w", "x")


def test_numbers_of_every_form_and_type_stand_in_the_order_asked_for():
    raw = {
        "sparse": tf.sparse.from_dense([[1.0], [0.0]]),
        "dense": tf.constant([[2, -(2**63)]], tf.int64)[0],
        "ragged": tf.ragged.constant([[], [3.0]]),
        "whole": tf.sparse.from_dense(tf.constant([[0], [4]], tf.int64)),
        "flat": tf.constant([[5.0], [NAN]]),
    }
    expected = {
        "sparse": [1, NAN],
        "dense": [2, NAN],
        "ragged": [NAN, 3],
        "whole": [NAN, 4],
        "flat": [5, NAN],
    }
    for names in itertools.permutations(raw):
        found = RawColumns(raw).numbers(*names).numpy()
        np.testing.assert_array_equal(found, np.transpose([expected[name] for name in names]))


def test_numbers_of_unknown_column_raises_naming_it(columns):
    with pytest.raises(ValueError, match="no column 'mils' in the schema; it has area, company"):
        columns.numbers("mils")


def test_numbers_of_text_raises_naming_it(columns):
    with pytest.raises(ValueError, match="'company' holds text where a number is needed"):
        columns.numbers("company")


FRACTIONS = [0.1, 0.2, 0.3, 0.7, 1.1, 2.5, 1234.567, 0.000123, 98765.43, 16777.217, 1e-8, -0.5]


def test_texts_of_fractions_are_as_short_as_the_table_writes_them():
    texts = RawColumns({"x": tf.constant(FRACTIONS, tf.float32)}).texts("x").numpy()[:, 0]
    assert [float(text) for text in texts] == FRACTIONS
    assert texts[:6].tolist() == [b"0.1", b"0.2", b"0.3", b"0.7", b"1.1", b"2.5"]


@pytest.mark.parametrize(
    "start",
    [0.1, 1.0, 1 / 3, 1234.5, 16_777_214.0, 20_210_101.0, 9.2e18, 1.8e19, 1e30, 3e38, 1e-30],
)
def test_texts_of_different_float32_differ(start):
    values = [np.float32(start)]
    for _ in range(99):
        values.append(np.nextafter(values[-1], np.float32(np.inf)))
    texts = RawColumns({"x": tf.constant(values)}).texts("x").numpy()[:, 0].tolist()
    assert len(set(texts)) == 100
    assert [np.float32(text) for text in texts] == values


@pytest.mark.parametrize("value", [2.0**63, 2.0**64, 3e38, -(2.0**63), -3e38, float("inf"), NAN])
def test_whole_numbers_of_huge_floats_are_no_undefined_cast(value):
    values, missing = RawColumns({"x": tf.constant([value], tf.float32)}).whole_numbers("x")
    expected = int(np.sign(value)) * 2**62 if np.isfinite(value) else 0
    assert values.numpy().tolist() == [[expected]]
    assert missing.numpy().tolist() == [[not np.isfinite(value)]]


def test_dense_columns_say_what_is_missing():
    raw = RawColumns(
        {
            "size": tf.constant([-(2**63), 4], tf.int64),
            "miles": tf.constant([NAN, 0.5]),
            "city": tf.constant(["", "Ulm"]),
        }
    )
    np.testing.assert_array_equal(raw.numbers("size", "miles"), [[NAN, NAN], [4, 0.5]])
    assert raw.texts("size", "miles", "city").numpy().tolist() == [
        [b""] * 3,
        [b"4", b"0.5", b"Ulm"],
    ]
    values, missing = raw.whole_numbers("size")
    assert values.numpy().tolist() == [[0], [4]]
    assert missing.numpy().tolist() == [[True], [False]]


def test_decimals_are_the_numbers_that_the_table_writes():
    values = [0.1, 0.7, 1234.56, 5.35, -41.985016, 16777216.0, 0.0, 3e38, NAN, 1e-30]
    column = RawColumns({"x": tf.constant(values, tf.float32)}).decimals("x").numpy()[:, 0]
    expected = [*values[:7], float(np.float32(3e38)), NAN, float(np.float32(1e-30))]
    np.testing.assert_array_equal(column, expected)
    np.testing.assert_array_equal(as_decimals(np.array(values, np.float32)), expected)
