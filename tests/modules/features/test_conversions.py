from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table
from tfx_pipeline.modules.features.conversions import is_read, read_columns, without_marks

pytestmark = pytest.mark.slow
NAN = float("nan")
FEATURES = {
    "price": {"kind": "numeric", "parse": "($1,234.50)", "missing": ["N/A", "9,999", "77"]},
    "cost": {"kind": "bucketized", "parse": "($1,234.50)", "missing": ["N/A", "9,999", "77"]},
    "income": {"kind": "numeric", "missing": ["9999", "-3.4e38", "?", "1e39", "0.1"]},
    "count": {"kind": "numeric", "missing": ["9999.0", "0.5"]},
    "code": {"kind": "categorical", "missing": ["99", "?"]},
    "word": {"kind": "categorical", "missing": ["99", "?"]},
    "size": {"kind": "ordinal", "values": ["low", "mid", "high"], "missing": ["?"]},
    "level": {"kind": "ordinal", "values": ["3", "1"]},
    "day": {"kind": "timestamp", "parse": "%d/%m/%Y", "zone": "Asia/Kolkata", "missing": ["-"]},
    "plain": {"kind": "numeric"},
}
KINDS = {
    "price": str,
    "cost": str,
    "income": float,
    "count": int,
    "code": int,
    "word": str,
    "size": str,
    "level": int,
    "day": str,
    "plain": float,
}
ROWS = [
    ["$1,234.50", "5", 1.5, 4, 7, "a", "low", 1, "01/01/1970", 1.0],
    ["N/A", " N/A ", 9999.0, 9999, 99, "99", "high", 3, "-", 9999.0],
    ["9,999", "9,999.0", -3.4e38, 0, 9, " ? ", "?", 2, "31/02/1970", 2.0],
    ["77.0", "$77", 0.1, 1, 0, "99.0", "MID", None, "x", 3.0],
    [None, "(3)", None, None, None, None, None, 1, None, None],
]
INDIA = -5.5 * 3600
NUMBERS = {
    "price": [1234.5, NAN, NAN, NAN, NAN],
    "cost": [5, NAN, 9999, NAN, -3],  # the mark `9,999` is a text
    "income": [1.5, NAN, NAN, NAN, NAN],
    "count": [4, NAN, 0, 1, NAN],
    "code": [7, NAN, 9, 0, NAN],
    "size": [0, 2, NAN, NAN, NAN],
    "level": [1, 0, NAN, NAN, 1],
    "day": [INDIA, NAN, NAN, NAN, NAN],
    "plain": [1, 9999, 2, 3, NAN],
}
TEXTS = {
    "word": ["a", "", "", "99.0", ""],
    "code": ["7", "", "9", "0", ""],
    "price": ["$1,234.50", "", "", "77.0", ""],
    "size": ["low", "high", "", "MID", ""],
}


def raw(required):
    rows = [dict(zip(KINDS, row, strict=True)) for row in ROWS]
    if not required:
        return Table(KINDS, rows).parsed()
    lacking = {str: "", float: NAN, int: tf.int64.min}
    rows = [{x: lacking[KINDS[x]] if y is None else y for x, y in row.items()} for row in rows]
    return Table(KINDS, rows, required=KINDS).parsed()


@pytest.fixture(scope="module", params=[False, True], ids=["optional", "required"])
def columns(request):
    @tf.function
    def read(features):
        found = read_columns(features, FEATURES)
        numbers = {name: found.numbers(name) for name in NUMBERS}
        return numbers, {name: found.texts(name) for name in TEXTS}

    return read(raw(request.param))


@pytest.mark.parametrize("name", NUMBERS)
def test_read_columns_numbers_are_read_as_the_features_say(columns, name):
    np.testing.assert_array_equal(columns[0][name][:, 0], NUMBERS[name])


@pytest.mark.parametrize("name", TEXTS)
def test_read_columns_texts_stay_but_for_marks(columns, name):
    assert [x.decode() for x in columns[1][name][:, 0].numpy()] == TEXTS[name]


def test_without_marks_no_feature_has_any_changes_nothing():
    features = raw(required=False)
    assert without_marks(features, {"plain": {"kind": "numeric", "missing": []}}) is features


def test_is_read_features_of_texts_that_become_numbers():
    assert {name for name in FEATURES if is_read(FEATURES[name])} == {
        *("price", "cost", "size", "level", "day")
    }
