"""From calendar to seconds, by integer arithmetic: the same for numpy and TensorFlow.

Terms:
    fields: `year`, `short_year` (69 is 1969, 68 is 2068, as in POSIX), `month` from 1, `day` from
        1, `hour`, `hour_of_12` with `half` (1 after noon), `minute`, `second`, and `ahead`, the
        seconds that a clock is ahead of UTC; all int64 arrays or tensors of one shape, or numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DAY, WEEK, YEAR = 86_400, 604_800, 31_556_952
"""In seconds; a Gregorian year has 365.2425 days."""
DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
"""In a year that is no leap one."""


def seconds_of_fields(fields: Mapping[str, Any]) -> tuple[Any, Any]:
    """Count the seconds since 1970-01-01 00:00 UTC; a field that is absent is as in 1900-01-01.

    Returns:
        int64 seconds, and where there is such a date: no 31 February, and no year 0.
    """
    year, month, day = fields.get("year", 1900), fields.get("month", 1), fields.get("day", 1)
    if "short_year" in fields:
        short = fields["short_year"]
        year = 1900 + short + 100 * ((168 - short) // 100)
    hour = fields.get("hour", 0)
    if "hour_of_12" in fields:
        hour = fields["hour_of_12"] % 12 + 12 * fields.get("half", 0)
    days = _days(year, month, day)
    is_date = (days < _days(year + month // 12, month % 12 + 1, 1)) & (year >= 1)
    minutes = 60 * hour + fields.get("minute", 0)
    seconds = DAY * days + 60 * minutes + fields.get("second", 0) - fields.get("ahead", 0)
    return seconds, is_date


def _days(year: Any, month: Any, day: Any) -> Any:
    """Count the days from 1970-01-01 to a date; a day beyond its month runs into the next one.

    http://howardhinnant.github.io/date_algorithms.html: years begin in March, and an era is the
    146,097 days of 400 years.
    """
    is_before_march = (14 - month) // 12
    year = year - is_before_march
    era, year_of_era = year // 400, year % 400
    day_of_year = (153 * (month + 12 * is_before_march - 3) + 2) // 5 + day - 1
    day_of_era = 365 * year_of_era + year_of_era // 4 - year_of_era // 100 + day_of_year
    return 146_097 * era + day_of_era - 719_468
