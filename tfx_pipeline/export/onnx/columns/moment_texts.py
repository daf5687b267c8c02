"""Moments out of texts: as `features.moment_text` reads them.

What is no moment is told by the style's own pattern. Of what is one, each run of digits is a field,
in the order of the pattern, but for those of an offset, which stand last behind a sign of their
own; `unreadable` says where that is not so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfx_pipeline.export.onnx.columns.digits import Pieces, is_written, only, times_ten_to
from tfx_pipeline.export.onnx.columns.int64 import Int64
from tfx_pipeline.export.onnx.columns.texts import BLANKS, looked_up, row_sum, tokens
from tfx_pipeline.export.onnx.graph import Graph
from tfx_pipeline.export.onnx.searching import counted_below
from tfx_pipeline.modules.description.columns import MomentParse
from tfx_pipeline.modules.features.calendar_arithmetic import seconds_of_fields
from tfx_pipeline.modules.features.moment_style import ISO_8601, MONTHS, read_pattern
from tfx_pipeline.modules.features.time_zone import read_zone

_PLUS, _MINUS = 10, 11
_DIGITS = {
    "Y": "year",
    "y": "short_year",
    "m": "month",
    "d": "day",
    "H": "hour",
    "I": "hour_of_12",
    "M": "minute",
    "S": "second",
    "f": "fraction",
}
_ISO = "%Y-%m-%dT%H:%M:%S.%f%z"  # but for what may be left out, and for other marks between
_HALVES = ("am", "pm")


@dataclass(frozen=True)
class _Parts:
    """What a pattern is made of.

    Attributes:
        parts: codes, of one letter, and what stands between them.
    """

    parts: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, pattern: str) -> _Parts:
        """Take a pattern apart into (code, "") and ("", words)."""
        pattern = _ISO if pattern == ISO_8601 else pattern
        found = re.findall(r"%(.)|([^%]+)", pattern, re.DOTALL)
        return cls(tuple(("", "%") if code == "%" else (code, words) for code, words in found))

    @property
    def codes(self) -> str:
        """All codes."""
        return "".join(code for code, _ in self.parts)

    @property
    def words(self) -> str:
        """All that stands between them."""
        return " ".join(words for _, words in self.parts)

    @property
    def fields(self) -> list[str]:
        """The fields that are digits, in order."""
        return [_DIGITS[code] for code in self.codes if code in _DIGITS]


def unreadable(pattern: str) -> str | None:
    """Say why moments so written cannot be taken apart; None: they can."""
    made = _Parts.read(pattern)
    pairs = zip(made.parts, made.parts[1:], strict=False)
    if any(
        first[0] in _DIGITS and second[0] in _DIGITS
        for first, second in pairs
        if first[0] and second[0]
    ):
        return "two fields have nothing between them"
    if any(character.isdigit() for character in made.words):
        return "digits stand between its fields"
    if pattern != pattern.strip():
        return "it begins or ends with a blank"
    if "z" in made.codes and made.parts[-1][0] != "z":
        return "something stands behind the offset"
    if any(name in made.words.lower() for name in (*MONTHS, *_HALVES)):
        return "what stands between its fields could be a month, or am or pm"
    return None


def moments_of_texts(graph: Graph, texts: str, parse: MomentParse) -> str:
    """Read texts `[batch]` as seconds since 1970 in UTC: float64; NaN where one is none."""
    made, style = _Parts.read(parse.pattern), read_pattern(parse.pattern)
    inner = style.pattern.removeprefix("(?i)^").removesuffix("$")
    is_moment = is_written(graph, texts, f"(?i)^[{BLANKS}]*{inner}[{BLANKS}]*$")
    texts = only(graph, is_moment, texts)
    signs = {"+": _PLUS, "-": _MINUS}
    pieces = Pieces(graph, texts, "[0-9]|[+-]|[^0-9+-]+", signs)
    is_digit, has_offset, fields = pieces.is_digit, None, dict[str, Any]()
    if "z" in made.codes:
        is_behind = _is_behind_signs(pieces, sum(made.words.count(sign) for sign in signs))
        is_digit = pieces.both(is_digit, pieces.neither(is_behind))
        is_utc = is_written(graph, texts, f"[Zz][{BLANKS}]*$")
        has_offset = graph.add("Or", pieces.has(is_behind), is_utc)
        fields["ahead"] = _ahead(pieces, is_behind)
    runs, masks = _runs(pieces, is_digit), dict[str, str]()
    for place, field in enumerate(made.fields, 1):
        is_run = graph.add("Equal", runs, graph.table(place, np.int64))
        masks[field] = pieces.both(is_digit, is_run)
    fraction = masks.pop("fraction", None)
    fields |= {field: _whole(pieces, mask) for field, mask in masks.items()}
    fields |= _names(graph, texts, made.codes)
    seconds, is_date = seconds_of_fields(fields)
    if parse.zone is not None:
        seconds = seconds - _ahead_in_zone(graph, seconds, parse.zone, has_offset)
    moments = graph.cast(seconds.value, np.float64)
    if fraction is not None:
        digits = graph.add("Squeeze", pieces.count(fraction), graph.table([1], np.int64))
        share = times_ten_to(graph, pieces.number(fraction), graph.add("Neg", digits))
        moments = graph.add("Add", moments, share)
    if isinstance(is_date, Int64):
        is_moment = graph.add("And", is_moment, is_date.value)
    return graph.add("Where", is_moment, moments, graph.table(np.nan, np.float64))


def _whole(pieces: Pieces, mask: str) -> Int64:
    return Int64(pieces.graph, pieces.graph.cast(pieces.number(mask), np.int64))


def _is_behind_signs(pieces: Pieces, count: int) -> str:
    """Mask what stands behind more than so many signs, with the last of them."""
    seen = pieces.seen(pieces.are(range(_PLUS, _MINUS + 1)))
    return pieces.graph.add("Greater", seen, pieces.graph.table(count, np.int64))


def _runs(pieces: Pieces, is_digit: str) -> str:
    """Number the runs of digits from 1: int64, of each piece that of the last run so far."""
    moved = pieces.graph.table([0, 1, 0, -1], np.int64)
    before = pieces.graph.add("Pad", pieces.graph.cast(is_digit, np.int64), moved)
    is_new = pieces.graph.add("Equal", before, pieces.graph.table(0, np.int64))
    return pieces.seen(pieces.both(is_digit, is_new))


def _ahead(pieces: Pieces, is_behind: str) -> Int64:
    """Read an offset, of two, four or six digits or none: seconds."""
    graph = pieces.graph
    mask = pieces.both(pieces.is_digit, is_behind)
    count = graph.add("Squeeze", pieces.count(mask), graph.table([1], np.int64))
    power = graph.add("Gather", graph.table([10**x for x in range(6, -1, -1)], np.int64), count)
    six = _whole(pieces, mask) * Int64(graph, power)
    seconds = 3600 * (six // 10_000) + 60 * (six // 100 % 100) + six % 100
    is_negative = pieces.has(pieces.both(pieces.are([_MINUS]), is_behind))
    return seconds * (1 - 2 * Int64(graph, graph.cast(is_negative, np.int64)))


def _names(graph: Graph, texts: str, codes: str) -> dict[str, Int64]:
    """Read the name of a month, and am or pm."""
    fields = {}
    small = graph.add("StringNormalizer", texts, case_change_action="LOWER", locale="C")
    if "b" in codes or "B" in codes:
        names = sorted(dict.fromkeys(MONTHS), key=lambda name: -len(name))
        place = _place(graph, small, names)
        months = graph.table([0, *(MONTHS.index(name) % 12 for name in names)], np.int64)
        fields["month"] = 1 + Int64(graph, graph.add("Gather", months, place))
    if "p" in codes:
        fields["half"] = Int64(graph, _place(graph, small, _HALVES)) - 1
    return fields


def _place(graph: Graph, texts: str, names: Any) -> str:
    """Tell which of the names stands in a text, from 1; 0 where none does."""
    found = tokens(graph, texts, "|".join(names))
    return row_sum(graph, looked_up(graph, found, list(names)))


def _ahead_in_zone(graph: Graph, seconds: Int64, zone: str, has_offset: str | None) -> Int64:
    """Tell how far clocks of the zone that show this are ahead; 0 where a text says it itself."""
    table = read_zone(zone)
    moves = counted_below(graph, seconds.value, [table.local_moves], np.int64)
    ahead = graph.add("Gather", graph.table(table.offsets, np.int64), moves, axis=0)
    ahead = graph.add("Reshape", ahead, graph.table([-1], np.int64))
    if has_offset is not None:
        ahead = graph.add("Where", has_offset, graph.table(0, np.int64), ahead)
    return Int64(graph, ahead)
