"""Configuration of the orchestrators: what steps get there, how runs are submitted, and where."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from tfx_pipeline.config.section import Section


class StepConfig(Section):
    """What a step gets in a cluster."""

    cpu: float | None = Field(default=None, gt=0)
    """Processors, as request and limit."""
    memory: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?(Mi|Gi|Ti|M|G|T)$")
    """Memory, as request and limit, e.g. `8Gi`."""
    gpus: int = Field(default=0, ge=0)
    """Accelerators."""
    accelerator: str = "nvidia.com/gpu"
    """Kind of accelerator: a resource of Kubernetes, or a type of Vertex AI."""
    node_selector: dict[str, str] = {}
    """Labels that the machine must have; Kubernetes only."""
    retries: int = Field(default=2, ge=0, le=10)
    """How often a step that failed is tried again; a gate that refuses (DataGate, a step that
    pushes) is not, since it would say the same."""
    timeout_s: int | None = Field(default=None, ge=60)
    """Seconds after which an attempt is given up; Vertex AI ends it, Kubernetes may not."""

    @field_validator("memory")
    @classmethod
    def _check_memory(cls, memory: str | None) -> str | None:
        if memory is not None and not float(memory.rstrip("MGTi")):
            raise ValueError(f"{memory} is no memory at all")
        return memory


class SecretConfig(Section):
    """A value of a Kubernetes Secret that each step gets as an environment variable."""

    name: str = Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
    """Of the Secret."""
    key: str = Field(pattern=r"^[A-Za-z0-9._-]{1,253}$")
    """Within the Secret."""
    env: str = Field(pattern=r"^[A-Za-z_]\w*$")
    """The variable."""


class VolumeConfig(Section):
    """A volume that every step has at the same place."""

    claim: str = Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
    """Name of the PersistentVolumeClaim."""
    mount_path: str = Field(pattern=r"^/.+$")
    """Where it appears; paths below it count as shared."""


class JobConfig(Section):
    """How a run is submitted."""

    experiment: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9-]{0,127}$")
    """Group of runs; made if it is not there."""
    labels: dict[str, str] = {}
    """Labels of the run."""
    schedule: str | None = Field(default=None, pattern=r"^(TZ=\S+ )?\S+( \S+){4,5}$")
    """Repeats the run, as cron says it; none: runs once, now."""
    request_timeout_s: float = Field(default=60.0, gt=0)
    """For each request to the service."""
    request_retries: int = Field(default=3, ge=0, le=10)
    """How often a request is sent again that the service could not take."""


class KubeflowConfig(Section):
    """Where Kubeflow Pipelines is."""

    host: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Address of its API."""
    namespace: str = "kubeflow"
    """Namespace of the run, in an installation with several users."""
    token_env: str = Field(default="KF_PIPELINES_TOKEN", pattern=r"^[A-Za-z_]\w*$")
    """Environment variable that holds a bearer token for the API, if it needs one."""
    ca_file: str | None = None
    """Certificates that the API's own is signed by; none: those of the system."""


class VertexTrainingConfig(Section):
    """The machine on which Vertex AI trains, as a job of its own."""

    machine_type: str = "n1-standard-4"
    """Type of the machine."""
    accelerator_type: str | None = None
    """E.g. `NVIDIA_TESLA_T4`."""
    accelerator_count: int = Field(default=0, ge=0)
    """Accelerators of that type."""

    @model_validator(mode="after")
    def _check_accelerators(self) -> VertexTrainingConfig:
        if (self.accelerator_count > 0) != (self.accelerator_type is not None):
            raise ValueError("accelerator_type and accelerator_count go together")
        return self


class VertexEndpointConfig(Section):
    """A push into the Model Registry and to an Endpoint of Vertex AI, after the one for serving."""

    serving_image: str = Field(pattern=r"^\S+$")
    """Image of the server: Vertex AI's prebuilt one for TensorFlow 2, or your own."""
    endpoint: str | None = None
    """Name of the Endpoint; none: that of the model."""
    machine_type: str = "n1-standard-2"
    """Of the machines that serve."""
    min_replicas: int = Field(default=1, ge=1)
    """Machines at least."""
    max_replicas: int = Field(default=1, ge=1)
    """Machines at most."""


class VertexConfig(Section):
    """Where and how Vertex AI runs the pipeline."""

    project: str | None = Field(default=None, pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")
    """Id of the project."""
    location: str = Field(default="us-central1", pattern=r"^[a-z]+-[a-z]+\d+$")
    """Region."""
    network: str | None = None
    """Network that the steps' machines join."""
    rendering: Literal["native", "generic"] = "native"
    """`native`: TFX's own, with Vertex AI's metadata; `generic`: the one of Kubeflow Pipelines,
    with the metadata that `environment.metadata` names."""
    training: VertexTrainingConfig | None = None
    """Train as a job of Vertex Training; none: in the step itself. Only `native`."""
    push: VertexEndpointConfig | None = None
    """Push to Vertex AI as well. Only `native`."""
