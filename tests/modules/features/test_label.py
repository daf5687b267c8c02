from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tests.modules.tables import Table
from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.features.label import NO_CLASS, label_features

pytestmark = pytest.mark.slow
TABLE = Table(
    {"price": float, "species": str, "sold": int, "score": float},
    [
        {"price": 10.5, "species": "Adelie", "sold": 1, "score": 2.0},
        {"price": None, "species": None, "sold": None, "score": 0.0},
        {"price": -3.0, "species": "Gentoo", "sold": 0, "score": 1.0},
        {"price": float("nan"), "species": "Dodo", "sold": 2, "score": 0.5},
    ],
)


def label_of(column, task, rule=None, classes=()):
    config = {"column": column, "task": task, "rule": rule, "classes": list(classes)}
    return label_features(RawColumns(TABLE.parsed()), config)


@pytest.mark.parametrize(
    ("config", "dtype", "label", "known"),
    [
        (("price", "regression"), tf.float32, [10.5, 0, -3, 0], [1, 0, 1, 0]),
        (("price", "regression", "price * 2 + sold"), tf.float32, [22, 0, -6, 0], [1, 0, 1, 0]),
        (("sold", "binary"), tf.int64, [1, 0, 0, NO_CLASS], [1, 0, 1, 1]),
        (("sold", "binary", None, ("2", "1")), tf.int64, [1, 0, NO_CLASS, 0], [1, 0, 1, 1]),
        (("price", "binary", "price > 0"), tf.int64, [1, 0, 0, 0], [1, 0, 1, 0]),
        (
            ("species", "multiclass", None, ("Gentoo", "Chinstrap", "Adelie")),
            tf.int64,
            [2, 0, 0, NO_CLASS],
            [1, 0, 1, 1],
        ),
        (
            ("score", "multiclass", "score", ("a", "b", "c")),
            tf.int64,
            [2, 0, 1, NO_CLASS],
            [1, 1, 1, 1],
        ),
    ],
)
def test_label_features_of_each_task(config, dtype, label, known):
    features = label_of(*config)
    assert features["label"].dtype == dtype
    np.testing.assert_array_equal(features["label"], np.array(label)[:, np.newaxis])
    np.testing.assert_array_equal(features["label_known"], np.array(known)[:, np.newaxis])


@pytest.mark.parametrize(("task", "rule"), [("binary", "price * 2"), ("regression", "price > 2")])
def test_label_features_rule_of_the_wrong_kind_raises(task, rule):
    with pytest.raises(ValueError, match=f"for the task {task}"):
        label_of("price", task, rule)


def test_label_features_binary_text_without_classes_raises():
    with pytest.raises(ValueError, match="'species' holds text where a number is needed"):
        label_of("species", "binary")


SECONDS = [1_700_000_000 + 13 * i for i in range(344)]
LARGE = Table(
    {"start": int, "end": int, "z": int, "fare": float, "tips": float},
    [
        {
            "start": start,
            "end": start + i % 121,
            "z": 17_031_081_800 + i,
            "fare": round(0.05 * i, 2),
            "tips": round(0.01 * i, 2),
        }
        for i, start in enumerate(SECONDS)
    ],
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("end - start > 60", lambda i: i % 121 > 60),
        ("end == start + 60", lambda i: i % 121 == 60),
        ("z == 17031081800", lambda i: i == 0),
        ("z >= 17031081900", lambda i: i >= 100),
        ("tips > 0.2 * fare", lambda i: False),  # all are ties
        ("tips >= 0.2 * fare", lambda i: True),
        ("tips + end - start > 60.5", lambda i: i + 100 * (i % 121) > 6050),  # both kinds
        ("z - 17031081800 > 100 * tips - 1", lambda i: True),
        ("z - 17031081800 > 100 * tips", lambda i: False),
    ],
)
def test_label_features_rule_is_computed_exactly(rule, expected):
    config = {"column": "z", "task": "binary", "rule": rule, "classes": []}
    label = label_features(RawColumns(LARGE.parsed()), config)["label"].numpy()[:, 0]
    wrong = [i for i in range(344) if label[i] != int(expected(i))]
    assert wrong == []


def test_label_features_number_of_a_rule_is_computed_before_it_is_float32():
    rule = "end - 1700000000"
    config = {"column": "end", "task": "regression", "rule": rule, "classes": []}
    label = label_features(RawColumns(LARGE.parsed()), config)["label"].numpy()[:, 0]
    assert label.tolist() == [13 * i + i % 121 for i in range(344)]


def test_label_features_weight_is_a_column_and_missing_where_it_is_no_number():
    config = {
        "column": "price",
        "task": "regression",
        "rule": None,
        "classes": [],
        "weight": "sold",
    }
    found = label_features(RawColumns(TABLE.parsed()), config)["label_weight"]
    assert found.dtype == tf.float32
    np.testing.assert_array_equal(found.numpy(), [[1], [np.nan], [0], [2]])


@pytest.mark.parametrize("weight", [None, "balanced"])
def test_label_features_without_a_column_of_weights_has_none(weight):
    config = {"column": "sold", "task": "binary", "rule": None, "classes": [], "weight": weight}
    features = label_features(RawColumns(TABLE.parsed()), config)
    assert features.keys() == {"label", "label_known"}
