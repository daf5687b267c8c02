"""Calendar parts of a moment, in UTC, by integer arithmetic: the same on every platform.

Terms:
    days: days since 1970-01-01, a Thursday; negative before.
    era: 400 years of the Gregorian calendar, 146,097 days, from a 1 March (so that the leap day
        comes last). Dates from days: http://howardhinnant.github.io/date_algorithms.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawColumns, id_columns

_PER_SECOND = {"s": 1, "ms": 1000}
_CUMULATIVE_DAYS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def timestamp_features(
    raw: RawColumns, features: Mapping[str, Mapping[str, Any]]
) -> dict[str, tf.Tensor]:
    """Take calendar parts out of timestamps.

    Args:
        raw: the columns.
        features: per column, `unit` (s or ms since 1970-01-01 00:00 UTC) and `parts`.

    Returns:
        `<name>_<part>_part`: `[batch, 1] int64` ids, 0 for missing, else 1 + the part, which is
        hour 0-23, weekday 0-6 (Monday first), month_day 0-30 or year_day 0-365.
    """
    outputs: dict[str, tf.Tensor] = {}
    for name, feature in features.items():
        moments, missing = raw.whole_numbers(name)
        seconds = moments // _PER_SECOND[feature["unit"]]
        for part in feature["parts"]:
            size, calculate = _PARTS[part]
            ids = tf.where(missing, tf.constant(0, tf.int64), 1 + calculate(seconds))
            outputs |= id_columns([f"{name}_{part}_part"], ids, tf.constant([1 + size], tf.int64))
    return outputs


def _hour(seconds: tf.Tensor) -> tf.Tensor:
    return seconds // 3600 % 24


def _weekday(seconds: tf.Tensor) -> tf.Tensor:
    return (seconds // 86_400 + 3) % 7


def _month_day(seconds: tf.Tensor) -> tf.Tensor:
    return _date(seconds)[2]


def _year_day(seconds: tf.Tensor) -> tf.Tensor:
    year, month, day = _date(seconds)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    before = tf.gather(tf.constant(_CUMULATIVE_DAYS, tf.int64), month)
    return before + day + tf.cast(leap & (month > 1), tf.int64)


def _date(seconds: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return year, month and day of the month, the last two from 0."""
    days = seconds // 86_400 + 719_468  # from 0000-03-01
    era, day_of_era = days // 146_097, days % 146_097
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    march_month = (5 * day_of_year + 2) // 153  # March is 0
    day = day_of_year - (153 * march_month + 2) // 5
    month = (march_month + 2) % 12
    return year + era * 400 + tf.cast(month < 2, tf.int64), month, day


_PARTS: dict[str, tuple[int, Callable[[tf.Tensor], tf.Tensor]]] = {
    "hour": (24, _hour),
    "weekday": (7, _weekday),
    "month_day": (31, _month_day),
    "year_day": (366, _year_day),
}
