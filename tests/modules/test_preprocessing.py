from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from tests.modules.tables import Table, make_config, transform_config
from tfx_pipeline.modules.features.kinds import KINDS as FEATURE_KINDS
from tfx_pipeline.modules.features.kinds import transformed_names
from tfx_pipeline.modules.model.transform_graph import TransformGraph

pytestmark = pytest.mark.slow

E2 = math.e**2 - 1  # log(1 + E2) = 2
NAMES = ["z", "log", "flat", "share", "age", "degrees", "city", "code", "note", "when", "bonus"]
TRAIN = [  # the first eight rows have mean 5 and deviation 2 in z, 1 and 1 in log(1 + max(log, 0))
    [2.0, 0.0, 3.0, 0.0, 1.0, 9.9, "b", 7, "Good, GOOD car!", 0, 10.0],
    [4.0, E2, 3.0, 10.0, 2.0, 10.0, "b", 7, "bad car", 3_600, 20.0],
    [4.0, -5.0, 3.0, 5.0, 3.0, 19.9, "a", 7, "car", 86_400, 30.0],
    [4.0, E2, 3.0, 5.0, 4.0, 20.0, "a", 8, "", 0, 50.0],
    [5.0, 0.0, 3.0, 5.0, 5.0, None, "a", 8, "good\tcar", 0, None],
    [5.0, E2, 3.0, 5.0, 6.0, 10.0, "c", 9, "x", 0, 40.0],
    [7.0, 0.0, 3.0, 0.0, 7.0, 10.0, "c", None, "x", 0, 60.0],
    [9.0, E2, 3.0, 10.0, 8.0, 10.0, "d e", None, None, None, 90.0],
    [None, None, None, None, None, None, None, None, None, None, None],
]
NEW = [
    [11.0, E2, 4.0, 20.0, 9.0, 30.0, "zzz", 4, "unheard of car", 7_199, None],
    [5.0, 0.0, 3.0, 5.0, 0.0, 10.0, "a", 7, "bad", -1, 1.0],
]
FEATURES = {
    "z": {"kind": "numeric"},
    "log": {"kind": "numeric", "scale": "log_zscore"},
    "flat": {"kind": "numeric"},
    "share": {"kind": "numeric", "scale": "minmax"},
    "age": {"kind": "numeric", "scale": "none", "buckets": 4},
    "degrees": {"kind": "bucketized", "boundaries": [10.0, 20.0]},
    "city": {"kind": "categorical", "min_frequency": 2},
    "code": {"kind": "categorical", "max_vocabulary": 2, "oov_buckets": 3},
    "note": {"kind": "text", "max_vocabulary": 3},
    "when": {"kind": "timestamp", "parts": ["hour", "weekday"]},
    "empty": {"kind": "numeric", "buckets": 3},
    "void": {"kind": "categorical"},
    "rank": {"kind": "ordinal", "values": ["a", "b"]},
}
LOOKUPS = {
    "city_bonus": {"key": "city", "value": "bonus", "min_rows": 2},
    "code_bonus": {"key": "code", "value": "bonus"},
}
KINDS = dict(zip(NAMES, [float] * 6 + [str, int, str, int, float], strict=True))
KINDS |= {"empty": float, "void": str, "rank": str}


def table(rows):
    return Table(KINDS, [dict(zip(NAMES, row, strict=True)) for row in rows])


@pytest.fixture(scope="module")
def artifact(tmp_path_factory):
    label = {"column": "bonus", "task": "binary", "rule": "bonus > 4 * z"}
    config = make_config(label=label, features=FEATURES, lookups=LOOKUPS)
    directory = tmp_path_factory.mktemp("transform")
    return Path(table(TRAIN).analyze(transform_config(config), directory))


@pytest.fixture(scope="module")
def graph(artifact):
    return TransformGraph(str(artifact))


@pytest.fixture(scope="module")
def train(graph):
    return {name: x.numpy() for name, x in graph(table(TRAIN).parsed()).items()}


