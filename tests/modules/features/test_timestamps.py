from __future__ import annotations

import datetime
import zoneinfo

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.features.timestamps import timestamp_features

pytestmark = pytest.mark.slow
PARTS = ["hour", "weekday", "month_day", "year_day"]
MORE = ["minute", "week", "month", "quarter"]
MOMENTS = {  # seconds: hour, weekday, day of month, day of year, each from 0
    0: (0, 3, 0, 0),  # Thursday 1970-01-01 00:00:00
    -1: (23, 2, 30, 364),  # Wednesday 1969-12-31 23:59:59
    951_782_400: (0, 1, 28, 59),  # Tuesday 2000-02-29
    951_868_800: (0, 2, 0, 60),  # Wednesday 2000-03-01
    1_735_689_599: (23, 1, 30, 365),  # Tuesday 2024-12-31 23:59:59
    4_107_542_400: (0, 0, 0, 59),  # Monday 2100-03-01; 2100 is no leap year
}


@tf.function
def features_of(timestamps, unit):
    return timestamp_features(RawColumns({"t": timestamps}), {"t": {"unit": unit, "parts": PARTS}})


def parts_of(seconds, unit="s"):
    features = features_of(tf.constant(seconds, tf.int64), unit)
    return np.concatenate([features[f"t_{part}_part"] for part in PARTS], axis=1)


@pytest.mark.parametrize(("unit", "per_second"), [("s", 1), ("ms", 1000)])
def test_timestamp_features_known_moments_give_their_parts(unit, per_second):
    ids = parts_of([x * per_second for x in MOMENTS], unit)
    assert (ids - 1).tolist() == [list(parts) for parts in MOMENTS.values()]


def test_timestamp_features_random_moments_agree_with_datetime():
    seconds = np.random.default_rng(0).integers(-(10**10), 10**11, 3000)
    epoch = datetime.datetime(1970, 1, 1)
    moments = [epoch + datetime.timedelta(seconds=int(x)) for x in seconds]
    expected = [(x.hour, x.weekday(), x.day - 1, x.timetuple().tm_yday - 1) for x in moments]
    assert (parts_of(seconds) - 1).tolist() == [list(parts) for parts in expected]


def test_timestamp_features_missing_is_id_0():
    empty = tf.SparseTensor(tf.zeros([0, 2], tf.int64), tf.zeros([0], tf.int64), [2, 0])
    assert all(ids.numpy().tolist() == [[0], [0]] for ids in features_of(empty, "s").values())


def test_timestamp_features_in_a_zone_are_what_its_clocks_show():
    zone = zoneinfo.ZoneInfo("America/New_York")
    seconds = np.random.default_rng(1).integers(-(2 * 10**9), 4 * 10**9, 3000)
    moments = [datetime.datetime.fromtimestamp(int(x), zone) for x in seconds]
    feature = {"unit": "s", "parts": ["hour", *MORE], "zone": "America/New_York", "periodic": True}
    traced = tf.function(lambda x: timestamp_features(RawColumns({"t": x}), {"t": feature}))
    features = traced(tf.constant(seconds))
    ids = np.concatenate([features[f"t_{part}_part"] for part in feature["parts"]], axis=1)
    expected = [
        (x.hour, x.minute, x.isocalendar()[1] - 1, x.month - 1, (x.month - 1) // 3) for x in moments
    ]
    assert (ids - 1).tolist() == [list(parts) for parts in expected]
    days = np.array([(x.hour + x.minute / 60 + x.second / 3600) / 24 for x in moments])
    weeks = (np.array([x.weekday() for x in moments]) + days) / 7
    years = (np.array([x.timetuple().tm_yday - 1 for x in moments]) + days) / 365.2425
    angles = 2 * np.pi * np.stack([days, weeks, years], axis=1)
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=2).reshape(-1, 6)
    np.testing.assert_allclose(features["t_periodic"], waves, atol=1e-6)
