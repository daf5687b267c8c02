"""Moments written as in ISO 8601, read without TensorFlow."""

from __future__ import annotations

import datetime
import re

_ISO = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2})?(?:\.(\d{1,6})\d*)?)?\s*(Z|[+-]\d{2}:?\d{2})?"
)
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_MICROSECOND = datetime.timedelta(microseconds=1)


def microseconds_of(text: str) -> int | None:
    """Read a moment as microseconds since 1970; None: it is none. Without a zone, it is in UTC."""
    match = _ISO.fullmatch(text.strip())
    if not match:
        return None
    day, minute, second, fraction, zone = match.groups()
    zone = (zone or "Z").replace("Z", "+00:00")
    zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
    whole = f"{day}T{minute or '00:00'}{second or ':00'}.{(fraction or '').ljust(6, '0')}{zone}"
    try:
        return (datetime.datetime.fromisoformat(whole) - _EPOCH) // _MICROSECOND
    except ValueError:  # such as the 30th of February
        return None
