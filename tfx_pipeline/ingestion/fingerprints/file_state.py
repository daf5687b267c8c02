"""What a file system says of a file, by which it is known not to have changed.

Terms:
    settled: changed for the last time long enough before it was looked at that a later change
        cannot bear the same time. Clocks of file systems tick: 4 to 10 ms on ext4, 1 s on some
        network file systems, 2 s on FAT. A file that is written twice within a tick looks the same
        (git calls it racily clean), so its digest is not believed the next time.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.columns.cells import first_few
from tfx_pipeline.ingestion.reading.table_files import shown

UNREADABLE = "the table cannot be read"
_SHOWN = 5
SETTLED_NS = 2_100_000_000
"""More than the coarsest tick of a file system in use."""


class FileState(NamedTuple):
    """Size and inode, and the times of the last change of the content and of the inode, in ns.

    The latter, which no program can set, tells of a change by one that puts the former back.
    """

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileState:
        """Take it from what `stat` gave."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

    def is_settled(self, now_ns: int) -> bool:
        """Tell whether every change from now on will show; never of times in the future."""
        return max(self.mtime_ns, self.ctime_ns) < now_ns - SETTLED_NS


def gone_problem(path: Path, error: OSError) -> Problem:
    """Say that a file that was listed a moment ago is not there, or cannot be looked at."""
    if isinstance(error, FileNotFoundError):
        what, step = "it vanished while it was read", "run again when all files are there"
        return Problem(what, shown(path), next_step=step)
    return Problem("it cannot be read", shown(path), error.strerror or str(error))


def states_of(paths: Iterable[Path]) -> dict[Path, FileState]:
    """Look at files.

    Raises:
        DataError: some cannot be looked at.
    """
    states: dict[Path, FileState] = {}
    problems: list[Problem] = []
    for path in paths:
        try:
            states[path] = FileState.of(os.stat(path))
        except OSError as error:
            problems.append(gone_problem(path, error))
    if problems:
        raise DataError(first_few(problems, _SHOWN, "file"), UNREADABLE)
    return states


def check_unchanged(before: Mapping[Path, FileState]) -> None:
    """Refuse files that are no longer what they were, so that what was read was no one state.

    Raises:
        DataError: naming them.
    """
    now = states_of(before)
    changed = [path for path, state in before.items() if now[path] != state]
    what, step = "it changed while it was read", "run again when nobody writes to it"
    problems = [Problem(what, shown(path), next_step=step) for path in changed]
    if problems:
        raise DataError(first_few(problems, _SHOWN, "file"), UNREADABLE)
