"""An event loop whose clock jumps: what sleeps wakes at once and in its order, under any load.

For code that only sleeps and waits for timers: nothing may come from threads or sockets.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Waits for nothing, and counts the seconds that it should have waited."""

    passed_s = 0.0

    def time(self) -> float:
        """Give the seconds: a look takes a microsecond, so that no two timers are due together."""
        self.passed_s += 1e-6
        return self.passed_s

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        assert timeout is not None, "nothing is left that could ever wake anyone"
        self.passed_s += max(0.0, timeout)
        return super().select(0)


def run_in_virtual_time(work: Coroutine[Any, Any, T]) -> T:
    """Run it to its end, as `asyncio.run` does, in no time."""
    selector = _Jumping()
    loop = asyncio.SelectorEventLoop(selector)
    loop.time = selector.time  # type: ignore[method-assign]
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
