"""The most memory that this process has while something works.

The kernel keeps a peak of its own, for the whole life of a process: of one step among several it
tells nothing. So a thread looks twenty times a second; what comes and goes in between is not seen.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

_EVERY_S = 0.05


class PeakMemory:
    """What was seen so far.

    Attributes:
        bytes: of this process alone, without those that it started.
    """

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self.bytes = 0
        self.look()

    def look(self) -> None:
        """See what the process has now."""
        self.bytes = max(self.bytes, self._process.memory_info().rss)


@contextlib.contextmanager
def peak_memory() -> Iterator[PeakMemory]:
    """Watch the memory of this process within the block."""
    peak, ended = PeakMemory(), threading.Event()

    def watch() -> None:
        while not ended.wait(_EVERY_S):
            peak.look()

    thread = threading.Thread(target=watch, name="peak memory", daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()
        peak.look()
