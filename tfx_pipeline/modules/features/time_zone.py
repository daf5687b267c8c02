"""Time zones as tables: when clocks were moved, and how far they were ahead of UTC.

A table travels with the model, which then needs no data base of zones where it is served. It is
found by asking `zoneinfo` from 1900 to 2100; before and after, clocks stay as they are then.
"""

from __future__ import annotations

import datetime
import functools
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
from tfx_pipeline.wording import nearest

_UTC = datetime.timezone.utc
_DAY = 86_400
_FIRST, _LAST = (
    int(datetime.datetime(year, 1, 1, tzinfo=_UTC).timestamp()) for year in (1900, 2100)
)


@dataclass(frozen=True)
class TimeZone:
    """A zone.

    Attributes:
        moves: when clocks were moved, in seconds since 1970 in UTC, ascending.
        offsets: how many seconds clocks are ahead of UTC before the first move, and from each on.
    """

    moves: tuple[int, ...] = ()
    offsets: tuple[int, ...] = (0,)

    @property
    def local_moves(self) -> tuple[int, ...]:
        """The moves by the clock: from these on, it is the new offset that tells the time.

        What a clock shows twice is the first of both moments; what it skips is counted on from
        before the move: as Python's `fold=0`.
        """
        before_and_after = zip(self.moves, self.offsets, self.offsets[1:], strict=False)
        return tuple(move + max(before, after) for move, before, after in before_and_after)

    def ahead_at(self, seconds: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tell how many seconds clocks are ahead at moments, in seconds since 1970 in UTC."""
        import numpy as np

        return np.array(self.offsets)[np.searchsorted(self.moves, seconds, "right")]

    def ahead_when(self, shown: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tell the same by what clocks show, in seconds since 1970-01-01 00:00 as they show it."""
        import numpy as np

        return np.array(self.offsets)[np.searchsorted(self.local_moves, shown, "right")]


UTC = TimeZone()


def find_zone(name: str) -> datetime.tzinfo:
    """Find a zone by its name of IANA, e.g. `Europe/Berlin`.

    Raises:
        ValueError: there is none of this name here.
    """
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
        step = nearest(name, sorted(zoneinfo.available_timezones()))
        raise ValueError(
            f"no such time zone: received {name!r}; allowed: a name of IANA, e.g. Europe/Berlin"
            + (f"; {step}" if step else "")
        ) from error


@functools.cache
def read_zone(name: str) -> TimeZone:
    """Make the table of a zone, see `find_zone`."""
    zone = find_zone(name)
    changes = list(_changes(zone))
    first = _ahead(zone, _FIRST)
    return TimeZone(tuple(move for move, _ in changes), (first, *(ahead for _, ahead in changes)))


def _changes(zone: datetime.tzinfo) -> Iterator[tuple[int, int]]:
    """Find each move of the clocks, and the offset from then on."""
    ahead = _ahead(zone, _FIRST)
    for day in range(_FIRST, _LAST, _DAY):
        if _ahead(zone, day + _DAY) == ahead:
            continue
        low, high = day, day + _DAY  # the offset is another one at `high`
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _ahead(zone, middle) == ahead else (low, middle)
        ahead = _ahead(zone, day + _DAY)
        yield high, ahead


def _ahead(zone: datetime.tzinfo, seconds: int) -> int:
    offset = datetime.datetime.fromtimestamp(seconds, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
