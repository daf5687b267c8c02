"""Columns of dates and times as texts: which pattern of `strptime` reads them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.reading.arrow_arrays import strings
from tfx_pipeline.modules.features.moment_style import ISO_8601, seconds_of
from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.kinds.categories import without_marks
from tfx_pipeline.tables.kinds.guess import Guess
from tfx_pipeline.tables.kinds.missing_words import missing_feature
from tfx_pipeline.tables.plan import Alternative

_DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d.%m.%y"),
    *("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y"),
    *("%d-%m-%y", "%m-%d-%y", "%m.%d.%Y", "%m.%d.%y"),
    *("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %y", "%d. %B %Y", "%d/%b/%Y"),
    *("%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%B %d %Y", "%a, %d %b %Y", "%A, %B %d, %Y"),
)
_TIMES = (
    *("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", "T%H:%M", " %I:%M:%S %p", " %I:%M %p"),
    *(" %H:%M:%S.%f", "T%H:%M:%S.%f", " %I:%M%p", ", %H:%M", ", %H:%M:%S", ":%H:%M:%S"),
)
_ZONES = ("", "%z", " %z", " UTC", " GMT")
_HOURS_ALONE = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%M:%S")
_MONTHS_ALONE = ("%b-%Y", "%b %Y", "%B %Y", "%Y-%m", "%m/%Y", "%b-%y")
_PACKED = ("%Y%m%d", "%Y%m%d%H%M%S", "%Y%m%d%H%M")
_FORMS = {
    **dict.fromkeys(("%d", "%m", "%H", "%I", "%M", "%S"), r"\d{1,2}"),
    "%Y": r"\d{4}",
    "%y": r"\d{2}",
    "%f": r"\d{1,6}",
    "%p": "[ap]m",
    **dict.fromkeys(("%b", "%a"), "[a-z]{3}"),
    **dict.fromkeys(("%B", "%A"), "[a-z]{3,9}"),
    "%z": r"(?:Z|[+-]\d\d:?\d\d)",
}
_EITHER = re.compile("%([dm])[-/]%[dm][-/]")
"""Of which day and month may be the other way round in other countries."""
_SWAP = str.maketrans("md", "dm")
_PACKED_FORM = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(\d{4}(\d\d)?)?")
_HAS_DIGIT = re.compile(r"\d")
_LOOKED_AT = 20_000
_SHARE = 0.995
_FEWEST = 3
_FIRST, _LAST = -5_364_662_400.0, 7_258_118_400.0
"""1800 and 2200, in seconds since 1970: moments outside are of another pattern."""
_DAY = 86_400


def guess_moments(column: ColumnSample) -> Guess | None:
    """Say that a column of texts holds moments, if it does."""
    texts, _, marks = without_marks(column)
    if len(texts) < _FEWEST or not _HAS_DIGIT.search(texts[0]):
        return None
    some = texts[:: 1 + len(texts) // _LOOKED_AT]
    found = _read([*_candidates([text.strip() for text in some[:20]])], some)
    return _guess(found, some, marks) if found else None


def guess_packed(column: ColumnSample) -> Guess | None:
    """Say that a column of whole numbers holds dates such as 20261129, if it does."""
    if column.numbers is None:
        return None
    values = column.counted_numbers[0]
    if not 19_000_101 <= values[0] <= values[-1] < 2.2e13 or (values % 1).any():
        return None
    texts = [text for text in column.counted[0] if text not in column.marks]
    if len(texts) < _FEWEST or not all(map(_PACKED_FORM.fullmatch, texts[:100])):
        return None
    some = texts[:: 1 + len(texts) // _LOOKED_AT]
    found = _read(_PACKED, some)
    return _guess(found, some, column.marks) if found else None


def _candidates(texts: Sequence[str]) -> Iterator[str]:
    """Give the patterns whose form the first texts have, so that few are tried on all."""
    dates = [pattern for pattern in _DATES if all(_form(pattern).match(x) for x in texts)]
    for date, time, zone in product(dates, _TIMES, _ZONES):
        pattern = date + time + zone
        if (time or not zone) and all(_form(pattern).fullmatch(x) for x in texts):
            yield pattern
    alone = (*_HOURS_ALONE, *_MONTHS_ALONE)
    yield from (x for x in alone if all(_form(x).fullmatch(text) for text in texts))
    yield ISO_8601


@functools.cache
def _form(pattern: str) -> re.Pattern[str]:
    """Make a regular expression of which texts a pattern may read, among others."""
    form = re.sub("%.", lambda code: _FORMS[code[0]], re.escape(pattern).replace("\\ ", r"\s+"))
    return re.compile(form, re.IGNORECASE)


def _read(patterns: Sequence[str], texts: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Read texts by each pattern that reads them: seconds since 1970, NaN where it does not."""
    array = strings(texts)
    found = {}
    for pattern in patterns:
        seconds = seconds_of(array, pattern)
        with np.errstate(invalid="ignore"):
            seconds[~((seconds >= _FIRST) & (seconds <= _LAST))] = np.nan
        if np.isnan(seconds).sum() <= (1 - _SHARE) * len(texts):
            found[pattern] = seconds
            if not _EITHER.search(pattern):
                break
    return found


