"""Configuration of where a pipeline runs; overlays in `configs/env/` differ in this section."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tfx_pipeline.config.section import Name, Section
from tfx_pipeline.serving.launch import DOCKER_IMAGE


class InfraCheckConfig(Section):
    """Proof, before the push, that a model server answers with the model as the training did."""

    server: Literal["auto", "binary", "embedded", "docker", "kubernetes", "none"] = "auto"
    """The server that is started: `binary` is tensorflow_model_server on PATH, `embedded` this
    package's own, `auto` the first of the two that is there; `docker` and `kubernetes` start an
    image by TFX's InfraValidator, which compares no answers; `none`: no check."""
    load_timeout_s: float = Field(default=120.0, gt=0)
    """Seconds within which the server must have loaded the model."""
    max_latency_ms: float | None = Field(default=None, gt=0)
    """Largest median time of a request of one row, for `auto`, `binary` and `embedded`."""
    image: str = Field(default=DOCKER_IMAGE, pattern=r"^\S+:[\w][\w.-]*$")
    """Image for `docker` and `kubernetes`, with its tag."""


class PushConfig(Section):
    """Where a blessed model goes, for TensorFlow Serving to find."""

    model_name: Name | None = None
    """Name under which it is served; none: the pipeline's name."""
    base_directory: str = "serving_model"
    """Versions appear as `<base_directory>/<model_name>/<version>/`."""
    smoke_rows: int = Field(default=32, ge=1, le=10_000)
    """Eval rows that the model must answer as it did when it was trained, before the push by a
    server and after it in a process of its own."""
    infra_check: InfraCheckConfig = InfraCheckConfig()
    """Proof, before the push, that the model will serve."""


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
