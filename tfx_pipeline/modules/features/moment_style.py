"""Moments as a table writes them, read by a pattern of `strptime` or as ISO 8601.

Imports neither TensorFlow nor Arrow: the configuration is checked with it. The graph
(`moment_text`) and Arrow (`seconds_of`) take cells apart by the same pattern of RE2.

Terms:
    code: `%d` and the like, as in Python's `datetime.strptime`; names of months and days are the
        English ones, in any case.
    field: what a code says of a moment, see `calendar_arithmetic`; `month_name` and `offset` are
        texts.
    offset: `+0200`, `+02:00` or `Z`: how far a clock is ahead of UTC.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tfx_pipeline.modules.features.calendar_arithmetic import seconds_of_fields
from tfx_pipeline.modules.features.time_zone import read_zone

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ISO_8601 = "iso8601"
"""Instead of a pattern: `2026-11-29`, `2026-11-29 15:18`, `2026-11-29T15:18:23.5+01:00`."""
TEXT_FIELDS = ("month_name", "half", "fraction", "offset")
OFFSET_PARTS = r"^([+-])([0-9]{2}):?([0-9]{2})?:?([0-9]{2})?$"
"""Of an offset that is not `Z`: its sign, hours, minutes and seconds."""

_LONG_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
_SHORT_MONTHS = tuple(month[:3] for month in _LONG_MONTHS)
MONTHS = (*_SHORT_MONTHS, *_LONG_MONTHS)
"""A name's place, modulo 12, is its month from 0."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOUR, _MINUTE = "2[0-3]|[01][0-9]", "[0-5][0-9]"
_CODES: dict[str, tuple[str, str]] = {
    "Y": ("year", "[0-9]{4}"),
    "y": ("short_year", "[0-9]{2}"),
    "m": ("month", "1[0-2]|0[1-9]|[1-9]"),
    "b": ("month_name", "|".join(_SHORT_MONTHS)),
    "B": ("month_name", "|".join(_LONG_MONTHS)),
    "d": ("day", "3[01]|[12][0-9]|0[1-9]|[1-9]| [1-9]"),
    "H": ("hour", f"{_HOUR}|[0-9]"),
    "I": ("hour_of_12", "1[0-2]|0[1-9]|[1-9]"),
    "p": ("half", "am|pm"),
    "M": ("minute", f"{_MINUTE}|[0-9]"),
    "S": ("second", f"{_MINUTE}|[0-9]"),
    "f": ("fraction", "[0-9]{1,6}"),
    "z": (
        "offset",
        f"[+-](?:{_HOUR})(?::{_MINUTE}(?::{_MINUTE})?|{_MINUTE}(?:{_MINUTE})?)|(?-i:Z)",
    ),
    "a": ("", "|".join(day[:3] for day in _DAYS)),  # says nothing that the date does not
    "A": ("", "|".join(_DAYS)),
}
"""By code: the field, and how it is written; the order of alternatives is that of `strptime`."""
_SAYS = {"short_year": "year", "month_name": "month", "hour_of_12": "hour"}
_BLANK = r"[\s\x{a0}\x{202f}]"
_ISO = (
    r"(?P<year>[0-9]{4})-(?P<month>1[0-2]|0[1-9])-(?P<day>3[01]|[12][0-9]|0[1-9])"
    rf"(?:[T ](?P<hour>{_HOUR}):(?P<minute>{_MINUTE})"
    rf"(?::(?P<second>{_MINUTE})(?:[.,](?P<fraction>[0-9]{{1,9}}))?)?"
    rf" ?(?P<offset>Z|[+-](?:{_HOUR})(?::?{_MINUTE})?)?)?"
)


@dataclass(frozen=True)
class MomentStyle:
    """How the moments of a column are written.

    Attributes:
        pattern: a regular expression of RE2 for a whole cell, with a named group a field.
    """

    pattern: str

    @functools.cached_property
    def fields(self) -> tuple[str, ...]:
        """The fields, in the order of their groups; at most nine."""
        return tuple(re.findall(r"\(\?P<(\w+)>", self.pattern))


