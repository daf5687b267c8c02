"""Moments out of texts, by the patterns of `features.moment_style`; what clocks show."""

from __future__ import annotations

import re

from tfx_pipeline.export.pmml.writing.expressions import (
    apply,
    constant,
    floor_divided,
    given,
    looked_up,
    ref,
    stepped,
    text,
)
from tfx_pipeline.export.pmml.writing.fields import Fields
from tfx_pipeline.export.pmml.writing.parsed_numbers import rewritten
from tfx_pipeline.modules.description.columns import MomentParse
from tfx_pipeline.modules.features.moment_style import (
    MONTHS,
    OFFSET_PARTS,
    MomentStyle,
    read_pattern,
)
from tfx_pipeline.modules.features.time_zone import read_zone

_BLANKS = r"[\t\n\x0b\x0c\r ]+"
_RE2_BLANKS = r"\t\n\f\r "  # where others mean more by \s


def moment(fields: Fields, name: str, cell: str, parse: MomentParse) -> str:
    """Write what reads a cell's texts as seconds since 1970 in UTC; return its field."""
    reader = _Reader(fields, name, cell, read_pattern(parse.pattern))
    seconds = fields.derived(f"{name} (shown)", given(reader.written, reader.seconds()))
    value = ref(seconds)
    if parse.zone is not None:
        zone = read_zone(parse.zone)
        ahead = stepped(seconds, zone.local_moves, zone.offsets, "double")
        offset = ref(fields.derived(f"{name} (zone)", ahead))
        if "offset" in reader.places:
            has_none = apply("equal", ref(reader.field("offset")), text(""))
            offset = apply("if", has_none, offset, 0.0)
        value = apply("-", value, offset)
    if "fraction" in reader.places:
        value = apply("+", value, ref(reader.number("fraction", "0.", "0")))
    return fields.derived(f"{name} (seconds)", given(seconds, value))


