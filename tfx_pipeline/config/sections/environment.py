"""Configuration of where a pipeline runs; overlays in `configs/env/` differ in this section."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.beam import BeamConfig
from tfx_pipeline.config.sections.kubernetes import (
    ConfigMapConfig,
    KubernetesName,
    SecretConfig,
    VolumeConfig,
)
from tfx_pipeline.config.sections.orchestrators import (
    JobConfig,
    KubeflowConfig,
    StepConfig,
    VertexConfig,
)
from tfx_pipeline.config.sections.section import EnvironmentVariable, OneOrMore, Section, TextForm

_DATABASE = TextForm(
    r"[A-Za-z_][A-Za-z0-9_]{0,62}", "letters, digits and `_`, no digit first; 63 at most"
)
_FIELD = TextForm(
    r"[a-z_]+(\.\w+)+", "a section and its field with dots between, e.g. model.epochs"
)
_UMASK = TextForm(
    r"0?0[0-7][2367]",
    "three octal digits, e.g. `027`: 0 first, the owner keeps all rights; 2, 3, 6 or 7 last,"
    " others never write",
)
_IMAGE_PATH = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"  # the grammar of distribution/reference
_IMAGE = TextForm(
    r"(?=.*[:@])(([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9a-fA-F:]+\])(:[0-9]+)?/)?"
    rf"{_IMAGE_PATH}(/{_IMAGE_PATH})*"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@[a-z0-9]+([+._-][a-z0-9]+)*:[0-9a-f]{32,})?",
    "an image with its tag or digest, its name in lower case, e.g. registry/name:1.0",
)


class MetadataConfig(Section):
    """Where ML Metadata is kept: a file, a database server, or a server of ML Metadata."""

    kind: Literal["sqlite", "mysql", "postgresql", "grpc"] = "sqlite"
    """Kind of store; `mysql` is MariaDB as well, `grpc` a server of ML Metadata itself."""
    path: str = "tfx_metadata/{pipeline}/metadata.db"
    """SQLite file; `{pipeline}` stands for the pipeline's name."""
    host: str | None = None
    """Of the server, for every kind but `sqlite`; one that is away is waited for, a minute long."""
    port: int | None = Field(default=None, ge=1, le=65535)
    """Of the server; none: the usual one of its kind."""
    database: Annotated[str, _DATABASE] = "tfx_metadata"
    """Name of the database, which is there already; for `mysql` and `postgresql`."""
    user: str | None = None
    """Of the database."""
    password_env: EnvironmentVariable = "TFX_METADATA_PASSWORD"
    """Environment variable that holds the password where a step runs."""
    password_file: str | None = None
    """File that holds the password where a step runs; it is used before the variable."""

    @model_validator(mode="after")
    def _check_server(self) -> MetadataConfig:
        if self.kind != "sqlite" and not self.host:
            raise ValueError(f"kind `{self.kind}` needs `host`")
        if self.kind in ("mysql", "postgresql") and not self.user:
            raise ValueError(f"kind `{self.kind}` needs `user`")
        return self


class EnvironmentConfig(Section):
    """Everything that depends on the machine and not on the problem."""

    runner: Literal["local", "kfp", "vertex"] = "local"
    """Orchestrator: this machine, Kubeflow Pipelines, or Vertex AI."""
    pipeline_root: str = "tfx_pipeline_output/{pipeline}"
    """Where artifacts go, a folder or a URI; `{pipeline}` stands for the pipeline's name."""
    metadata: MetadataConfig = MetadataConfig()
    """Where ML Metadata is kept."""
    beam: BeamConfig = BeamConfig()
    """Engine of the steps that go through all rows."""
    beam_options: Annotated[tuple[str, ...], OneOrMore(" ")] = ()
    """More options of Apache Beam, e.g. `--experiments=…`; they come after what `beam` says, and
    `--runner` takes its place."""
    cache: bool = True
    """Reuse the results of steps whose inputs, code, configuration and libraries are the same."""
    image: Annotated[str, _IMAGE] | None = None
    """Container image of the steps, with its tag or digest."""
    image_pull_secrets: Annotated[tuple[KubernetesName, ...], OneOrMore(",")] = ()
    """Secrets of Kubernetes that hold a login to the image's registry."""
    service_account: str | None = None
    """As which the steps run: of Kubernetes, or of Google Cloud for Vertex AI."""
    steps: dict[str, StepConfig] = {}
    """What steps get, by step; `default` is for all, and what a step says itself goes before."""
    fuse: Literal["none", "light", "all"] = "none"
    """Steps that share a container, which makes short ones faster: `light`, those that only look
    at schema, statistics and metadata; `all`, the whole pipeline."""
    umask: Annotated[str, _UMASK] = "027"
    """Rights that files of the steps and pushed models are made without."""
    secrets: Annotated[tuple[SecretConfig, ...], OneOrMore()] = ()
    """Secrets of Kubernetes that each step gets."""
    config_maps: Annotated[tuple[ConfigMapConfig, ...], OneOrMore()] = ()
    """Values of ConfigMaps of Kubernetes that each step gets."""
    volumes: Annotated[tuple[VolumeConfig, ...], OneOrMore()] = ()
    """Volumes of Kubernetes that each step has."""
    runtime_parameters: Annotated[tuple[Annotated[str, _FIELD], ...], OneOrMore(",")] = ()
    """Fields of this configuration that can be set anew for each run, e.g. `model.epochs`."""
    job: JobConfig = JobConfig()
    """How a run is submitted."""
    kubeflow: KubeflowConfig = KubeflowConfig()
    """Where Kubeflow Pipelines is."""
    vertex: VertexConfig = VertexConfig()
    """Where and how Vertex AI runs the pipeline."""

    @model_validator(mode="after")
    def _check_engine(self) -> EnvironmentConfig:
        names = {word.partition("=")[0] for word in self.beam_options}
        if self.beam.engine != "in_process" and "--runner" in names:
            raise ValueError(
                f"`beam.engine` is {self.beam.engine}, and `beam_options` say --runner: one of them"
            )
        return self

    @property
    def is_vertex_native(self) -> bool:
        """Whether TFX's own runner for Vertex AI compiles the pipeline."""
        return self.runner == "vertex" and self.vertex.rendering == "native"

    def step(self, node_id: str) -> StepConfig:
        """Give what a step gets: what it says itself, then what `default` says."""
        values: dict[str, Any] = {}
        for name in ("default", node_id):
            if name in self.steps:
                values |= self.steps[name].model_dump(exclude_unset=True)
        return StepConfig(**values)
