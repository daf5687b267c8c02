"""The cores of the processor that this process may use."""

from __future__ import annotations

import os


def usable_cores() -> int:
    """Count them: of a container or a `taskset`, fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
