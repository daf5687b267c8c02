from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table
from tfx_pipeline.modules.model.row_ties import RowTies

pytestmark = pytest.mark.slow

TABLE = Table(
    {"customer": int, "shop": str, "day": str, "at": float},
    [
        {"customer": 1, "shop": "a", "day": "2026-11-29", "at": 3.0},
        {"customer": 1, "shop": "a", "day": "2026-11-29T01:00:00+02:00", "at": 1.0},
        {"customer": 1, "shop": "b", "day": "2026-11-30 12:00", "at": 2.0},
        {"customer": None, "shop": None, "day": "2026-11-29", "at": 4.0},
        {"customer": None, "shop": None, "day": "nonsense", "at": None},
        {"customer": 1, "shop": "a", "day": "2026-11-29", "at": 3.0},
        {"customer": 11, "shop": None, "day": None, "at": 0.0},
    ],
)


def ties_of(by, *columns, known=None):
    ties = RowTies({"by": by, "columns": list(columns)})
    read = ties.read(tf.constant(TABLE.serialized()), TABLE.parsed())
    arrays = {name: x.numpy() for name, x in read.items()}
    known = np.ones(len(TABLE.rows), bool) if known is None else known
    return ties.of_known(arrays, known)


def same(tie):
    return [tie.tolist().index(x) for x in tie]


def test_read_by_row_ties_equal_rows():
    found = ties_of("row")
    assert same(found["tie"]) == [0, 1, 2, 3, 4, 0, 6]
    assert "moment" not in found


def test_read_no_split_is_by_row():
    ties = RowTies(None)
    read = ties.read(tf.constant(TABLE.serialized()), TABLE.parsed())
    assert same(read["tie"].numpy()) == [0, 1, 2, 3, 4, 0, 6]


def test_read_by_key_ties_rows_of_it_and_rows_without_stand_alone():
    assert same(ties_of("key", "customer")["tie"]) == [0, 0, 0, 3, 4, 0, 6]
    assert same(ties_of("key", "customer", "shop")["tie"]) == [0, 0, 2, 3, 4, 0, 6]


def test_read_by_key_columns_do_not_run_into_one_another():
    table = Table({"x": str, "y": str}, [{"x": "ab", "y": "c"}, {"x": "a", "y": "bc"}])
    ties = RowTies({"by": "key", "columns": ["x", "y"]})
    first, second = ties.read(tf.constant(table.serialized()), table.parsed())["tie"].numpy()
    assert first != second


def test_read_by_time_texts_are_moments_and_others_before_all():
    found = ties_of("time", "day")["moment"]
    order = np.argsort(found, kind="stable").tolist()
    assert order == [4, 6, 1, 0, 3, 5, 2]
    assert found[2] - found[0] == 36 * 3600 * 1e6
    assert np.isneginf(found[[4, 6]]).all()


def test_read_by_time_numbers_are_as_they_are():
    known = np.array([1, 1, 1, 1, 1, 0, 0], bool)
    assert ties_of("time", "at", known=known)["moment"].tolist() == [3, 1, 2, 4, -np.inf]
