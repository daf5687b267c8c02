"""One run at a time per metadata file: SQLite locks up when two processes write."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO

from tfx_pipeline.errors import ConfigError, Problem


def run_lock(metadata_file: Path, run_id: str) -> AbstractContextManager[None]:
    """Hold the file for this process; a killed process lets go by itself.

    Raises:
        ConfigError: another run holds it.
    """
    return _lock(metadata_file, fcntl.LOCK_EX, f"run {run_id}, process {os.getpid()}")


def shared_lock(metadata_file: Path, run_id: str) -> AbstractContextManager[None]:
    """Hold the file for a single node, beside others, while no run has it for itself.

    Raises:
        ConfigError: a run holds it.
    """
    return _lock(metadata_file, fcntl.LOCK_SH, f"nodes of run {run_id}, process {os.getpid()}")


@contextmanager
def _lock(metadata_file: Path, kind: int, holder: str) -> Iterator[None]:
    lock_file = metadata_file.with_name(metadata_file.name + ".lock")
    with _opened(lock_file) as lock:
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise ConfigError([_problem(metadata_file, lock.read().strip())], "busy") from None
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


def _problem(metadata_file: Path, holder: str) -> Problem:
    return Problem(
        f"another run is writing to this metadata store: {holder or 'unknown process'}",
        str(metadata_file),
        next_step="wait until it ends, or give this run its own environment.metadata.path "
        "and environment.pipeline_root",
    )
