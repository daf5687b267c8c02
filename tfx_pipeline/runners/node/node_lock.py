"""One process at a time for a node of a run."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tfx_pipeline.config.metadata_url import address
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import Problem, StepError
from tfx_pipeline.runners.metadata.file_lock import node_file_lock, shared_lock
from tfx_pipeline.runners.metadata.long_lock import LongLock

WAIT_S = 60.0
"""For which a step waits for its lock: longer than a database keeps it for a lost machine."""


@contextlib.contextmanager
def hold_node(metadata: MetadataConfig, pipeline: str, run_id: str, node_id: str) -> Iterator[None]:
    """Keep other processes off this node of this run; a process that dies lets go by itself.

    A server of ML Metadata itself (`grpc`) has no locks: there, nothing is held.

    Raises:
        StepError: another process runs it, maybe on a machine that is taken for lost: it may have
            ended when this is tried again.
        ConfigError: a local run has the SQLite file.
        MetadataError: it cannot be reached, though it was waited for.
    """
    name = f"{pipeline}/{run_id}/{node_id}"
    if metadata.kind == "grpc":
        yield
    elif metadata.kind == "sqlite":
        file = Path(metadata.path)
        with shared_lock(file, run_id), node_file_lock(file, name) as is_free:
            if not is_free:
                raise _held(metadata, run_id, node_id)
            yield
    else:
        lock = LongLock(metadata, name)
        if not lock.take(WAIT_S):
            raise _held(metadata, run_id, node_id)
        try:
            yield
        finally:
            lock.release()


def _held(metadata: MetadataConfig, run_id: str, node_id: str) -> StepError:
    problem = Problem(
        f"another process runs {node_id} of run {run_id} now",
        address(metadata),
        next_step="wait until it ends",
    )
    return StepError([problem], "a step runs once at a time")
