"""What a pipeline reads from outside, and where its steps find it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.config.root import PipelineConfig


@dataclass(frozen=True)
class PipelineInputs:
    """Places that every step can reach, each a path or a URI.

    Attributes:
        table_folder: folder of clean CSV files with one header.
        schema_file: the curated schema; none: the inferred one is used.
    """

    table_folder: str
    schema_file: str | None

    @classmethod
    def on_this_machine(cls, config: PipelineConfig, table_folder: Path) -> PipelineInputs:
        """Take the schema from where the configuration has it."""
        file = config.data.schema_file
        return cls(str(table_folder), str(config.path(file)) if file else None)
