"""Calendar parts of a moment and its place in day, week and year: the same on every platform.

Terms:
    clock: seconds since 1970-01-01 00:00 as the clocks of a zone show them, by integer arithmetic.
    days: days since 1970-01-01, a Thursday; negative before.
    era: 400 years of the Gregorian calendar, 146,097 days, from a 1 March (so that the leap day
        comes last). Dates from days: http://howardhinnant.github.io/date_algorithms.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.calendar_arithmetic import DAY, DAYS_BEFORE_MONTH, WEEK, YEAR
from tfx_pipeline.modules.features.columns import RawColumns, id_columns
from tfx_pipeline.modules.features.moment_text import ahead_at
from tfx_pipeline.modules.features.time_zone import read_zone

PER_SECOND = {"s": 1, "ms": 1000}
"""By the unit of a timestamp."""


def timestamp_features(
    raw: RawColumns, features: Mapping[str, Mapping[str, Any]]
) -> dict[str, tf.Tensor]:
    """Take calendar parts out of timestamps.

    Args:
        raw: the columns.
        features: per column, `unit` (s or ms since 1970-01-01 00:00 UTC; what was read out of text
            is in seconds), `parts`, `zone` (none: UTC) and `periodic`.

    Returns:
        `<name>_<part>_part`: `[batch, 1] int64` ids, 0 for missing, else 1 + the part: minute 0-59,
        hour 0-23, weekday 0-6 (Monday first), month_day 0-30, week 0-52 (as in ISO 8601, less 1),
        month 0-11, quarter 0-3 or year_day 0-365.
        `<name>_periodic`: `[batch, 6] float32`, sine and cosine of the turn of day, week (from
        Monday on) and year; 0 where missing.
    """
    outputs: dict[str, tf.Tensor] = {}
    for name, feature in features.items():
        moments, missing = raw.whole_numbers(name)
        clock = moments // PER_SECOND["s" if feature.get("parse") else feature["unit"]]
        if feature.get("zone"):
            clock += ahead_at(clock, read_zone(feature["zone"]))
        for part in feature["parts"]:
            size, calculate = _PARTS[part]
            ids = tf.where(missing, tf.constant(0, tf.int64), 1 + calculate(clock))
            outputs |= id_columns([f"{name}_{part}_part"], ids, tf.constant([1 + size], tf.int64))
        if feature.get("periodic"):
            outputs[f"{name}_periodic"] = tf.where(missing, 0.0, _turns(clock))
    return outputs


def _turns(clock: tf.Tensor) -> tf.Tensor:
    """Give sine and cosine of how much of a day, week and year has passed: `[batch, 6] float32`."""
    passed = [
        tf.cast(clock % DAY, tf.float64) / DAY,
        tf.cast((clock + 3 * DAY) % WEEK, tf.float64) / WEEK,
        tf.cast(DAY * _year_day(clock) + clock % DAY, tf.float64) / YEAR,
    ]
    angles = [2 * math.pi * share for share in passed]
    waves = [wave(angle) for angle in angles for wave in (tf.sin, tf.cos)]
    return tf.cast(tf.concat(waves, axis=1), tf.float32)


def _minute(clock: tf.Tensor) -> tf.Tensor:
    return clock // 60 % 60


def _hour(clock: tf.Tensor) -> tf.Tensor:
    return clock // 3600 % 24


def _weekday(clock: tf.Tensor) -> tf.Tensor:
    return (clock // DAY + 3) % 7


def _month_day(clock: tf.Tensor) -> tf.Tensor:
    return _date(clock)[2]


def _week(clock: tf.Tensor) -> tf.Tensor:
    """Count weeks from the first one with four days or more in the year: that of its Thursday."""
    return _year_day(clock + DAY * (3 - _weekday(clock))) // 7


def _month(clock: tf.Tensor) -> tf.Tensor:
    return _date(clock)[1]


def _quarter(clock: tf.Tensor) -> tf.Tensor:
    return _month(clock) // 3


def _year_day(clock: tf.Tensor) -> tf.Tensor:
    year, month, day = _date(clock)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    before = tf.gather(tf.constant(DAYS_BEFORE_MONTH, tf.int64), month)
    return before + day + tf.cast(leap & (month > 1), tf.int64)


def _date(clock: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return year, month and day of the month, the last two from 0."""
    days = clock // DAY + 719_468  # from 0000-03-01
    era, day_of_era = days // 146_097, days % 146_097
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    march_month = (5 * day_of_year + 2) // 153  # March is 0
    day = day_of_year - (153 * march_month + 2) // 5
    month = (march_month + 2) % 12
    return year + era * 400 + tf.cast(month < 2, tf.int64), month, day


_PARTS: dict[str, tuple[int, Callable[[tf.Tensor], tf.Tensor]]] = {
    "minute": (60, _minute),
    "hour": (24, _hour),
    "weekday": (7, _weekday),
    "month_day": (31, _month_day),
    "week": (53, _week),
    "month": (12, _month),
    "quarter": (4, _quarter),
    "year_day": (366, _year_day),
}
