"""Operations on moments: parts of the date and time, and the turns of day, week and year.

The arithmetic is that of `features.timestamps`, in int64.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from tfx_pipeline.export.onnx.columns.cells import Cells
from tfx_pipeline.export.onnx.features.rows import Rows
from tfx_pipeline.export.onnx.graph import Graph, column
from tfx_pipeline.export.onnx.searching import counted_below
from tfx_pipeline.modules.description.operations import (
    CalendarId,
    CalendarPart,
    Clock,
    Periodic,
)
from tfx_pipeline.modules.features.calendar_arithmetic import DAY, DAYS_BEFORE_MONTH, WEEK, YEAR
from tfx_pipeline.modules.features.time_zone import read_zone


def calendar_ids(graph: Graph, cells: Cells, operations: Sequence[CalendarId]) -> list[Rows]:
    """Give parts of dates and times as ids."""
    shown = _Shown(graph, cells, [x.clock for x in operations])
    by_part: dict[CalendarPart, list[CalendarId]] = {}
    for each in operations:
        by_part.setdefault(each.part, []).append(each)
    ids, missing = [], []
    for part, alike in by_part.items():
        clocks = [x.clock for x in alike]
        ids.append(shown.taken(_PARTS[part](shown), clocks))
        missing.append(shown.taken(shown.missing, clocks))
    counted = graph.cast(graph.add("Add", graph.joined(ids), shown.number(1)), np.int32)
    found = graph.add("Where", graph.joined(missing), graph.table(0, np.int32), counted)
    return [Rows(found, [(x.output, 0) for alike in by_part.values() for x in alike])]


def turns(graph: Graph, cells: Cells, operations: Sequence[Periodic]) -> list[Rows]:
    """Give sine and cosine of how much of a day, week and year has passed."""
    shown = _Shown(graph, cells, [x.clock for x in operations])
    monday = graph.add("Add", shown.clock, shown.number(3 * DAY))
    of_days = graph.add("Mul", shown.year_day(shown.days), shown.number(DAY))
    passed = [
        (shown.second_of_day, DAY),
        (graph.add("Mod", monday, shown.number(WEEK)), WEEK),
        (graph.add("Add", of_days, shown.second_of_day), YEAR),
    ]
    shares = [
        graph.add("Div", graph.cast(seconds, np.float64), graph.table(unit, np.float64))
        for seconds, unit in passed
    ]
    angles = graph.add("Mul", graph.joined(shares), graph.table(2 * math.pi, np.float64))
    # onnxruntime 1.16 has no cosine of float64.
    ahead = graph.add("Add", angles, graph.table(math.pi / 2, np.float64))
    waves = graph.cast(graph.add("Sin", graph.joined([angles, ahead])), np.float32)
    missing = graph.joined([shown.missing] * 6)
    found = graph.add("Where", missing, graph.table(0, np.float32), waves)
    rows = [
        (wave + 2 * turn, place)
        for wave in (0, 1)
        for turn in range(3)
        for place in shown.clocks.values()
    ]
    output = {x.clock: x.output for x in operations}
    clocks = list(shown.clocks)
    return [Rows(found, [(output[clocks[place]], part) for part, place in rows])]


class _Shown:
    """What clocks show, each of them once: `[clocks, batch]`.

    Attributes:
        clocks: their rows.
        clock: seconds since 1970-01-01 00:00 as they show it.
        missing: bool.
    """

    def __init__(self, graph: Graph, cells: Cells, clocks: Sequence[Clock]) -> None:
        self._graph = graph
        # Those of one zone stand together.
        ordered = sorted(dict.fromkeys(clocks), key=lambda clock: clock.zone or "")
        self.clocks = {clock: place for place, clock in enumerate(ordered)}
        names = [clock.column for clock in ordered]
        self.missing = cells.numbers(names)[1]
        seconds = cells.whole(names)
        if any(clock.per_second != 1 for clock in ordered):
            units = graph.table(column([clock.per_second for clock in ordered], np.int64))
            seconds = graph.floor_div(seconds, units)[0]
        self.clock = self._in_zones(seconds, [clock.zone for clock in ordered])
        self.days, self.second_of_day = graph.floor_div(self.clock, self.number(DAY))

    def number(self, value: int) -> str:
        """Give an int64 as a table."""
        return self._graph.table(value, np.int64)

    def taken(self, value: str, clocks: Sequence[Clock]) -> str:
        """Take the rows of these clocks."""
        return self._graph.taken(value, [self.clocks[x] for x in clocks], len(self.clocks))

    def quotient(self, value: str, divisor: int) -> str:
        """Divide what is not negative."""
        return self._graph.add("Div", value, self.number(divisor))

    def left(self, value: str, divisor: int) -> str:
        """Give what is left by a division, from 0 on."""
        return self._graph.add("Mod", value, self.number(divisor))

    def _in_zones(self, seconds: str, zones: Sequence[str | None]) -> str:
        """Move UTC to what is shown; clocks of one zone stand together."""
        parts = []
        for zone in dict.fromkeys(zones):
            rows = [place for place, each in enumerate(zones) if each == zone]
            part = self._graph.taken(seconds, rows, len(zones))
            if zone is not None:
                table = read_zone(zone)
                moves = counted_below(self._graph, part, [table.moves] * len(rows), np.int64)
                offsets = self._graph.table(table.offsets, np.int64)
                ahead = self._graph.add("Gather", offsets, moves, axis=0)
                part = self._graph.add("Add", part, ahead)
            parts.append(part)
        return self._graph.joined(parts)

    @property
    def weekday(self) -> str:
        """The day of the week from 0, a Monday."""
        return self.left(self._graph.add("Add", self.days, self.number(3)), 7)

    def date(self, days: str) -> tuple[str, str, str]:
        """Give year, month and day of the month of days since 1970, the last two from 0."""
        add = self._graph.add
        moved = add("Add", days, self.number(719_468))  # from 0000-03-01
        era, day_of_era = self._graph.floor_div(moved, self.number(146_097))
        leaps = add("Sub", day_of_era, self.quotient(day_of_era, 1460))
        leaps = add("Add", leaps, self.quotient(day_of_era, 36_524))
        leaps = add("Sub", leaps, self.quotient(day_of_era, 146_096))
        year = self.quotient(leaps, 365)
        before = add("Mul", year, self.number(365))
        before = add("Add", before, self.quotient(year, 4))
        before = add("Sub", before, self.quotient(year, 100))
        day_of_year = add("Sub", day_of_era, before)
        fifths = add("Mul", day_of_year, self.number(5))
        march_month = self.quotient(add("Add", fifths, self.number(2)), 153)
        month_start = add("Add", add("Mul", march_month, self.number(153)), self.number(2))
        day = add("Sub", day_of_year, self.quotient(month_start, 5))
        month = self.left(add("Add", march_month, self.number(2)), 12)
        is_next_year = self._graph.cast(add("Less", month, self.number(2)), np.int64)
        years = add("Add", year, add("Mul", era, self.number(400)))
        return add("Add", years, is_next_year), month, day

    def year_day(self, days: str) -> str:
        """Give the day of the year from 0."""
        add = self._graph.add
        year, month, day = self.date(days)
        of_four, of_hundred, of_four_hundred = (
            add("Equal", self.left(year, divisor), self.number(0)) for divisor in (4, 100, 400)
        )
        is_leap = add("And", of_four, add("Or", add("Not", of_hundred), of_four_hundred))
        is_behind = add("And", is_leap, add("Greater", month, self.number(1)))
        table = self._graph.table(DAYS_BEFORE_MONTH, np.int64)
        before = add("Add", add("Gather", table, month, axis=0), day)
        return add("Add", before, self._graph.cast(is_behind, np.int64))

    def week(self) -> str:
        """Count weeks from the first one with four days or more in the year: see there."""
        ahead = self._graph.add("Sub", self.number(3), self.weekday)
        # In seconds, not in days: what runs over at the end of int64 shall do so as in the model.
        seconds = self._graph.add("Mul", ahead, self.number(DAY))
        thursday = self._graph.add("Add", self.clock, seconds)
        days = self._graph.floor_div(thursday, self.number(DAY))[0]
        return self.quotient(self.year_day(days), 7)


_PARTS: dict[CalendarPart, Callable[[_Shown], str]] = {
    "minute": lambda shown: shown.left(shown.quotient(shown.second_of_day, 60), 60),
    "hour": lambda shown: shown.quotient(shown.second_of_day, 3600),
    "weekday": lambda shown: shown.weekday,
    "month_day": lambda shown: shown.date(shown.days)[2],
    "week": _Shown.week,
    "month": lambda shown: shown.date(shown.days)[1],
    "quarter": lambda shown: shown.quotient(shown.date(shown.days)[1], 3),
    "year_day": lambda shown: shown.year_day(shown.days),
}
