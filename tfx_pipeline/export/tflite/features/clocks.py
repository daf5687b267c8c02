"""Calendar parts and turns of moments; what they mean, `features.timestamps` says.

Terms:
    era: 400 years of the Gregorian calendar, 146,097 days, which are whole weeks: what is asked of
        a moment is the same an era later, so moments are taken modulo an era, and days are int32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tfx_pipeline.export.tflite.features.cells import Cells
from tfx_pipeline.export.tflite.features.search import counts_at_most
from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.columns import FARTHEST_MOMENT
from tfx_pipeline.modules.description.operations import CalendarId, Clock, Periodic
from tfx_pipeline.modules.features.calendar_arithmetic import DAY, DAYS_BEFORE_MONTH, WEEK, YEAR
from tfx_pipeline.modules.features.time_zone import read_zone

TURNS = (DAY, WEEK, YEAR)
"""Seconds of what `Periodic` has sine and cosine of."""
LASTS = (DAY - 1, WEEK - 1, 366 * DAY - 1)
"""The last second of each: a leap year is longer than the mean one."""
_ERA_DAYS = 146_097
_DAYS_TO_1970 = 719_468  # from 0000-03-01


@dataclass(frozen=True)
class _Shown:
    """What clocks show: days since 0000-03-01 modulo an era, and seconds of the day; `[rows, 1]`.

    Attributes:
        seconds: int64, since 1970, in units of the column.
        missing: where there is no moment.
    """

    seconds: Tensor
    days: Tensor
    second: Tensor
    missing: Tensor
    year: tuple[Tensor, Tensor, Tensor]


class Clocks:
    """What is computed of moments; what some parts share, once."""

    def __init__(self, writer: Writer, cells: Cells) -> None:
        self._writer, self._cells = writer, cells
        self._shown: dict[Clock, _Shown] = {}
        self._passed: dict[Clock, Tensor] = {}

    def ids(self, operation: CalendarId) -> Tensor:
        """Give the id of a part of the date or time: `[rows, 1] int32`."""
        writer, clock = self._writer, operation.clock
        shown = self._show(clock)
        part = {
            "minute": lambda: self._modulo(self._over(shown.second, 60), 60),
            "hour": lambda: self._over(shown.second, 3600),
            "weekday": lambda: self._weekday(shown.days),
            "month_day": lambda: shown.year[2],
            "week": lambda: self._over(self._year_day(self._thursday(shown, clock)), 7),
            "month": lambda: shown.year[1],
            "quarter": lambda: self._over(shown.year[1], 3),
            "year_day": lambda: self._year_day(shown.year),
        }[operation.part]()
        ids = writer.two("ADD", part, np.array(1))
        return writer.where(shown.missing, np.zeros(()), ids)

    def turns(self, operation: Periodic) -> Tensor:
        """Give sine and cosine of the turns of day, week and year: `[rows, 6] float32`."""
        writer, shown = self._writer, self._show(operation.clock)
        passed = self.passed(operation.clock)
        turns = np.array(TURNS)
        # From the middle of the turn on, so that float32 holds them exactly.
        middles = turns // 2
        away = writer.cast(writer.two("SUB", passed, middles[np.newaxis]), "float32")
        angles = writer.two("MUL", away, (2 * math.pi / turns)[np.newaxis])
        # Half a turn later sine and cosine have the other sign.
        waves = [writer.one("NEG", writer.one(wave, angles)) for wave in ("SIN", "COS")]
        matrix = writer.taken(writer.joined(waves), [0, 3, 1, 4, 2, 5])
        return writer.where(shown.missing, np.zeros(()), matrix)

    def passed(self, clock: Clock) -> Tensor:
        """Give the seconds of day, week and year that have passed: `[rows, 3] int32`."""
        if clock not in self._passed:
            writer, shown = self._writer, self._show(clock)
            since_monday = self._moved(shown.seconds, 3 * DAY, clock)
            of_week = self._modulo_int32(since_monday, WEEK, clock)
            days = writer.two("MUL", self._year_day(shown.year), np.array(DAY))
            of_year = writer.two("ADD", days, shown.second)
            self._passed[clock] = writer.joined([shown.second, of_week, of_year])
        return self._passed[clock]

    def missing(self, clock: Clock) -> Tensor:
        """Say where there is no moment: `[rows, 1] bool`."""
        return self._show(clock).missing

    def _show(self, clock: Clock) -> _Shown:
        if clock not in self._shown:
            moments, missing = self._moments(clock)
            if clock.zone is not None:
                moments = self._in_zone(moments, clock)
            days, second = self._days(moments, clock)
            self._shown[clock] = _Shown(moments, days, second, missing, self._date(days))
        return self._shown[clock]

    def _moments(self, clock: Clock) -> tuple[Tensor, Tensor]:
        """Read a column's moments: `[rows, 1] int64`, cut off to whole ones; 0 where missing."""
        writer = self._writer
        numbers = self._cells.numbers(self._cells.columns[clock.column].type)
        place = [numbers.places[clock.column]]
        moments, missing = (writer.taken(x, place) for x in (numbers.values, numbers.missing))
        if moments.dtype == "float32":
            floors = writer.clipped(writer.one("FLOOR", moments), -FARTHEST_MOMENT, FARTHEST_MOMENT)
            moments = writer.cast(floors, "int64")
        return moments, missing

    def _in_zone(self, moments: Tensor, clock: Clock) -> Tensor:
        assert clock.zone is not None
        zone, writer = read_zone(clock.zone), self._writer
        moves = np.array(zone.moves, np.int64) * clock.per_second
        offsets = np.array(zone.offsets, np.int64) * clock.per_second
        ahead = writer.gathered(offsets, counts_at_most(writer, moments, [moves]))
        return writer.two("ADD", self._room(moments, clock), ahead)

    def _days(self, moments: Tensor, clock: Clock) -> tuple[Tensor, Tensor]:
        """Tell days since 0000-03-01, modulo an era, and the second of the day: int32."""
        writer = self._writer
        day, era = DAY * clock.per_second, _ERA_DAYS * DAY * clock.per_second
        inside = writer.two("FLOOR_MOD", moments, np.array(era))
        of_day = writer.two("FLOOR_MOD", inside, np.array(day))
        # A multiple of a day, less than an era: its quotient is whole, and float32 is near it.
        whole = writer.cast(writer.two("SUB", inside, of_day), "float32")
        days = writer.cast(
            writer.one("ROUND", writer.two("MUL", whole, np.array(1 / day))), "int32"
        )
        days = self._modulo(writer.two("ADD", days, np.array(_DAYS_TO_1970)), _ERA_DAYS)
        second = writer.cast(of_day, "int32")
        return days, self._over(second, clock.per_second) if clock.per_second > 1 else second

    def _date(self, days: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Give the year of the era, and month and day of the month, both from 0."""
        two = self._writer.two
        leaps = self._over(days, 1460), self._over(days, 36_524), self._over(days, 146_096)
        counted = two("SUB", two("ADD", two("SUB", days, leaps[0]), leaps[1]), leaps[2])
        year = self._over(counted, 365)
        starts = two("ADD", two("MUL", year, np.array(365)), self._over(year, 4))
        day_of_year = two("SUB", days, two("SUB", starts, self._over(year, 100)))
        month = self._over(self._plus(two("MUL", day_of_year, np.array(5)), 2), 153)
        start = self._over(self._plus(two("MUL", month, np.array(153)), 2), 5)
        day = two("SUB", day_of_year, start)
        month = self._modulo(self._plus(month, 2), 12)
        next_year = self._writer.cast(two("LESS", month, np.array(2)), "int32")
        return two("ADD", year, next_year), month, day

    def _year_day(self, date: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        year, month, day = date
        two = self._writer.two

        def divides(number: int) -> Tensor:
            return two("EQUAL", self._modulo(year, number), np.zeros(()))

        no_century = self._writer.one("LOGICAL_NOT", divides(100))
        is_leap = two("LOGICAL_AND", divides(4), two("LOGICAL_OR", no_century, divides(400)))
        is_later = two("LOGICAL_AND", is_leap, two("GREATER", month, np.array(1)))
        before = self._writer.gathered(np.array(DAYS_BEFORE_MONTH, np.int32), month)
        return two("ADD", two("ADD", before, day), self._writer.cast(is_later, "int32"))

    def _weekday(self, days: Tensor) -> Tensor:
        return self._modulo(self._plus(days, 3 - _DAYS_TO_1970 % 7 + 7), 7)

    def _thursday(self, shown: _Shown, clock: Clock) -> tuple[Tensor, Tensor, Tensor]:
        """Give the date of the Thursday of the week."""
        two = self._writer.two
        ahead = two("SUB", np.array(3), self._weekday(shown.days))
        seconds = two("MUL", ahead, np.array(DAY))
        return self._date(self._days(self._moved(shown.seconds, seconds, clock), clock)[0])

    def _moved(self, moments: Tensor, seconds: Tensor | int, clock: Clock) -> Tensor:
        """Add seconds; moments at the ends of int64 go round, as in the transform graph."""
        two, per_second = self._writer.two, clock.per_second
        moments = self._room(moments, clock)
        if isinstance(seconds, int):
            return two("ADD", moments, np.array(seconds * per_second))
        more = two("MUL", self._writer.cast(seconds, "int64"), np.array(per_second))
        return two("ADD", moments, more)

    def _room(self, moments: Tensor, clock: Clock) -> Tensor:
        """Let thousandths not go round, which the transform graph divides before it adds."""
        if clock.per_second == 1:
            return moments
        era = _ERA_DAYS * DAY * clock.per_second
        return self._writer.two("FLOOR_MOD", moments, np.array(era))

    def _modulo_int32(self, moments: Tensor, seconds: int, clock: Clock) -> Tensor:
        """Give moments modulo some seconds: int32 seconds."""
        unit = clock.per_second
        inside = self._writer.two("FLOOR_MOD", moments, np.array(seconds * unit))
        whole = self._writer.cast(inside, "int32")
        return self._over(whole, unit) if unit > 1 else whole

    def _over(self, values: Tensor, divisor: int) -> Tensor:
        return self._writer.two("FLOOR_DIV", values, np.array(divisor))

    def _modulo(self, values: Tensor, divisor: int) -> Tensor:
        return self._writer.two("FLOOR_MOD", values, np.array(divisor))

    def _plus(self, values: Tensor, more: int) -> Tensor:
        return self._writer.two("ADD", values, np.array(more))
