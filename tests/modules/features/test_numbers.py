"""Numbers that float32 does not hold, through Transform: spread, variance, buckets, averages."""

from __future__ import annotations

import numpy as np
import pytest

from tests.modules.tables import Table, make_config, transform_config
from tfx_pipeline.modules.features.numbers import FARTHEST
from tfx_pipeline.modules.model.transform_graph import TransformGraph

pytestmark = pytest.mark.slow

ROWS = 200
K = np.arange(ROWS)
LARGE = 3e38
COLUMNS = {
    "seconds": 1_700_000_000 + K,
    "millis": 1_700_000_000_000 + K,
    "log_seconds": 1_700_000_000 + K,
    "share_seconds": 1_700_000_000 + K,
    "ids": 9_007_199_254_000_000 + 50 * K,
    "huge": np.where(K % 2, LARGE, -LARGE),
    "huge_share": np.where(K % 2, LARGE, -LARGE),
    "flat_tenth": np.full(ROWS, 0.1),
    "flat_seconds": np.full(ROWS, 1_700_000_000),
    "day": 20_210_101 + K % 40,
    "edges": np.tile([0.1, 0.3, 0.7, 0.9], ROWS // 4),
    "key": K % 4,
    "worth": 1_700_000_000 + 10 * (K % 4),
    "y": K % 2,
}
WHOLE = {name for name, values in COLUMNS.items() if values.dtype.kind == "i"}
KINDS = {name: int if name in WHOLE else float for name in COLUMNS}
FEATURES = {
    "seconds": {"kind": "numeric", "buckets": 10},
    "millis": {"kind": "numeric", "buckets": 10},
    "log_seconds": {"kind": "numeric", "scale": "log_zscore"},
    "share_seconds": {"kind": "numeric", "scale": "minmax"},
    "ids": {"kind": "numeric"},
    "huge": {"kind": "numeric"},
    "huge_share": {"kind": "numeric", "scale": "minmax"},
    "flat_tenth": {"kind": "numeric"},
    "flat_seconds": {"kind": "numeric", "scale": "log_zscore"},
    "day": {"kind": "categorical"},
    "edges": {"kind": "bucketized", "boundaries": [0.1, 0.3, 0.7, 0.9]},
    "worth": {"kind": "bucketized", "boundaries": [1_700_000_010, 1_700_000_020, 1_700_000_030]},
}


def rows(columns):
    names = list(columns)
    return [
        dict(zip(names, values, strict=True))
        for values in zip(*(x.tolist() for x in columns.values()), strict=True)
    ]


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    config = make_config(
        label={"column": "y", "task": "binary"},
        features=FEATURES,
        lookups={"worth_of_key": {"key": "key", "value": "worth"}},
    )
    table = Table(KINDS, rows(COLUMNS), required=("seconds", "day", "flat_tenth"))
    artifact = table.analyze(transform_config(config), tmp_path_factory.mktemp("numbers"))
    return TransformGraph(artifact)


@pytest.fixture(scope="module")
def train(graph):
    table = Table(KINDS, rows(COLUMNS), required=("seconds", "day", "flat_tenth"))
    return {name: x.numpy()[:, 0] for name, x in graph(table.parsed()).items()}


def zscores(values):
    return (values - values.mean()) / values.std()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("seconds", zscores(K)),
        ("millis", zscores(K)),
        ("ids", zscores(K)),
        ("log_seconds", zscores(np.log1p(COLUMNS["log_seconds"] / 1.7e9))),
        ("share_seconds", K / (ROWS - 1)),
        ("huge", np.where(K % 2, 1, -1)),
        ("huge_share", K % 2),
        ("flat_tenth", 0 * K),
        ("flat_seconds", 0 * K),
    ],
)
def test_scaled_numbers_keep_their_spread(train, name, expected):
    np.testing.assert_allclose(train[f"{name}_scaled"], expected, atol=1e-3)


@pytest.mark.parametrize("name", ["seconds", "millis"])
def test_buckets_of_large_integers_are_of_equal_size(train, name):
    found = train[f"{name}_bucket"]
    assert sorted(set(found.tolist())) == list(range(1, 11))
    assert np.bincount(found)[1:].max() <= 1.2 * ROWS / 10
    assert (np.diff(found) >= 0).all()


def test_buckets_of_boundaries_compare_as_the_column_is_stored(train):
    # 0.7 as float32 is below 0.7 as float64, and stands on the boundary all the same.
    np.testing.assert_array_equal(train["edges_bucket"], np.tile([2, 3, 4, 5], ROWS // 4))
    np.testing.assert_array_equal(train["worth_bucket"], K % 4 + 1)


def test_categories_of_integers_are_as_many_as_they_are(train):
    assert len(np.unique(train["day_id"])) == 40


def test_averages_of_large_numbers_keep_their_spread(train):
    np.testing.assert_allclose(train["worth_of_key_average"], zscores(K % 4), atol=1e-6)


def transform_alone(graph, **values):
    full = {name: [x[0].item()] for name, x in COLUMNS.items()} | values
    table = Table(
        KINDS, [dict(zip(full, row, strict=True)) for row in zip(*full.values(), strict=True)]
    )
    raw = table.parsed()
    for name in ("seconds", "day", "flat_tenth"):
        raw[name] = graph_value(raw[name])
    return {name: x.numpy()[:, 0] for name, x in graph(raw).items()}


def graph_value(sparse):
    import tensorflow as tf

    return tf.reshape(sparse.values, [-1, 1])


@pytest.mark.parametrize(
    ("name", "value", "scaled", "missing"),
    [
        ("seconds", -(2**63), 0, 1),  # a required column: so a caller's NaN arrives
        ("flat_tenth", float("nan"), 0, 1),
        ("flat_tenth", 7.0, 0, 0),  # it never varied: what it says is not known
        ("flat_seconds", 5, 0, 0),
        ("huge", 1e38, 1 / 3, 0),
        ("seconds", 2**62, FARTHEST, 0),
        ("seconds", -(2**62), -FARTHEST, 0),
    ],
)
def test_scaled_values_that_training_never_saw(graph, name, value, scaled, missing):
    found = transform_alone(graph, **{name: [value]})
    assert found[f"{name}_scaled"][0] == pytest.approx(scaled, abs=1e-6)
    assert found[f"{name}_missing"][0] == missing


def test_required_category_that_is_missing_is_no_unknown_one(graph):
    assert transform_alone(graph, day=[-(2**63)])["day_id"][0] == 0
    assert transform_alone(graph, day=[20_219_999])["day_id"][0] == 41
