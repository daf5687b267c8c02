"""What the kernel says of the memory of the container that this process is in.

Both versions of control groups are known. In a container the files of its own group stand at the
root of the mount, or below it by the path that the kernel names; that one is looked for first.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
MEMINFO = Path("/proc/meminfo")
_NO_LIMIT = 1 << 60
"""Version 1 writes a number for none: the greatest multiple of a page."""


@dataclass(frozen=True)
class ContainerMemory:
    """The memory of a container.

    Attributes:
        peak_bytes: most that it ever had, cached files included; none: not known.
        limit_bytes: none: it has none, or it is not known.
        kills: processes of it that the kernel killed for want of memory, so far.
    """

    peak_bytes: int | None = None
    limit_bytes: int | None = None
    kills: int = 0


def container_memory(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> ContainerMemory:
    """Read it; where there are no control groups, nothing is known."""
    two, one = _folders(cgroups, membership)
    if one is not None:
        peak, limit, kills = "memory.max_usage_in_bytes", "memory.limit_in_bytes", "oom_control"
        folder = one
    elif two is not None:
        peak, limit, kills = "memory.peak", "memory.max", "events"
        folder = two
    else:
        return ContainerMemory()
    limit_bytes = _number(folder / limit)
    if limit_bytes is not None and limit_bytes > _NO_LIMIT:
        limit_bytes = None
    return ContainerMemory(
        _number(folder / peak), limit_bytes, _counted(folder / f"memory.{kills}", "oom_kill")
    )


def peak_of_processes() -> int:
    """Give the most memory that this process had, or one that it started and that has ended."""
    unit = 1 if sys.platform == "darwin" else 1024
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return unit * max(resource.getrusage(each).ru_maxrss for each in whose)


def free_memory_bytes(
    cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP, meminfo: Path = MEMINFO
) -> int:
    """Estimate how much more memory this process may take.

    That is what the machine has left, and at most what its container's limit leaves to it. Where
    the machine does not tell, half of what it has.
    """
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
        (line,) = (line for line in lines if line.startswith("MemAvailable:"))
        free = int(line.split()[1]) * 1024
    except (OSError, ValueError):
        free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    limit = container_memory(cgroups, membership).limit_bytes
    if limit is not None:
        free = min(free, limit - _resident_bytes())
    return max(0, free)


def _resident_bytes() -> int:
    """Give the memory that this process has now; the most that it had, where that is not told."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError):
        return peak_of_processes()
    return pages * os.sysconf("SC_PAGE_SIZE")


def out_of_memory(before: ContainerMemory, after: ContainerMemory) -> bool:
    """Say whether the kernel killed a process of the container for want of memory in between."""
    return after.kills > before.kills


def _folders(cgroups: Path, membership: Path) -> tuple[Path | None, Path | None]:
    """Find the folders of version 2 and of version 1."""
    two = one = None
    try:
        lines = membership.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeError):
        return None, None
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            two = _first_with("memory.max", cgroups, path)
        elif "memory" in controllers.split(","):
            one = _first_with("memory.limit_in_bytes", cgroups / "memory", path)
    return two, one


def _first_with(file: str, root: Path, path: str) -> Path | None:
    """Give the group's folder: by its path, or the root, where a container sees only its own."""
    for folder in (root / path.lstrip("/"), root):
        if (folder / file).is_file():
            return folder
    return None


def _number(file: Path) -> int | None:
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):  # no such file in this version of the kernel, or `max`
        return None


def _counted(file: Path, name: str) -> int:
    """Read a number from lines of names and numbers."""
    try:
        lines = file.read_text(encoding="ascii").splitlines()
        pairs = dict(line.split(" ", 1) for line in lines)
        return int(pairs.get(name, 0))
    except (OSError, ValueError):
        return 0