@pytest.fixture(scope="module")
def new(graph):
    return {name: x.numpy() for name, x in graph(table(NEW).parsed()).items()}


def assert_column(found, expected):
    assert found.shape == (len(expected), 1)
    np.testing.assert_allclose(found[:, 0], expected, atol=1e-6)


def domain(graph, name):
    (feature,) = (x for x in graph.schema.feature if x.name == name)
    return feature.int_domain.min, feature.int_domain.max


def test_features_of_every_kind_have_the_names_that_their_kind_says(train):
    assert {feature["kind"] for feature in FEATURES.values()} == set(FEATURE_KINDS)
    for name, feature in FEATURES.items():
        assert set(transformed_names(name, feature)) <= set(train)


def test_zscore_missing_is_the_mean_and_said_so(train, new):
    assert_column(train["z_scaled"], [-1.5, -0.5, -0.5, -0.5, 0, 0, 1, 2, 0])
    assert_column(train["z_missing"], [0] * 8 + [1])
    assert_column(new["z_scaled"], [3, 0])


def test_log_zscore_negative_counts_as_zero(train):
    assert_column(train["log_scaled"], [-1, 1, -1, 1, -1, 1, -1, 1, 0])


def test_zscore_of_a_constant_is_zero(train):
    assert_column(train["flat_scaled"], [0] * 9)


def test_minmax_missing_is_the_scaled_mean(train, new):
    assert_column(train["share_scaled"], [0, 1, 0.5, 0.5, 0.5, 0.5, 0, 1, 0.5])
    assert_column(new["share_scaled"], [2, 0.5])


def test_no_scale_missing_is_the_mean(train):
    assert_column(train["age_scaled"], [1, 2, 3, 4, 5, 6, 7, 8, 4.5])


def test_buckets_by_quantiles_are_of_equal_size_with_0_for_missing(graph, train, new):
    assert_column(train["age_bucket"], [1, 1, 2, 2, 3, 3, 4, 4, 0])
    assert_column(new["age_bucket"], [4, 1])
    assert domain(graph, "age_bucket") == (0, 4)


def test_buckets_by_boundaries_take_a_boundary_to_the_upper_one(graph, train, new):
    assert_column(train["degrees_bucket"], [1, 2, 2, 3, 0, 2, 2, 2, 0])
    assert_column(new["degrees_bucket"], [3, 2])
    assert domain(graph, "degrees_bucket") == (0, 3)


def test_categories_are_numbered_by_frequency_then_name(graph, train, new):
    # a: 3 rows; b and c: 2 each; "d e" is too rare, so unknown; 0 is missing.
    assert_column(train["city_id"], [2, 2, 1, 1, 1, 3, 3, 4, 0])
    assert_column(new["city_id"], [4, 1])
    assert domain(graph, "city_id") == (0, 4)


def test_categories_of_integers_keep_the_most_frequent(graph, train, new):
    assert_column(train["code_id"][[0, 1, 2, 3, 4, 6, 7, 8]], [1, 1, 1, 2, 2, 0, 0, 0])
    assert 3 <= train["code_id"][5, 0] <= 5  # 9 is third: one of the three ids of unknown ones
    assert 3 <= new["code_id"][0, 0] <= 5
    assert domain(graph, "code_id") == (0, 5)


