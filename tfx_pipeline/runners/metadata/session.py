"""ML Metadata for the nodes of a pipeline, several of which may run at once.

Terms:
    session: the time of a `with`, in which a node reads or writes; short, and never while the
        node's executor works.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from pathlib import Path
from typing import Any

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration.metadata import Metadata

from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import Problem
from tfx_pipeline.pipeline.metadata_connection import connection_config
from tfx_pipeline.runners.metadata.file_lock import session_lock
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError
from tfx_pipeline.runners.metadata.retrying_metadata import RetryingMetadata

_SESSION_WAIT_S = 60.0


class MetadataSession(Metadata):
    """What TFX's Launcher asks for metadata; safe for several threads and processes.

    Nothing is opened before the first `with`.

    Args:
        metadata: from `metadata_of` or `parse_url`, with an absolute path.

    Raises:
        MetadataError: on entry: the metadata cannot be reached, or refuses.
    """

    def __init__(self, metadata: MetadataConfig) -> None:
        super().__init__(connection_config(metadata))
        self._metadata = metadata
        self._threads = threading.RLock()
        self._worked = False

    def __enter__(self) -> MetadataSession:
        is_file = self._metadata.kind == "sqlite"
        lock = session_lock(Path(self._metadata.path)) if is_file else None
        with contextlib.ExitStack() as undo:
            self._threads.acquire()
            undo.callback(self._threads.release)
            if lock is not None:
                lock.acquire(_SESSION_WAIT_S)
                undo.callback(lock.release)
            if self._users == 0:
                self._store = self._open()
                self._worked = True
            self._users += 1
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._users -= 1
        if self._users == 0:
            self._store = None
        if self._metadata.kind == "sqlite":
            session_lock(Path(self._metadata.path)).release()
        self._threads.release()

    def _open(self) -> MetadataStore:
        logging.getLogger("absl").addFilter(_without_connections)
        if self._metadata.kind != "sqlite":
            return RetryingMetadata(self._metadata, is_first=not self._worked)
        try:
            return MetadataStore(self._connection_config)
        except RuntimeError as error:
            what = f"ML Metadata cannot use it: {str(error).strip()[:300]}"
            next_step = "look at the file, or give another environment.metadata.path"
            problem = Problem(what, self._metadata.path, next_step=next_step)
            raise MetadataError(problem) from error


def _without_connections(record: logging.LogRecord) -> bool:
    """Keep connections, which hold a password, out of every log."""
    values: Any = record.args if isinstance(record.args, tuple) else ()
    return not any(isinstance(x, metadata_store_pb2.ConnectionConfig) for x in values)
