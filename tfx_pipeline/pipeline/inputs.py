"""What a pipeline reads from outside, and where its steps find it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class PipelineInputs:
    """Places that every step can reach, each a path or a URI.

    Attributes:
        table_folder: folder of the staged table; none: rows come from BigQuery.
        schema_file: the curated schema; none: the inferred one is used.
        words: meaning and unit by column, as people say them of the table; none: the README beside
            it is read when they are needed.
        licence: of the table, likewise.
    """

    table_folder: str | None
    schema_file: str | None
    words: Mapping[str, Sequence[str]] | None = None
    licence: str = ""