def test_words_mark_what_occurs_with_unknown_words_last(train, new):
    # car 4 times, good 3, x 2: kept; bad once: unknown.
    assert train["note_words"].tolist() == [
        [1, 1, 0, 0],
        [1, 0, 0, 1],
        [1, 0, 0, 0],
        [0, 0, 0, 0],
        [1, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]
    assert new["note_words"].tolist() == [[1, 0, 0, 1], [0, 0, 0, 1]]


def test_timestamp_parts_are_ids_with_0_for_missing(graph, train, new):
    assert_column(train["when_hour_part"], [1, 2, 1, 1, 1, 1, 1, 0, 0])
    assert_column(train["when_weekday_part"], [4, 4, 5, 4, 4, 4, 4, 0, 0])
    assert_column(new["when_hour_part"], [2, 24])
    assert domain(graph, "when_hour_part") == (0, 24)


def test_lookup_unknown_missing_and_rare_keys_get_the_overall_average(train, new):
    # Averages: a 40 of 2 rows (a third has no bonus), b 15 of 2, c 50 of 2; "d e" is too rare;
    # overall 300 / 7. Deviation over the 7 rows that have a bonus.
    overall = 300 / 7
    squares = 2 * (40 - overall) ** 2 + 2 * (15 - overall) ** 2 + 2 * (50 - overall) ** 2
    deviation = math.sqrt(squares / 7)
    a, b, c = ((x - overall) / deviation for x in (40, 15, 50))
    assert_column(train["city_bonus_average"], [b, b, a, a, a, c, c, 0, 0])
    assert_column(new["city_bonus_average"], [0, a])


def test_label_by_rule_is_unknown_where_a_value_is_missing(train):
    # bonus > 4 z: 10 > 8, 20 > 16, 30 > 16, 50 > 16, unknown, 40 > 20, 60 > 28, 90 > 36, unknown
    assert train["label"].dtype == np.int64
    assert_column(train["label"], [1, 1, 1, 1, 0, 1, 1, 1, 0])
    assert_column(train["label_known"], [1, 1, 1, 1, 0, 1, 1, 1, 0])


def test_label_source_left_out_leaves_out_the_label_alone(graph, new):
    raw = table(NEW).parsed()
    del raw["bonus"]
    features = graph(raw)
    assert set(new) - set(features) == {"label", "label_known"}
    for name, feature in features.items():
        np.testing.assert_array_equal(feature, new[name])


def test_feature_source_left_out_leaves_out_its_features(graph, new):
    raw = table(NEW).parsed()
    del raw["when"], raw["bonus"]
    gone = {"when_hour_part", "when_weekday_part", "label", "label_known"}
    assert set(new) - set(graph(raw)) == gone


def test_column_without_any_value_is_zero_everywhere(graph, train):
    assert_column(train["empty_scaled"], [0] * 9)
    assert_column(train["empty_missing"], [1] * 9)
    assert_column(train["empty_bucket"], [0] * 9)
    assert_column(train["void_id"], [0] * 9)
    assert domain(graph, "void_id") == (0, 1)


def test_column_without_any_value_in_training_may_have_one_later(graph):
    raw = Table(KINDS, [{"empty": 3.0, "void": "x"}]).parsed()
    features = graph(raw)
    assert np.isfinite(features["empty_scaled"]).all()
    assert 1 <= features["empty_bucket"].numpy()[0, 0] <= 3
    assert_column(features["void_id"].numpy(), [1])


def test_tables_are_text_that_a_person_can_read(artifact):
    ids, averages = (
        dict(
            line.split("\t")
            for line in (artifact / "transform_fn/assets" / name).read_text().splitlines()
        )
        for name in ("ids_table", "averages_table")
    )
    city = {key: value for key, value in ids.items() if key.startswith("city")}
    assert city == {
        "city_id": "4",
        "city_id=": "0",
        "city_id=a": "1",
        "city_id=b": "2",
        "city_id=c": "3",
    }
    assert averages["city_bonus_average=a"] == "40.0"
    assert float(averages["city_bonus_average"]) == pytest.approx(300 / 7)


def test_analysis_does_not_depend_on_the_order_of_the_rows(graph, tmp_path):
    features = {name: FEATURES[name] for name in ("z", "age", "city", "note")}
    label = {"column": "bonus", "task": "regression"}
    config = make_config(label=label, features=features, lookups=LOOKUPS)
    artifact = table(TRAIN[::-1]).analyze(transform_config(config), tmp_path)
    raw = table(NEW).parsed()
    expected = graph(raw)
    for name, feature in TransformGraph(artifact)(raw).items():
        if not name.startswith("label"):
            np.testing.assert_array_equal(feature, expected[name], err_msg=name)
