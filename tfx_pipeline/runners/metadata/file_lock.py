"""Locks beside an SQLite file, which locks up when two processes write to it.

One run at a time has it, or several nodes of runs; one session at a time writes to it, and one
process runs a node.

Terms:
    session: the short time in which a process reads from and writes to the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError


def run_lock(metadata_file: Path, run_id: str) -> contextlib.AbstractContextManager[None]:
    """Hold the file for this process, a run or another; a killed process lets go by itself.

    Raises:
        ConfigError: another run holds it.
    """
    return _lock(metadata_file, fcntl.LOCK_EX, f"run {run_id}, process {os.getpid()}")


def shared_lock(metadata_file: Path, run_id: str) -> contextlib.AbstractContextManager[None]:
    """Hold the file for a single node, beside others, while no run has it for itself.

    Raises:
        ConfigError: a run holds it.
    """
    return _lock(metadata_file, fcntl.LOCK_SH, f"nodes of run {run_id}, process {os.getpid()}")


@contextlib.contextmanager
def _lock(metadata_file: Path, kind: int, holder: str) -> Iterator[None]:
    lock_file = metadata_file.with_name(metadata_file.name + ".lock")
    with _opened(lock_file) as lock:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            other = lock.read().strip() or "unknown process"
            problem = Problem(
                f"another run is writing to this metadata store: {other}",
                str(metadata_file),
                next_step="wait until it ends, or give this run its own environment.metadata.path "
                "and environment.pipeline_root",
            )
            raise ConfigError([problem], "busy") from None
        lock.truncate(0)
        lock.write(holder)
        lock.flush()
        yield


def _opened(lock_file: Path) -> IO[str]:
    try:
        lock_file.parent.mkdir(parents=True, exist_ok=True)
        return lock_file.open("a+", encoding="utf-8")
    except OSError as error:
        problem = Problem(
            "this folder cannot be written to",
            str(lock_file.parent),
            error.strerror,
            next_step="change its rights, or give another environment.metadata.path",
        )
        raise ConfigError([problem], "there is no place for ML Metadata") from error


class SessionLock:
    """Lets one thread of one process have a session; whoever has it may take it again.

    A process that is killed lets go by itself.
    """

    def __init__(self, metadata_file: Path) -> None:
        self._metadata_file = metadata_file
        self._threads = threading.RLock()
        self._depth = 0
        self._descriptor = -1

    def acquire(self, wait_s: float) -> None:
        """Take the lock.

        Raises:
            MetadataError: others had it all the time, or the file's folder cannot be written to.
        """
        if not self._threads.acquire(timeout=wait_s):
            raise self._busy(wait_s)
        try:
            if self._depth == 0:
                self._descriptor = self._take(wait_s)
        except BaseException:
            self._threads.release()
            raise
        self._depth += 1

    def release(self) -> None:
        """Let go of it, once for each time it was taken."""
        self._depth -= 1
        if self._depth == 0:
            os.close(self._descriptor)
        self._threads.release()

    def _take(self, wait_s: float) -> int:
        descriptor = _open(self._metadata_file, "session")
        until = time.monotonic() + wait_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(random.uniform(0.002, 0.02))
                    continue
                os.close(descriptor)
                raise self._busy(wait_s) from None
            return descriptor

    def _busy(self, wait_s: float) -> MetadataError:
        what = f"other processes kept it busy for {wait_s:.0f} s"
        next_step = "look at who has it open (fuser), or use a database server"
        problem = Problem(what, str(self._metadata_file), next_step=next_step)
        return MetadataError(problem, may_pass=True)


@contextlib.contextmanager
def node_file_lock(metadata_file: Path, name: str) -> Iterator[bool]:
    """Hold the name for this process, and give whether it was free.

    All names share one file: each is a byte of it, far behind its end.
    """
    descriptor = _open(metadata_file, "nodes")
    place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")
    try:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, place)
        except OSError as error:
            if not isinstance(error, BlockingIOError | PermissionError):
                raise
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def session_lock(metadata_file: Path) -> SessionLock:
    """Give the lock of a file: the same one throughout this process."""
    place = metadata_file.absolute()
    with _MAKING:
        return _LOCKS.setdefault(place, SessionLock(place))


_LOCKS: dict[Path, SessionLock] = {}
_MAKING = threading.Lock()


def _open(metadata_file: Path, purpose: str) -> int:
    place = metadata_file.with_name(f"{metadata_file.name}.{purpose}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return os.open(place, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        next_step = "mend the rights, or environment.metadata.path"
        raise MetadataError(Problem(what, str(place), next_step=next_step)) from None