class _Reader:
    """Reads the fields of a moment.

    Attributes:
        written: the field of texts that are written so.
        places: of fields in the pattern, from 1.
    """

    def __init__(self, fields: Fields, name: str, cell: str, style: MomentStyle) -> None:
        self._fields, self._name = fields, name
        self._pattern = _plain(style.pattern)
        self.places = {field: place for place, field in enumerate(style.fields, 1)}
        ends = text(rf"^{_BLANKS}|{_BLANKS}\z")
        stripped = self._text("stripped", given(cell, apply("replace", ref(cell), ends, text(""))))
        matches = apply("matches", ref(stripped), text(self._pattern))
        self.written = self._text("moment", given(stripped, apply("if", matches, ref(stripped))))

    def seconds(self) -> str:
        """Count seconds, missing where there is no such date: see `calendar_arithmetic`."""
        year, month, day = self._year(), self._month(), self._or("day", 1)
        start = self._derived("day number", _days(year, month, day))
        next_year = apply("+", year, floor_divided(month, 12))
        next_month = apply("+", _modulo(month, 12), 1.0)
        end = self._derived("next month", _days(next_year, next_month, constant(1)))
        is_date = apply(
            "and", apply("lessThan", ref(start), ref(end)), apply("greaterOrEqual", year, 1.0)
        )
        minutes = apply("+", apply("*", 60.0, self._hour()), self._or("minute", 0))
        seconds = apply("+", apply("*", 60.0, minutes), self._or("second", 0))
        shown = apply("+", apply("*", 86_400.0, ref(start)), seconds)
        if "offset" in self.places:
            shown = apply("-", shown, self._ahead())
        return apply("if", is_date, shown)

    def field(self, name: str) -> str:
        """Give the field of the text that a field of the pattern is."""
        key = ("moment", self._name, name)
        return self._fields.field(
            key, lambda: self._text(name, given(self.written, self._part(name)))
        )

    def number(self, name: str, before: str = "0", after: str = "") -> str:
        """Give the field of its number; 0 where nothing is written."""
        part = apply("replace", self._part(name, before, after), text(" "), text(""))
        return self._derived(name, part)

    def _or(self, name: str, absent: float) -> str:
        return ref(self.number(name)) if name in self.places else constant(absent)

    def _year(self) -> str:
        if "short_year" not in self.places:
            return self._or("year", 1900)
        short = ref(self.number("short_year"))
        century = floor_divided(apply("-", 168.0, short), 100)
        year = apply("+", apply("+", 1900.0, short), apply("*", 100.0, century))
        return ref(self._derived("year", year))

    def _month(self) -> str:
        if "month_name" not in self.places:
            return self._or("month", 1)
        lower = apply("lowercase", ref(self.field("month_name")))
        name = self._text("month", given(self.written, lower))
        pairs = [(month, str(1 + place % 12)) for place, month in enumerate(MONTHS)]
        months = dict(reversed(pairs))
        return ref(
            self._derived("month number", looked_up(name, months.items(), "double", "1", None))
        )

    def _hour(self) -> str:
        if "hour_of_12" not in self.places:
            return self._or("hour", 0)
        hour = _modulo(ref(self.number("hour_of_12")), 12)
        if "half" not in self.places:
            return hour
        half = apply("lowercase", ref(self.field("half")))
        return apply("+", hour, apply("if", apply("equal", half, text("pm")), 12.0, 0.0))

    def _ahead(self) -> str:
        """Count the seconds of an offset; 0 for `Z` and where there is none."""
        offset = self.field("offset")
        pattern = text(OFFSET_PARTS.removesuffix("$") + r"\z")
        is_offset = apply("matches", ref(offset), pattern)
        units = []
        for place, unit in ((2, 3600.0), (3, 60.0), (4, 1.0)):
            digits = apply("replace", ref(offset), pattern, text(f"0${place}"))
            part = given(offset, apply("if", is_offset, digits, text("0")))
            units.append(apply("*", unit, ref(self._derived(f"offset part {place}", part))))
        size = apply("+", apply("+", *units[:2]), units[2])
        is_behind = apply("matches", ref(offset), text("^-"))
        return apply("if", is_behind, apply("-", 0.0, size), size)

    def _part(self, name: str, before: str = "", after: str = "") -> str:
        rewrite = text(before + rewritten(rf"\{self.places[name]}") + after)
        return apply("replace", ref(self.written), text(self._pattern), rewrite)

    def _text(self, hint: str, expression: str) -> str:
        name = f"{self._name} ({hint})"
        return self._fields.derived(name, expression, "string", "categorical")

    def _derived(self, hint: str, expression: str) -> str:
        key = ("moment number", self._name, hint)
        name = f"{self._name} ({hint})"
        whole = given(self.written, expression)
        return self._fields.field(key, lambda: self._fields.derived(name, whole))


def _plain(pattern: str) -> str:
    """Write a pattern of RE2 for others: no names of groups, and blanks one by one."""
    plain = re.sub(r"\(\?P<\w+>", "(", pattern)
    plain = re.sub(r"\\x\{(\w+)\}", lambda found: chr(int(found[1], 16)), plain)
    plain = plain.replace(r"\s", _RE2_BLANKS).removeprefix("(?i)").removesuffix("$")
    return rf"(?iu){plain}\z"


def _modulo(value: str, divisor: float) -> str:
    return apply("-", value, apply("*", divisor, floor_divided(value, divisor)))


def _days(year: str, month: str, day: str) -> str:
    """Count the days from 1970-01-01 to a date, as `calendar_arithmetic` does."""
    before_march = floor_divided(apply("-", 14.0, month), 12)
    year = apply("-", year, before_march)
    march_month = apply("-", apply("+", month, apply("*", 12.0, before_march)), 3.0)
    of_month = floor_divided(apply("+", apply("*", 153.0, march_month), 2.0), 5)
    era = floor_divided(year, 400)
    of_year = apply("-", apply("+", of_month, day), 1.0)
    year_of_era = _modulo(year, 400)
    leap = apply("-", floor_divided(year_of_era, 4), floor_divided(year_of_era, 100))
    of_era = apply("+", apply("+", apply("*", 365.0, year_of_era), leap), of_year)
    return apply("-", apply("+", apply("*", 146_097.0, era), of_era), 719_468.0)
