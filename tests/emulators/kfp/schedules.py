"""What the API server takes for a cron schedule.

apiserver/server/api_converter.go hands the text to Parse of robfig/cron v1 (parser.go, spec.go);
the schedule's controller parses it again (crd/controller/scheduledworkflow/util/cron_schedule.go),
in the time zone of its own setting CRON_SCHEDULE_TIMEZONE: the text names none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from tests.emulators.kfp.refusals import Refused

_WORDS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
_DURATION = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]


@dataclass(frozen=True)
class _Field:
    lowest: int
    highest: int
    names: dict[str, int] = field(default_factory=dict)


_FIELDS = (
    *(_Field(0, 59), _Field(0, 59), _Field(0, 23), _Field(1, 31)),
    _Field(1, 12, {name: i for i, name in enumerate(_MONTHS, 1)}),
    _Field(0, 6, {name: i for i, name in enumerate(_DAYS)}),
)


def check_schedule(text: str) -> None:
    """Refuse what the server does.

    The weekday is the field that may be left out: five are second, minute, hour, day and month.
    """
    if not text:
        raise Refused("schedule", "Empty spec string")
    if text.startswith("@"):
        _check_word(text)
        return
    fields = text.split()
    if not 5 <= len(fields) <= 6:
        raise Refused("schedule", f"Expected 5 to 6 fields, found {len(fields)}: {text}")
    for said, known in zip(fields, _FIELDS, strict=False):
        for part in filter(None, said.split(",")):
            _check_range(part, known)


def _check_word(text: str) -> None:
    if text.startswith("@every "):
        rest = text.removeprefix("@every ")
        if not re.fullmatch(f"({_DURATION.pattern})+", rest):
            raise Refused("schedule", f"Failed to parse duration {text}")
    elif text not in _WORDS:
        raise Refused("schedule", f"Unrecognized descriptor: {text}")


def _check_range(text: str, known: _Field) -> None:
    span, *step = text.split("/")
    low, *high = span.split("-")
    if low in ("*", "?"):
        start, end = known.lowest, known.highest
    else:
        start = end = _number(low, known)
        end = _number(high[0], known) if high else end
    if len(high) > 1 or len(step) > 1:
        raise Refused("schedule", f"Too many {'hyphens' if len(high) > 1 else 'slashes'}: {text}")
    every = _number(step[0], _Field(0, 0)) if step else 1
    if step and low not in ("*", "?") and not high:
        end = known.highest
    for is_wrong, said in (
        (start < known.lowest, f"Beginning of range ({start}) below minimum ({known.lowest})"),
        (end > known.highest, f"End of range ({end}) above maximum ({known.highest})"),
        (start > end, f"Beginning of range ({start}) beyond end of range ({end})"),
        (every == 0, "Step of range should be a positive number"),
    ):
        if is_wrong:
            raise Refused("schedule", f"{said}: {text}")


def _number(text: str, known: _Field) -> int:
    if text.lower() in known.names:
        return known.names[text.lower()]
    if not re.fullmatch(r"[-+]?\d+", text):
        raise Refused("schedule", f"Failed to parse int from {text}")
    if int(text) < 0:
        raise Refused("schedule", f"Negative number ({text}) not allowed: {text}")
    return int(text)
