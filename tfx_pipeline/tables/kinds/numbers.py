"""Columns of numbers: sizes, codes, running numbers, moments since 1970."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.kinds import names
from tfx_pipeline.tables.kinds.guess import Guess, shown_number
from tfx_pipeline.tables.kinds.missing_words import missing_feature
from tfx_pipeline.tables.kinds.moments import moment_parts
from tfx_pipeline.tables.plan import Alternative
from tfx_pipeline.wording import percent

_SENTINEL = re.compile(r"-?9{2,}(\.9+|\.0+)?")
_LIMITS = frozenset({-32768, 32767, 65535, -2147483648, 2147483647, -1e9, 1e9})
_LONG_TAIL = 2.0
"""Skewness of the values from which on their logarithm is taken, if that is less skewed."""
_ID_SHARE = 0.95
_FEW = 12


@dataclass(frozen=True)
class Numbers:
    """Different numbers of a column, ascending, without those that mean missing.

    Attributes:
        values, counts: `[distinct]`.
        sentinels: numbers that mean missing, with their rows.
    """

    values: NDArray[np.float64]
    counts: NDArray[np.int64]
    sentinels: dict[float, int]

    @property
    def known(self) -> int:
        """Rows with one."""
        return int(self.counts.sum())

    @property
    def are_whole(self) -> bool:
        """Whether none has a fraction."""
        return bool((self.values == np.floor(self.values)).all())


def numbers_in(column: ColumnSample) -> Numbers:
    """Give the numbers of a column, sentinels apart."""
    values, counts = column.counted_numbers
    sentinels: dict[float, int] = {}
    for _ in range(4):  # one at each end, and a second kind of them
        place = _sentinel(values, counts)
        if place is None:
            break
        sentinels[float(values[place])] = int(counts[place])
        values, counts = np.delete(values, place), np.delete(counts, place)
    return Numbers(values, counts, sentinels)


def _sentinel(values: NDArray[np.float64], counts: NDArray[np.int64]) -> int | None:
    """Find a number that is repeated, far from all others and looks like no measurement."""
    if len(values) < 4:
        return None
    for place, rest in ((len(values) - 1, values[:-1]), (0, values[1:])):
        value, spread = values[place], rest[-1] - rest[0]
        gap = min(abs(value - rest[0]), abs(value - rest[-1]))
        is_repeated = counts[place] >= max(3, 0.002 * counts.sum())
        text = f"{value:.10g}"
        looks_so = _SENTINEL.fullmatch(text) or abs(value) >= 1e30 or value in _LIMITS
        if looks_so and is_repeated and gap > spread:
            return place
    return None


def guess_numbers(column: ColumnSample) -> Guess:
    """Say what a column of numbers is."""
    found = numbers_in(column)
    guess = (
        _beyond_float32(found)
        or _running_number(column, found)
        or _moments(column, found)
        or _calendar(column, found)
        or sizes_of(found)
    )
    return _with_missing(column, found, guess)


def _statistics(found: Numbers) -> dict[str, float]:
    return {"smallest": float(found.values[0]), "largest": float(found.values[-1])}


def _range(found: Numbers) -> str:
    low, high = shown_number(found.values[0]), shown_number(found.values[-1])
    what = "whole numbers" if found.are_whole else "numbers"
    return f"{what} from {low} to {high}"


def _beyond_float32(found: Numbers) -> Guess | None:
    """Leave out numbers that a run would refuse, for models count in 32 bits."""
    largest = float(np.max(np.abs(found.values)))
    if largest <= float(np.finfo(np.float32).max):
        return None
    reason = f"numbers up to {shown_number(largest)}, which no 32-bit float holds"
    return Guess(_range(found), None, reason, statistics=_statistics(found))


def _running_number(column: ColumnSample, found: Numbers) -> Guess | None:
    share = len(found.values) / max(found.known, 1)
    if found.are_whole and len(found.values) >= 20 and _restarts(column):
        reason = "a running number that begins again: it says which row it is, not what the row is"
        return Guess(_range(found), None, reason, statistics=_statistics(found))
    if not found.are_whole or share < _ID_SHARE or found.known < 20 or len(found.sentinels):
        return None
    span = found.values[-1] - found.values[0] + 1
    steps = np.diff(column.numbers)
    runs = float(np.mean(steps == 1)) > 0.9
    is_dense = span <= 1.02 * len(found.values)
    if runs or (is_dense and names.numbers_rows(column.name)):
        reason = "a running number: it says which row it is, not what the row is"
        return Guess(_range(found), None, reason, statistics=_statistics(found))
    if names.names_an_id(column.name):
        reason = f"an id: {percent(share)} of the rows have a value of their own"
        return Guess(_range(found), None, reason, statistics=_statistics(found))
    return None


def _restarts(column: ColumnSample) -> bool:
    """Tell `Sample Number` that counts 1, 2, 3 … in each of several parts of the table."""
    if not names.numbers_rows(column.name) or column.missing:
        return False
    steps = np.diff(column.numbers)
    return float(np.mean(steps == 1)) > 0.9 and bool((steps < 0).any())


def _moments(column: ColumnSample, found: Numbers) -> Guess | None:
    """Tell seconds, or milliseconds, since 1970, between 1980 and 2050, by size and name."""
    if not found.are_whole or not names.names_a_time(column.name) or len(found.values) < 3:
        return None
    low, high = found.values[0], found.values[-1]
    for unit, size in (("s", 1), ("ms", 1000)):
        if 315_532_800 * size <= low and high <= 2_524_608_000 * size:
            days = (high - low) / size / 86_400
            first, last = (_day(x / size) for x in (low, high))
            feature = {"kind": "timestamp", "unit": unit, **moment_parts(days, has_hours=True)}
            what = "seconds" if unit == "s" else "milliseconds"
            meaning = f"moments from {first} to {last}, as {what} since 1970"
            reason = f"{what} since 1970, by its name and size"
            statistics = {"smallest": first, "largest": last, "days": days}
            other = Alternative({"kind": "numeric"}, "if it is no moment")
            return Guess(meaning, feature, reason, (other,), statistics)
    return None


def _day(seconds: float) -> str:
    return str(np.datetime64(int(seconds), "s").astype("datetime64[D]"))


def _calendar(column: ColumnSample, found: Numbers) -> Guess | None:
    most = names.calendar_values(column.name)
    distinct = len(found.values)
    if not most or not found.are_whole or not 3 <= distinct <= most + 1:
        return None
    if found.values[0] < 0 or found.values[-1] > most:
        return None
    feature = {"kind": "numeric", "buckets": distinct}
    reason = "a part of the calendar: its order counts, and each value by itself"
    other = Alternative({"kind": "categorical"}, "if the order says nothing")
    return Guess(_range(found), feature, reason, (other,), _statistics(found))


def sizes_of(found: Numbers) -> Guess:
    """Take numbers by their size."""
    feature: dict[str, object] = {"kind": "numeric"}
    reason = "numbers used by their size"
    alternatives: tuple[Alternative, ...] = ()
    before, after = _skewness(found)
    has_tail = found.values[0] >= 0 and before > _LONG_TAIL and len(found.values) > _FEW
    if has_tail and abs(after) < 0.8 * before:
        feature["scale"] = "log_zscore"
        reason = f"a long tail (skewness {before:.1f}, of the logarithm {after:.1f})"
        alternatives = (Alternative({"kind": "numeric"}, "to keep sums and differences"),)
    elif found.are_whole and 2 < len(found.values) <= _FEW:
        alternatives = (Alternative({"kind": "categorical"}, "if the numbers are only names"),)
    return Guess(_range(found), feature, reason, alternatives, _statistics(found))


def _skewness(found: Numbers) -> tuple[float, float]:
    """Give the skewness of the values, and of log(1 + x)."""
    return tuple(  # type: ignore[return-value]
        _third_moment(values, found.counts)
        for values in (found.values, np.log1p(np.maximum(found.values, 0)))
    )


def _third_moment(values: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    shares = counts / counts.sum()
    centred = values - shares @ values
    variance = float(shares @ np.square(centred))
    return float(shares @ (centred**3)) / variance**1.5 if variance > 0 else 0.0


def _with_missing(column: ColumnSample, found: Numbers, guess: Guess) -> Guess:
    """Add the marks and sentinels that mean missing to a feature."""
    if guess.feature is None:
        return guess
    far = {int(x) if x == int(x) and abs(x) < 2**53 else x: n for x, n in found.sentinels.items()}
    rows = {**column.marks, **{str(number): count for number, count in far.items()}}
    feature, reason = missing_feature(guess.feature, guess.reason, [*column.marks, *far], rows)
    reason += ", far from all others" if far else ""
    return replace(guess, feature=feature, reason=reason)
