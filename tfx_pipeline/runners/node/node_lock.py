"""One process at a time for a node of a run."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path

from tfx_pipeline.config.metadata_url import address
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.metadata.database_server import ServerConnection
from tfx_pipeline.runners.metadata.file_lock import node_file_lock, shared_lock
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError

_LOG = logging.getLogger(__name__)
_BEAT_S = 60.0
_WAIT_S = 5.0  # a server needs a moment to see that a process was killed


@contextlib.contextmanager
def hold_node(metadata: MetadataConfig, pipeline: str, run_id: str, node_id: str) -> Iterator[None]:
    """Keep other processes off this node of this run; a process that dies lets go by itself.

    A server of ML Metadata itself (`grpc`) has no locks: there, nothing is held.

    Raises:
        ConfigError: another process runs it, or a local run has the SQLite file.
        MetadataError: it cannot be reached.
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
        if not lock.take(_WAIT_S):
            raise _held(metadata, run_id, node_id)
        try:
            yield
        finally:
            lock.release()


def _held(metadata: MetadataConfig, run_id: str, node_id: str) -> ConfigError:
    problem = Problem(
        f"another process runs {node_id} of run {run_id} now",
        address(metadata),
        next_step="wait until it ends; a database lets go of a lost machine after some minutes",
    )
    return ConfigError([problem], "a step runs once at a time")


class LongLock:
    """Holds a named lock for as long as this process works, and takes it again if it is lost."""

    def __init__(self, metadata: MetadataConfig, name: str) -> None:
        self._metadata, self._name = metadata, name
        self._ended = threading.Event()
        self._connection = ServerConnection(metadata)

    def take(self, wait_s: float) -> bool:
        """Take the lock; tell whether it was free within some seconds."""
        if not self._connection.lock(self._name, wait_s):
            self._connection.close()
            return False
        self._connection.forget_when_silent()
        threading.Thread(target=self._beat, name="node lock", daemon=True).start()
        return True

    def release(self) -> None:
        """Let go."""
        self._ended.set()
        self._connection.close()

    def _beat(self) -> None:
        while not self._ended.wait(_BEAT_S):
            try:
                self._connection.beat()
            except Exception:
                self._take_again()

    def _take_again(self) -> None:
        """Take the lock after the server was started anew, as the step works on."""
        self._connection.close()
        with contextlib.suppress(MetadataError):  # still down: the next beat tries it again
            self._connection = ServerConnection(self._metadata)
            if self._connection.lock(self._name, 1):
                self._connection.forget_when_silent()
            else:
                _LOG.warning("another process took over %s", self._name)
