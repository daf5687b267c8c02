"""Whether processes live, asked of the system: one may end between any two questions."""

from __future__ import annotations

import time
from collections.abc import Iterable

import psutil


def is_alive(pid: int) -> bool:
    """Tell whether a process is there, and not only an ended one that nobody has waited for."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def assert_ended(pids: Iterable[int], within_s: float = 30.0) -> None:
    """Wait until none of the processes lives.

    Raises:
        AssertionError: One still does after `within_s` seconds.
    """
    deadline = time.monotonic() + within_s
    for pid in pids:
        while is_alive(pid):
            assert time.monotonic() < deadline, f"process {pid} lives on"
            time.sleep(0.05)
