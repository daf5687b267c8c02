"""How far a long piece of work has come: told by whoever does it, shown by whoever watches.

A step calls `progress(done, total)` as often as it likes; or `progress_begins(total)` once, and
`progress_adds(count)` from wherever a part of the work is done. A line follows only while someone
watches, and of work that takes longer than two seconds.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_LOG = logging.getLogger(__name__)
_QUIET_S = 2.0
_LOG_EVERY_S = 10.0
_KNOWN_FROM = 0.01  # of the work: before that, most of the time went into preparations


@dataclass
class _Watcher:
    """Who watches: called at most every so many seconds."""

    show: Callable[[str], None]
    every_s: float
    began: float | None = None
    shown: float = 0.0
    logged: float = 0.0
    done: float = 0.0
    total: float | None = None
    unit: str = "rows"


_WATCHERS: list[_Watcher] = []


def progress(done: float, total: float | None, unit: str = "rows") -> None:
    """Tell how much is done, in all that there will be (None: nobody knows) or of it.

    Work begins anew when less is done than before.
    """
    now = time.monotonic()
    for watcher in _WATCHERS[-1:]:
        if watcher.began is None or done < watcher.done:
            watcher.began, watcher.shown, watcher.logged = now, now, now
        watcher.done = done
        seconds = now - watcher.began
        if seconds < _QUIET_S:
            continue
        if now - watcher.shown >= watcher.every_s:
            watcher.shown = now
            watcher.show(progress_words(done, total, seconds, unit))
        if now - watcher.logged >= _LOG_EVERY_S:
            watcher.logged = now
            _LOG.info("%s", progress_words(done, total, seconds, unit))


def progress_begins(total: float | None, unit: str = "rows") -> None:
    """Begin work of which `progress_adds` tells the parts; for `total` see `progress`."""
    for watcher in _WATCHERS[-1:]:
        watcher.began, watcher.total, watcher.unit = None, total, unit
        progress(0, total, unit)


def progress_adds(count: float) -> None:
    """Tell how much more is done than before.

    In a process where nobody watches, such as a worker of Beam's, nothing happens.
    """
    for watcher in _WATCHERS[-1:]:
        progress(watcher.done + count, watcher.total, watcher.unit)


def progress_words(done: float, total: float | None, seconds: float, unit: str) -> str:
    """Write `30,000 of 300,000 rows, 15,000 rows/s, 18 s left`."""
    words = f"{done:,.0f} of {total:,.0f} {unit}" if total else f"{done:,.0f} {unit}"
    speed = done / seconds if seconds else 0.0
    if speed:
        words += f", {speed:,.0f} {unit}/s"
        if total and done >= _KNOWN_FROM * total:
            left = round(max(0.0, total - done) / speed)
            minutes, rest = divmod(left, 60)
            words += f", {minutes} min {rest} s left" if minutes else f", {rest} s left"
    return words


@contextlib.contextmanager
def watched(show: Callable[[str], None], every_s: float = 0.2) -> Iterator[None]:
    """Have the work within the block shown; the log gets a line every ten seconds in any case."""
    watcher = _Watcher(show, every_s)
    _WATCHERS.append(watcher)
    try:
        yield
    finally:
        _WATCHERS.remove(watcher)