def read_pattern(pattern: str) -> MomentStyle:
    """Read a pattern of `strptime`, or `ISO_8601`.

    Raises:
        ValueError: a code is unknown, or two say the same, or there is none.
    """
    if pattern == ISO_8601:
        return MomentStyle(_whole(_ISO))
    parts: list[str] = []
    said: set[str] = set()
    for code, blank, literal in re.findall(r"%(.?)|(\s+)|([^%\s]+)", pattern, re.DOTALL):
        if blank or literal:
            parts.append(f"{_BLANK}+" if blank else re.escape(literal))
        elif code == "%":
            parts.append("%")
        elif code not in _CODES:
            raise _error(pattern, f"holds `%{code}`")
        else:
            field, written = _CODES[code]
            says = _SAYS.get(field, field) or "weekday"
            if says in said:
                raise _error(pattern, f"says the {says} twice")
            said.add(says)
            parts.append(f"(?P<{field}>{written})" if field else f"(?:{written})")
    if not said - {"weekday", "half"}:
        raise _error(pattern, "says nothing of a moment")
    return MomentStyle(_whole("".join(parts)))


def seconds_of(texts: Any, pattern: str, zone: str | None = None) -> NDArray[np.float64]:
    """Read the cells of a column: `[rows] float64`, seconds since 1970-01-01 00:00 UTC.

    Args:
        texts: an array of Arrow, of strings or of a dictionary of them, in chunks or not.
        pattern: see `read_pattern`.
        zone: that a cell without an offset is in, by its name of IANA; None: UTC.

    Returns:
        NaN where a cell is null or no such moment, or is a date that does not exist.

    Raises:
        ValueError: the pattern or the zone cannot be read.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    style = read_pattern(pattern)
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    if pa.types.is_dictionary(texts.type):
        codes = pc.fill_null(texts.indices, -1).to_numpy()
        return np.append(seconds_of(texts.dictionary, pattern, zone), np.nan)[codes]
    texts = pc.ascii_trim_whitespace(pc.cast(texts, pa.string()))
    groups = pc.extract_regex(texts, style.pattern)
    found = {
        name: pc.fill_null(pc.struct_field(groups, [place]), "")
        for place, name in enumerate(style.fields)
    }
    fields = {name: _numbers(text) for name, text in found.items() if name not in TEXT_FIELDS}
    if "month_name" in found:
        places = pc.index_in(pc.utf8_lower(found["month_name"]), pa.array(MONTHS))
        fields["month"] = 1 + pc.fill_null(places, 0).to_numpy().astype(np.int64) % 12
    if "half" in found:
        fields["half"] = _is(pc.utf8_lower(found["half"]), "pm").astype(np.int64)
    has_offset = np.zeros(len(texts), bool)
    if "offset" in found:
        has_offset = ~_is(found["offset"], "")
        fields["ahead"] = _ahead(found["offset"])
    seconds, is_date = seconds_of_fields(fields)
    if zone is not None:
        seconds = seconds - np.where(has_offset, 0, read_zone(zone).ahead_when(seconds))
    moments = np.broadcast_to(seconds, len(texts)).astype(np.float64)
    if "fraction" in found:
        moments += _floats(found["fraction"])
    is_moment = is_date & ~pc.is_null(groups).to_numpy(zero_copy_only=False)
    return np.where(is_moment, moments, np.nan)


def _whole(pattern: str) -> str:
    return f"(?i)^{pattern}$"


def _error(pattern: str, how: str) -> ValueError:
    codes = " ".join(f"%{code}" for code in (*_CODES, "%"))
    return ValueError(
        f"it {how}: received {pattern!r}; allowed: the codes {codes} of strptime, each"
        f" field once, with other characters between them, or {ISO_8601}"
    )


def _numbers(texts: Any) -> NDArray[np.int64]:
    """Read digits, perhaps with a blank before them; 0 where there are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.replace_substring(texts, " ", "")
    return pc.cast(pc.binary_join_element_wise("0", digits, ""), pa.int64()).to_numpy()


def _floats(texts: Any) -> NDArray[np.float64]:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.cast(pc.binary_join_element_wise("0.", texts, "0", ""), pa.float64()).to_numpy()


def _is(texts: Any, value: str) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    return pc.equal(texts, value).to_numpy(zero_copy_only=False)


def _ahead(offsets: Any) -> NDArray[np.int64]:
    """Read offsets: seconds; 0 for `Z` and where there is none."""
    import numpy as np
    import pyarrow.compute as pc

    is_offset = pc.match_substring_regex(offsets, OFFSET_PARTS)

    def part(place: int) -> NDArray[np.int64]:
        texts = pc.replace_substring_regex(offsets, OFFSET_PARTS, rf"\{place}")
        return _numbers(pc.if_else(is_offset, texts, ""))

    size = 3600 * part(2) + 60 * part(3) + part(4)
    is_behind = pc.starts_with(offsets, "-").to_numpy(zero_copy_only=False)
    return np.where(is_behind, -size, size)