def moment_parts(days: float, *, has_hours: bool, has_days: bool = True) -> dict[str, object]:
    """Give the calendar parts that moments over so many days can tell."""
    parts = ["hour"] if has_hours else []
    parts += ["weekday"] if has_days and days >= 7 else []
    parts += ["month"] if days >= 28 else []
    return {"parts": parts or ["month_day"], "linear": True, "periodic": True}


def _parts_of(
    pattern: str, seconds: NDArray[np.float64], days: float
) -> tuple[bool, dict[str, object]]:
    """Tell whether hours differ; give the parts that do: of the first days of years, none."""
    has_hours = len(np.unique(seconds % _DAY // 3600)) > 1
    if pattern == "%M:%S":
        return False, {"parts": [], "linear": True}
    if pattern in _HOURS_ALONE:
        return True, {"parts": ["hour"], "linear": True, "periodic": True}
    dates = seconds.astype("datetime64[s]").astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    has_days = len(np.unique(dates - months.astype("datetime64[D]"))) > 1
    if not has_hours and not has_days and len(np.unique(months.astype(int) % 12)) == 1:
        return False, {"parts": [], "linear": True}
    return has_hours, moment_parts(days, has_hours=has_hours, has_days=has_days)


def _guess(
    found: Mapping[str, NDArray[np.float64]], texts: Sequence[str], marks: Mapping[str, int]
) -> Guess:
    pattern, *others = found
    seconds = found[pattern]
    unread = [text for text, x in zip(texts, seconds, strict=True) if np.isnan(x)]
    first, last = float(np.nanmin(seconds)), float(np.nanmax(seconds))
    days = (last - first) / _DAY
    has_hours, parts = _parts_of(pattern, seconds[~np.isnan(seconds)], days)
    feature: dict[str, object] = {"kind": "timestamp", "parse": pattern, **parts}
    reason = "moments as in ISO 8601" if pattern == ISO_8601 else f"moments written as {pattern}"
    alternatives = []
    swapped = [other for other in others if other.translate(_SWAP) == pattern]
    if swapped:
        reason += "; no number above 12 tells days from months"
        other = {**feature, "parse": swapped[0]}
        alternatives.append(Alternative(other, "if days and months are the other way round"))
    elif order := _EITHER.search(pattern):
        place = "first" if order[1] == "d" else "second"
        reason += f"; the {place} number goes beyond 12, so it is the day"
    ends = {"smallest": _shown(first, has_hours), "largest": _shown(last, has_hours)}
    what = "moments"
    if pattern in _HOURS_ALONE:
        shown = "%H:%M" if has_hours else "%M:%S"
        ends = {"smallest": _clock(first, shown), "largest": _clock(last, shown)}
        what = "times of day" if has_hours else "minutes and seconds"
        reason = f"{what} written as {pattern}"
    meaning = f"{what} from {ends['smallest']} to {ends['largest']}"
    feature, reason = missing_feature(feature, reason, [*marks, *unread], marks)
    statistics = {**ends, "days": round(days, 1)}
    return Guess(meaning, feature, reason, tuple(alternatives), statistics)


def _clock(seconds: float, pattern: str) -> str:
    return datetime.fromtimestamp(seconds % _DAY, timezone.utc).strftime(pattern)


def _shown(seconds: float, has_hours: bool) -> str:
    moment = np.datetime64(int(seconds), "s")
    return str(moment.astype("datetime64[m]" if has_hours else "datetime64[D]")).replace("T", " ")
