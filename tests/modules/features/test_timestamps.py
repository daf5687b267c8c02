from __future__ import annotations

import datetime

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.features.timestamps import timestamp_features

pytestmark = pytest.mark.slow
PARTS = ["hour", "weekday", "month_day", "year_day"]
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
