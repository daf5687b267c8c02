"""Schedules as cron says them, read as strictly as those who will run them.

Kubeflow Pipelines reads them by `cron.Parse` of github.com/robfig/cron v1.2.0 (`parser.go`; its
caller is `ValidateCreateJobRequest`'s `cron.Parse` in
`backend/src/apiserver/server/api_converter.go`): seconds first, names of months and weekdays,
`@daily`, and no time zone. Vertex AI reads five fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_DESCRIPTORS = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]
# Go's time.ParseDuration: numbers with units, at least one.
_DURATION = re.compile(r"[+-]?(0|((\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h))+)")
_ATOI = re.compile(r"[+-]?[0-9]+", re.ASCII)


@dataclass(frozen=True)
class _Field:
    """A place of a schedule and the whole numbers that it takes."""

    name: str
    least: int
    most: int
    names: Mapping[str, int]


_FIVE = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day", 1, 31, {}),
    _Field("month", 1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    _Field("weekday", 0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_SIX = (_Field("second", 0, 59, {}), *_FIVE)
_FIVE_OF_VERTEX = (*_FIVE[:-1], replace(_FIVE[-1], most=7))  # 7 is Sunday as well


def with_seconds(schedule: str) -> str:
    """Write a schedule of five fields as Kubeflow Pipelines reads it: seconds first."""
    fields = schedule.split()
    return " ".join(["0", *fields] if len(fields) == 5 else fields)


def wrong_for_kubeflow(schedule: str) -> str | None:
    """Say why Kubeflow Pipelines would refuse a schedule, which `with_seconds` wrote, if so."""
    if schedule.startswith("@"):
        return _wrong_descriptor(schedule)
    fields = schedule.split()
    if len(fields) not in (5, 6):  # its last may be missing
        return f"it has {len(fields)} fields"
    return _wrong(fields, _SIX)


def wrong_for_vertex(schedule: str) -> str | None:
    """Say why Vertex AI would refuse a schedule, if it would; a time zone goes before it."""
    fields = schedule.split()
    if fields[0].startswith("TZ="):
        fields = fields[1:]
    return f"it has {len(fields)} fields" if len(fields) != 5 else _wrong(fields, _FIVE_OF_VERTEX)


def _wrong_descriptor(schedule: str) -> str | None:
    every, _, duration = schedule.partition(" ")
    if schedule in _DESCRIPTORS or (every == "@every" and _DURATION.fullmatch(duration)):
        return None
    return f"`{schedule}` is none of {', '.join(_DESCRIPTORS)}, `@every 6h`"


def _wrong(fields: Sequence[str], places: Sequence[_Field]) -> str | None:
    for text, place in zip(fields, places, strict=False):
        for part in filter(None, text.split(",")):
            why = _wrong_part(part, place)
            if why:
                return f"{place.name} `{part}`: {why}"
    return None


def _wrong_part(part: str, place: _Field) -> str | None:
    """Judge `number | number-number`, with `/step` or without; see `getRange` there."""
    span, *steps = part.split("/")
    ends = span.split("-")
    if len(steps) > 1:
        return "more than one `/`"
    least, most = place.least, place.most
    if ends[0] not in ("*", "?"):
        if len(ends) > 2:
            return "more than one `-`"
        numbers = [_number(each, place.names) for each in ends]
        if None in numbers:
            return "no number" + (" and no name" if place.names else "")
        least = numbers[0] or 0
        most = place.most if len(ends) == 1 and steps else numbers[-1] or 0
    if steps and not _number(steps[0], {}):
        return "its step is no number above 0"
    if least < place.least or most > place.most or least > most:
        return f"{place.least} to {place.most}, the smaller first"
    return None


def _number(text: str, names: Mapping[str, int]) -> int | None:
    """Read a number as Go's `strconv.Atoi` does, or a name; none: neither, or below 0."""
    if text.lower() in names:
        return names[text.lower()]
    number = int(text) if _ATOI.fullmatch(text) else -1
    return number if number >= 0 else None
