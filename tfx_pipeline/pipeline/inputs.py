"""What a pipeline reads from outside, and where its steps find it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PipelineInputs:
    """Places that every step can reach, each a path or a URI.

    Attributes:
        table_folder: folder of clean CSV files with one header.
        schema_file: the curated schema; none: the inferred one is used.
    """

    table_folder: str
    schema_file: str | None
