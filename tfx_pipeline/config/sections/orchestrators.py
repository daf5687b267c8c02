"""Configuration of the orchestrators: what steps get there, how runs are submitted, and where."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.kubernetes import (
    EphemeralStorageConfig,
    LabelKey,
    LabelValue,
    Namespace,
    NodeAffinityConfig,
    Quantity,
    TolerationConfig,
)
from tfx_pipeline.config.sections.section import (
    EnvironmentVariable,
    Named,
    OneOrMore,
    Section,
    TextForm,
)

_EXPERIMENT = TextForm(
    r"[a-z0-9][a-z0-9-]{0,127}", "lower-case letters, digits and `-`, no `-` first; 128 at most"
)
_SCHEDULE = TextForm(
    r"(TZ=\S+ )?\S+( \S+){4,5}|@[a-z]+( \S+)?",
    "five or six fields of cron with one blank between them, e.g. `0 3 * * *`;"
    " before them, for Vertex AI, a time zone, e.g. `TZ=Europe/Berlin`;"
    " or, for Kubeflow Pipelines, e.g. `@daily` or `@every 6h`",
)
_HTTP_ADDRESS = TextForm(r"https?://\S+", "an address that begins with http:// or https://")
_KFP_VERSION = TextForm(r"2\.([4-9]|[1-9][0-9]+)(\.[0-9]+)?", "2.4 or newer, e.g. `2.14`")
GoogleProject = Annotated[
    str,
    TextForm(
        r"[a-z][a-z0-9-]{4,28}[a-z0-9]",
        "6 to 30 lower-case letters, digits and `-`, with a letter first and no `-` last",
    ),
]
GoogleRegion = Annotated[
    str, TextForm(r"[a-z]+-[a-z]+[0-9]+", "a region of Google Cloud, e.g. us-central1")
]
_SUBNETWORK = TextForm(
    r"(https://www\.googleapis\.com/compute/v1/projects/[a-z0-9:.-]+/)?"
    r"regions/[a-z]+-[a-z]+[0-9]+/subnetworks/[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
    "regions/<region>/subnetworks/<name>; for one of another project (Shared VPC)"
    " https://www.googleapis.com/compute/v1/projects/<project>/ before it",
)


class StepConfig(Section):
    """What a step gets in a cluster."""

    cpu: float | None = Field(default=None, ge=0.001, le=10_000)
    """Processors that the machine must have free; 0.001 at least."""
    cpu_limit: float | None = Field(default=None, ge=0.001, le=10_000)
    """Processors that it may use; none: what is free."""
    memory: Quantity | None = None
    """Memory that the machine must have free, e.g. `8Gi`."""
    memory_limit: Quantity | None = None
    """Memory beyond which the step is ended; none: as `memory`."""
    gpus: int = Field(default=0, ge=0)
    """Accelerators."""
    accelerator: str = "nvidia.com/gpu"
    """Kind of accelerator: a resource of Kubernetes, or a type of Vertex AI."""
    node_selector: dict[LabelKey, LabelValue] = {}
    """Labels that the machine must have; Kubernetes only."""
    node_affinity: Annotated[tuple[NodeAffinityConfig, ...], OneOrMore()] = ()
    """What its labels must or should be otherwise; Kubeflow Pipelines 2.14 or newer."""
    tolerations: Annotated[tuple[TolerationConfig, ...], OneOrMore()] = ()
    """Taints of machines that the step puts up with; Kubernetes only."""
    annotations: dict[LabelKey, str] = {}
    """Of the step's pod; Kubernetes only."""
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = None
    """When the machine asks for the image; none: as Kubernetes does by the image's tag."""
    ephemeral_storage: Annotated[EphemeralStorageConfig, Named("size")] | None = None
    """Room for temporary files, e.g. `20Gi`; none: what the machine has. Kubernetes only."""
    retries: int = Field(default=2, ge=0, le=10)
    """How often a step that failed is tried again; one that a gate refused is not, since it would
    say the same."""
    timeout_s: int | None = Field(default=None, ge=60)
    """Seconds after which an attempt is given up."""


class JobConfig(Section):
    """How a run is submitted."""

    experiment: Annotated[str, _EXPERIMENT] | None = None
    """Group of runs; made if it is not there."""
    labels: dict[str, str] = {}
    """Labels of the run; for Kubeflow Pipelines, whose runs have none, of its steps' pods."""
    schedule: Annotated[str, _SCHEDULE] | None = None
    """Repeats the run, as cron says it; none: runs once, now."""
    request_timeout_s: float = Field(default=60.0, gt=0)
    """For each request to the service."""
    request_retries: int = Field(default=3, ge=0, le=10)
    """How often a request is sent again that the service could not take."""


class KubeflowConfig(Section):
    """Where Kubeflow Pipelines is."""

    host: Annotated[str, _HTTP_ADDRESS] | None = None
    """Address of its API."""
    version: Annotated[str, _KFP_VERSION] = "2.4"
    """Of the installation; what only newer ones can do is refused."""
    namespace: Namespace = "kubeflow"
    """Namespace of the runs' pods; of the run itself in an installation with several users."""
    token_env: EnvironmentVariable = "KF_PIPELINES_TOKEN"
    """Environment variable that holds a bearer token for the API, if it needs one."""
    token_file: str | None = None
    """File that holds the token instead, e.g. of a service account; read for each request, so
    that a run can be waited for longer than a token is good."""
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

    serving_image: Annotated[str, TextForm(r"\S+", "the name of an image, without blanks")]
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

    project: GoogleProject | None = None
    """Id of the project; Vertex AI needs one, and none is assumed."""
    location: GoogleRegion | None = None
    """Region, that of the bucket; Vertex AI needs one, and none is assumed."""
    network: str | None = None
    """Network that the steps' machines join, by its full name:
    `projects/<project number>/global/networks/<name>`."""
    subnetwork: Annotated[str, _SUBNETWORK] | None = None
    """Subnetwork of that network in which Dataflow starts its machines, e.g.
    `regions/europe-west4/subnetworks/mine`; Dataflow needs one where `network` is set."""
    rendering: Literal["native", "generic"] = "native"
    """`native`: TFX's own, with Vertex AI's metadata; `generic`: the one of Kubeflow Pipelines,
    with the metadata that `environment.metadata` names."""
    training: VertexTrainingConfig | None = None
    """Train as a job of Vertex Training; none: in the step itself. Only `native`."""
    push: VertexEndpointConfig | None = None
    """Push to Vertex AI as well. Only `native`."""
