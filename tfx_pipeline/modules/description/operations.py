"""Feature operations: raw columns in, transformed columns out, with all that was learned.

Terms are those of `columns`. A transformed column is `[batch, width] float32`, or ids
`[batch, 1] int64`; `preprocessing` says what each means. `column` is the raw column's name,
`output` that of the transformed column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
CalendarPart = Literal[
    "minute", "hour", "weekday", "month_day", "week", "month", "quarter", "year_day"
]


@dataclass(frozen=True)
class Scaled:
    """A scaled number: `[batch, 1] float32`.

    x is the number, or log(1 + max(number, 0)) where `is_log`; `fill` where missing. The output is
    (x - origin) / unit, between -`farthest` and `farthest`; 0 where `unit` is 0.
    """

    output: str
    column: str
    is_log: bool
    fill: float
    origin: float
    unit: float
    farthest: float


@dataclass(frozen=True)
class IsMissing:
    """1 where the number is missing, else 0: `[batch, 1] float32`."""

    output: str
    column: str


@dataclass(frozen=True)
class Bucket:
    """The bucket of a number: 0 where missing, else 1 + how many `boundaries` are at most it.

    `boundaries`: ascending float64.
    """

    output: str
    column: str
    boundaries: Array


@dataclass(frozen=True)
class CategoryId:
    """The id of a name: its place among `names`, of which the first is "", missing.

    Others get len(names) + FarmHash64(token) % 2**62 % `buckets`, with the token `<key>=<name>`;
    see `features.names.token_tables`.
    """

    output: str
    column: str
    names: tuple[str, ...]
    buckets: int
    key: str


@dataclass(frozen=True)
class NameValues:
    """Numbers that are looked up by a name: `[batch, width] float32`; 0 for others.

    Encoded labels and averages, as they leave the transform graph: scaled, and clipped.

    Attributes:
        names: "" too, where a missing name has a value.
        values: `[names, width] float32`.
    """

    output: str
    column: str
    names: tuple[str, ...]
    values: Array


@dataclass(frozen=True)
class Words:
    """The words of a text: see `features.names.words`.

    `[batch, len(vocabulary) + 1] float32`, padded with zeros to `width`, the last place always
    being that of unknown words; or `[batch, hash_buckets]`.

    Attributes:
        vocabulary: words in the order of their places; empty where they are hashed.
        weights: of each word or bucket, `[…] float32`; None: 1 where it occurs.
        unknown_weight: of a bucket that no training row has.
    """

    output: str
    column: str
    width: int
    vocabulary: tuple[str, ...]
    hash_buckets: int
    lower_case: bool
    ngrams: int
    weights: Mapping[str, float] | None
    unknown_weight: float


@dataclass(frozen=True)
class Clock:
    """What clocks show: the number, cut off to a whole one below, `//` `per_second`, in a zone.

    int64 seconds since 1970-01-01 00:00 as the clocks of `zone` show them; None: UTC.
    """

    column: str
    per_second: int
    zone: str | None


@dataclass(frozen=True)
class CalendarId:
    """A part of a date or time: 0 where missing, else 1 + the part; see `features.timestamps`."""

    output: str
    clock: Clock
    part: CalendarPart


@dataclass(frozen=True)
class Periodic:
    """Sine and cosine of the turn of day, week and year: `[batch, 6] float32`; 0 where missing."""

    output: str
    clock: Clock


Operation: TypeAlias = (
    Scaled | IsMissing | Bucket | CategoryId | NameValues | Words | CalendarId | Periodic
)
