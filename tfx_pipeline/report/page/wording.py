"""How figures, sizes and texts are written on the page."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from tfx_pipeline.evaluation.gates import figure
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.judged import ends_text
from tfx_pipeline.wording import mebibytes, percent, shortened

NOTHING = "–"
NBSP = "\N{NO-BREAK SPACE}"
"""Keeps a number and its unit, or an interval, on one line."""
_LONGEST = 200
"""Of a text that comes from data."""


def number(value: float | None) -> str:
    """Write a figure; a dash where there is none."""
    return minus(figure(value)) if value is not None and math.isfinite(value) else NOTHING


def minus(text: str) -> str:
    """Write the sign of a number as one."""
    return f"−{text[1:]}" if text.startswith("-") else text


def ends(interval: Interval) -> str:
    """Write the interval of a figure."""
    if not (math.isfinite(interval.low) and math.isfinite(interval.high)):
        return NOTHING
    low, _, high = ends_text(interval.low, interval.high).partition(" to ")
    return f"{minus(low)} to {minus(high)}"


def signed(value: float) -> str:
    """Write a change."""
    return f"+{figure(value)}" if value > 0 else minus(figure(value))


def size(count: int | None) -> str:
    """Write a number of bytes."""
    if count is None:
        return NOTHING
    if count < 1 << 10:
        return f"{count}{NBSP}B"
    return (
        f"{count / 1024:,.0f}{NBSP}KiB" if count < 1 << 20 else mebibytes(count).replace(" ", NBSP)
    )


def duration(seconds: float) -> str:
    """Write a time."""
    if seconds < 60:
        return f"{seconds:.1f}{NBSP}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}{NBSP}h" if hours else f"{minutes}:{rest:02}{NBSP}min"


def share(value: float | None) -> str:
    """Write a share."""
    if value is None or not math.isfinite(value):
        return NOTHING
    return f"0{NBSP}%" if not value else percent(value).replace(" ", NBSP)


def moment(text: str) -> str:
    """Write a time of ISO 8601 for people."""
    try:
        return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M %z").strip()
    except ValueError:
        return text or NOTHING


def value_text(value: Any) -> str:
    """Write any value of a table of figures."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return number(value)
    if isinstance(value, dict):
        return ", ".join(f"{name} {value_text(each)}" for name, each in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(value_text, value))
    return shortened(str(value), _LONGEST)


def sentence(text: str) -> str:
    """Write what a check says as a sentence; a name at its beginning stays as it is."""
    whole = text if text.endswith((".", "!", "?")) or not text else f"{text}."
    return (whole[:1].upper() + whole[1:]).replace(" %", f"{NBSP}%")


def name_of(key: str) -> str:
    """Write the name of a figure for people."""
    return key.replace("_", " ")
