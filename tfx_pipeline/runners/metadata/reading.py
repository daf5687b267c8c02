"""ML Metadata for commands that only look: whatever holds it, and without TFX."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tfx_pipeline.config.metadata_url import metadata_of
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.runners.metadata.file_lock import run_lock
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError
from tfx_pipeline.runners.metadata.sqlite_file import can_be_read, check_sqlite_file

if TYPE_CHECKING:
    from ml_metadata.metadata_store import MetadataStore

_WAIT_S = 10.0
"""A run holds its database for moments."""


@contextlib.contextmanager
def open_for_reading(config: PipelineConfig) -> Iterator[MetadataStore]:
    """Open where the metadata of a pipeline is kept.

    Raises:
        ConfigError: nothing is kept there yet, or it is no ML Metadata, or kept by Vertex AI.
        MetadataError: a server cannot be reached, or refuses; the file is held by someone.
    """
    if config.environment.is_vertex_native:
        what, step = "Vertex AI keeps the metadata of this environment", "look at it in its console"
        problem = Problem(what, "environment.runner", "vertex", next_step=step)
        raise ConfigError([problem], "there is no metadata to read")
    metadata = metadata_of(config)
    if metadata.kind != "sqlite":
        from tfx_pipeline.runners.metadata.retrying_metadata import RetryingMetadata

        yield RetryingMetadata(metadata, is_first=False)
        return
    yield _opened(config, "READONLY")


@contextlib.contextmanager
def open_for_writing(config: PipelineConfig, purpose: str) -> Iterator[MetadataStore]:
    """Open the file of this machine's runs, which no run may use meanwhile.

    Raises:
        ConfigError: nothing is kept there yet, it is no ML Metadata, or a run uses it.
        MetadataError: it is held by someone.
    """
    with run_lock(config.path(config.environment.metadata.path), purpose):
        yield _opened(config, "READWRITE")


def _opened(config: PipelineConfig, mode: str) -> MetadataStore:
    database = config.path(config.environment.metadata.path)
    if not database.is_file():
        what, step = "no run has written metadata yet", "run the pipeline first: make run"
        problem = Problem(what, config.shown(database), next_step=step)
        raise ConfigError([problem], f"nothing is known of `{config.name}` yet")
    check_sqlite_file(database)
    if not can_be_read(database, _WAIT_S):  # ML Metadata says it as a bare RuntimeError, later
        what = "another process holds it: a run, or a program that looks into it"
        step = "try again when that has ended"
        raise MetadataError(Problem(what, config.shown(database), next_step=step), may_pass=True)
    from ml_metadata.metadata_store import MetadataStore
    from ml_metadata.proto import metadata_store_pb2

    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = str(database)
    modes = metadata_store_pb2.SqliteMetadataSourceConfig
    connection.sqlite.connection_mode = modes.ConnectionMode.Value(mode)
    return MetadataStore(connection)
