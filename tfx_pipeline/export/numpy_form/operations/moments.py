"""Operations on moments: `features.timestamps`, for arrays."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.cells import Cells
from tfx_pipeline.modules.description.operations import CalendarId, CalendarPart, Clock, Periodic
from tfx_pipeline.modules.features.calendar_arithmetic import DAY, DAYS_BEFORE_MONTH, WEEK, YEAR
from tfx_pipeline.modules.features.time_zone import read_zone

Whole: TypeAlias = NDArray[np.int64]


def calendar_id(operation: CalendarId, cells: Cells) -> NDArray[Any]:
    """See `CalendarId`."""
    shown, missing = _shown(operation.clock, cells)
    return np.where(missing, 0, 1 + PARTS[operation.part](shown))[:, np.newaxis]


def periodic(operation: Periodic, cells: Cells) -> NDArray[Any]:
    """See `Periodic`."""
    shown, missing = _shown(operation.clock, cells)
    passed = [
        (shown % DAY) / DAY,
        ((shown + 3 * DAY) % WEEK) / WEEK,
        (DAY * _year_day(shown) + shown % DAY) / YEAR,
    ]
    angles = [2 * math.pi * share for share in passed]
    waves = np.stack([wave(angle) for angle in angles for wave in (np.sin, np.cos)], 1)
    return np.where(missing[:, np.newaxis], 0.0, waves).astype(np.float32)


def _shown(clock: Clock, cells: Cells) -> tuple[Whole, NDArray[np.bool_]]:
    """Give what clocks show, and where it is missing."""
    moments, missing = cells.whole_numbers(clock.column)
    seconds = moments // clock.per_second
    if clock.zone is not None:
        seconds = seconds + read_zone(clock.zone).ahead_at(seconds)
    return seconds, missing


def _weekday(clock: Whole) -> Whole:
    return (clock // DAY + 3) % 7


def _week(clock: Whole) -> Whole:
    return _year_day(clock + DAY * (3 - _weekday(clock))) // 7


def _year_day(clock: Whole) -> Whole:
    year, month, day = _date(clock)
    is_leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    return np.array(DAYS_BEFORE_MONTH)[month] + day + (is_leap & (month > 1))


def _date(clock: Whole) -> tuple[Whole, Whole, Whole]:
    """Give year, month and day of the month, the last two from 0."""
    days = clock // DAY + 719_468
    era, day_of_era = days // 146_097, days % 146_097
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    march_month = (5 * day_of_year + 2) // 153
    month = (march_month + 2) % 12
    return year + era * 400 + (month < 2), month, day_of_year - (153 * march_month + 2) // 5


PARTS: dict[CalendarPart, Callable[[Whole], Whole]] = {
    "minute": lambda clock: clock // 60 % 60,
    "hour": lambda clock: clock // 3600 % 24,
    "weekday": _weekday,
    "month_day": lambda clock: _date(clock)[2],
    "week": _week,
    "month": lambda clock: _date(clock)[1],
    "quarter": lambda clock: _date(clock)[1] // 3,
    "year_day": _year_day,
}
