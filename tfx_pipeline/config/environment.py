"""Configuration of where a pipeline runs; overlays in `configs/env/` differ in this section."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tfx_pipeline.config.section import Name, Section


class PushConfig(Section):
    """Where a blessed model goes, for TensorFlow Serving to find."""

    model_name: Name | None = None
    """Name under which it is served; none: the pipeline's name."""
    base_directory: str = "serving_model"
    """Versions appear as `<base_directory>/<model_name>/<version>/`."""
    smoke_rows: int = Field(default=32, ge=1, le=10_000)
    """Eval rows that the pushed model must answer as it did when it was trained."""


class MetadataConfig(Section):
    """Where ML Metadata is kept."""

    kind: Literal["sqlite"] = "sqlite"
    """Kind of database."""
    path: str = "tfx_metadata/{pipeline}/metadata.db"
    """SQLite file; `{pipeline}` stands for the pipeline's name."""


class EnvironmentConfig(Section):
    """Everything that depends on the machine and not on the problem."""

    runner: Literal["local"] = "local"
    """Orchestrator."""
    pipeline_root: str = "tfx_pipeline_output/{pipeline}"
    """Where artifacts go; `{pipeline}` stands for the pipeline's name."""
    metadata: MetadataConfig = MetadataConfig()
    """Where ML Metadata is kept."""
    beam_options: tuple[str, ...] = ()
    """Apache Beam options, e.g. `--direct_num_workers=4`; the local runner's defaults first."""
    cache: bool = True
    """Reuse the results of steps whose inputs, code, configuration and libraries are the same."""
