"""Calendar parts, by arithmetic on whole numbers that float64 holds exactly.

x // n of whole numbers below 2**53 is floor(x / n): the quotient is rounded, but never up to the
next whole number, which is 1 / n away, more than half of the last digit. Moments can be as large
as an int64; so they are first taken apart at 2**32, of which both parts are exact, and put together
again as days and seconds of the day.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from tfx_pipeline.export.numpy_form.cells import Cells
from tfx_pipeline.export.numpy_form.operations.table import OPERATIONS
from tfx_pipeline.export.pmml.writing.cells import number_of
from tfx_pipeline.export.pmml.writing.expressions import (
    apply,
    clipped,
    floor_divided,
    given,
    ref,
    stepped,
)
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.modules.description.columns import FARTHEST_MOMENT, LARGEST_WHOLE
from tfx_pipeline.modules.description.operations import CalendarId, Clock, Periodic
from tfx_pipeline.modules.features.calendar_arithmetic import DAY, DAYS_BEFORE_MONTH, YEAR
from tfx_pipeline.modules.features.time_zone import read_zone

_HALF = 2.0**32
_ENDS = np.array([-LARGEST_WHOLE, LARGEST_WHOLE])


def calendar_id(fields: Fields, operation: CalendarId, part: int) -> str:
    """Write the id of a part: 0 where missing, else 1 + the part."""
    clock = _Clock(fields, operation.clock)
    value = clock.or_at_ends(apply("+", _PARTS[operation.part](clock), 1.0), operation, 0)
    known = apply("if", apply("isNotMissing", ref(clock.days)), value, 0.0)
    return fields.derived(operation.output, known, "integer", "categorical")


def periodic(fields: Fields, operation: Periodic, part: int) -> str:
    """Write sine or cosine of how much of a day, week or year has passed; 0 where missing."""
    clock = _Clock(fields, operation.clock)
    days, second = ref(clock.days), ref(clock.second)
    weekday = clock.weekday()
    passed = (
        lambda: apply("/", second, DAY),
        lambda: apply("/", apply("+", apply("*", DAY, weekday), second), 7.0 * DAY),
        lambda: apply("/", apply("+", apply("*", DAY, clock.year_day()), second), YEAR),
    )[part // 2]()
    wave = apply("cos" if part % 2 else "sin", apply("*", 2 * math.pi, passed))
    wave = clock.or_at_ends(wave, operation, part)
    known = apply("if", apply("isNotMissing", days), wave, 0.0)
    return fields.derived(f"{operation.output}[{part}]", known, "float")


class _Clock:
    """What clocks show.

    Attributes:
        days: field: since 1970-01-01, whole, missing where the moment is.
        second: field: of the day.
    """

    def __init__(self, fields: Fields, clock: Clock, shown: tuple[str, str] | None = None) -> None:
        """Take the clock, and both fields of another moment than that of its column."""
        self._fields, self._clock = fields, clock
        self.days, self.second = shown or (self._shown() if clock.zone else self._in_utc())

    def weekday(self) -> str:
        """Give the day of the week, Monday being 0."""
        # An era has whole weeks, and begins on a Wednesday.
        return self._value("weekday", lambda: _modulo(apply("+", self._day_of_era(), 2.0), 7))

    def date(self, part: str) -> str:
        """Give year, month or day of the month, the last two from 0: see `timestamps`.

        The year is counted in its era, from 0 to 400: enough to tell whether it is a leap one.
        """
        of_era = self._day_of_era()
        year = self._value("year of era", lambda: _year_of_era(of_era))
        leap = apply("-", floor_divided(year, 4), floor_divided(year, 100))
        before = apply("+", apply("*", 365.0, year), leap)
        day = self._value("day of March year", lambda: apply("-", of_era, before))
        of_march = self._value(
            "month of March year",
            lambda: floor_divided(apply("+", apply("*", 5.0, day), 2.0), 153),
        )
        if part == "day":
            start = floor_divided(apply("+", apply("*", 153.0, of_march), 2.0), 5)
            return self._value("day", lambda: apply("-", day, start))
        month = self._value("month", lambda: _modulo(apply("+", of_march, 2.0), 12))
        if part == "month":
            return month
        is_next = apply("if", apply("lessThan", month, 2.0), 1.0, 0.0)
        return self._value("year of 400", lambda: apply("+", year, is_next))

    def or_at_ends(self, value: str, operation: CalendarId | Periodic, part: int) -> str:
        """Give what the operation makes of both ends of int64, where the model's clocks overflow.

        All that is as large as that stands there; so two numbers say it.
        """
        column = self._fields.columns[self._clock.column]
        if column.type != "int64" or column.parse is not None:
            return value
        ends = OPERATIONS[type(operation)](operation, Cells([column], {column.name: _ENDS}))
        low, high = ends[:, part].tolist()
        moment = ref(number_of(self._fields, column.name))
        value = apply("if", apply("greaterOrEqual", moment, LARGEST_WHOLE), high, value)
        return apply("if", apply("lessOrEqual", moment, -LARGEST_WHOLE), low, value)

    def _era(self) -> str:
        days = apply("+", ref(self.days), 719_468.0)  # from 0000-03-01
        return self._value("era", lambda: floor_divided(days, 146_097))

    def _day_of_era(self) -> str:
        days = apply("+", ref(self.days), 719_468.0)
        of_era = apply("-", days, apply("*", 146_097.0, self._era()))
        return self._value("day of era", lambda: of_era)

    def year_day(self) -> str:
        """Give the day of the year, from 0."""

        def of_year() -> str:
            year, month = self.date("year"), self.date("month")
            field = self._name("month", lambda: month)
            before = stepped(field, range(1, 12), DAYS_BEFORE_MONTH, "double")
            is_leap = apply(
                "and",
                apply("greaterThan", month, 1.0),
                apply("equal", _modulo(year, 4), 0.0),
                apply(
                    "or",
                    apply("notEqual", _modulo(year, 100), 0.0),
                    apply("equal", _modulo(year, 400), 0.0),
                ),
            )
            day = apply("+", before, self.date("day"))
            return apply("+", day, apply("if", is_leap, 1.0, 0.0))

        return self._value("day of year", of_year)

    def week(self) -> str:
        """Give the week of the year as in ISO 8601, less 1: that of its Thursday."""
        thursday = apply("+", ref(self.days), apply("-", 3.0, self.weekday()))
        days = self._name("Thursday", lambda: thursday)
        of_thursday = _Clock(self._fields, self._clock, (days, self.second))
        return floor_divided(of_thursday.year_day(), 7)

    def _in_utc(self) -> tuple[str, str]:
        """Divide the moment into days and seconds of the day, both exact."""
        moment, unit = number_of(self._fields, self._clock.column), self._clock.per_second
        whole = ref(moment)
        if self._fields.columns[self._clock.column].type != "int64":
            whole = clipped(
                self._floor("moment, whole", moment, moment), -FARTHEST_MOMENT, FARTHEST_MOMENT
            )
        day = DAY * unit
        high = self._name("moment / 2^32", lambda: floor_divided(whole, _HALF), moment)
        low = self._name(
            "moment % 2^32", lambda: apply("-", whole, apply("*", _HALF, ref(high))), moment
        )
        times, left = divmod(int(_HALF), day)
        rest = apply("+", apply("*", float(left), ref(high)), ref(low))
        rest = ref(self._name("moment's rest", lambda: rest, moment))
        quotient = self._name("moment's rest in days", lambda: apply("/", rest, day), moment)
        whole_days = self._floor("rest, whole", quotient, moment)
        days = apply("+", apply("*", float(times), ref(high)), whole_days)
        second = floor_divided(apply("-", rest, apply("*", day, whole_days)), unit)
        return (
            self._name("days", lambda: days, moment),
            self._name("second", lambda: second, moment),
        )

    def _shown(self) -> tuple[str, str]:
        """Add how far the zone's clocks are ahead."""
        assert self._clock.zone is not None
        utc = _Clock(self._fields, Clock(self._clock.column, self._clock.per_second, None))
        seconds = apply("+", apply("*", DAY, ref(utc.days)), ref(utc.second))
        zone = read_zone(self._clock.zone)
        moment = self._name("second in UTC", lambda: seconds, utc.days)
        ahead = self._name(
            "zone", lambda: stepped(moment, zone.moves, zone.offsets, "double"), moment
        )
        shown = apply("+", ref(utc.second), ref(ahead))
        moved = ref(self._name("second shown", lambda: shown, moment))
        days = apply("+", ref(utc.days), floor_divided(moved, DAY))
        return (
            self._name("days", lambda: days, moment),
            self._name("second", lambda: _modulo(moved, DAY), moment),
        )

    def _floor(self, hint: str, field: str, needed: str) -> str:
        """Round a field down: one evaluator's `floor` is not made for more than 2**31."""
        nearest = ref(self._name(hint, lambda: apply("rint", ref(field)), needed))
        is_above = apply("greaterThan", nearest, ref(field))
        return apply("if", is_above, apply("-", nearest, 1.0), nearest)

    def _value(self, hint: str, write: Callable[[], str]) -> str:
        return ref(self._name(hint, write))

    def _name(self, hint: str, write: Callable[[], str], needed: str | None = None) -> str:
        """Write a field that is missing where the moment is; return its name."""
        clock = self._clock
        of = needed or self.days
        shown = f"{clock.column}, {hint}" + (f" in {clock.zone}" if clock.zone else "")
        return self._fields.field(
            ("clock", clock, of, hint), lambda: self._fields.derived(shown, given(of, write()))
        )


def _modulo(value: str, divisor: float) -> str:
    return apply("-", value, apply("*", divisor, floor_divided(value, divisor)))


def _year_of_era(day: str) -> str:
    corrected = apply("-", day, floor_divided(day, 1460))
    corrected = apply("+", corrected, floor_divided(day, 36_524))
    corrected = apply("-", corrected, floor_divided(day, 146_096))
    return floor_divided(corrected, 365)


_PARTS: dict[str, Callable[[_Clock], str]] = {
    "minute": lambda clock: _modulo(floor_divided(ref(clock.second), 60), 60),
    "hour": lambda clock: floor_divided(ref(clock.second), 3600),
    "weekday": _Clock.weekday,
    "month_day": lambda clock: clock.date("day"),
    "week": _Clock.week,
    "month": lambda clock: clock.date("month"),
    "quarter": lambda clock: floor_divided(clock.date("month"), 3),
    "year_day": _Clock.year_day,
}
