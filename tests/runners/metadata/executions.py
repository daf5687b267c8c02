"""ML Metadata in an SQLite file, and executions in it as TFX writes them."""

from __future__ import annotations

from pathlib import Path

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as pb

from tfx_pipeline.config.metadata_url import parse_url
from tfx_pipeline.pipeline.metadata_connection import connection_config


def sqlite_store(file: Path) -> MetadataStore:
    """Open a file, or make it."""
    return MetadataStore(connection_config(parse_url(f"sqlite://{file}")))


class Executions:
    """Writes executions of the pipeline `trips`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mlmd = sqlite_store(folder / "metadata.db")

    def contexts(self, run: str, node: str) -> list[pb.Context]:
        """Give the contexts of a step in a run, made when they are not there."""
        found = []
        for kind, name in (("pipeline_run", run), ("node", f"trips.{node}")):
            known = self.mlmd.get_context_by_type_and_name(kind, name)
            if known is None:
                type_id = self.mlmd.put_context_type(pb.ContextType(name=kind))
                self.mlmd.put_contexts([pb.Context(type_id=type_id, name=name)])
                known = self.mlmd.get_context_by_type_and_name(kind, name)
            found.append(known)
        return found


def event_of(kind: int, key: str, artifact_id: int | None = None) -> pb.Event:
    """Make the event of an artifact under its channel's name."""
    event = pb.Event(type=kind, artifact_id=artifact_id)
    event.path.steps.add().key = key
    return event
