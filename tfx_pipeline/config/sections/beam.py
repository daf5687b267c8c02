"""Configuration of Apache Beam: the engine of the steps that go through all rows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from tfx_pipeline.config.sections.orchestrators import GoogleProject, GoogleRegion
from tfx_pipeline.config.sections.section import Section, TextForm

_ADDRESS = TextForm(
    r"(?!-)([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}", "host:port, e.g. `localhost:8099`"
)
_PROGRAM = TextForm(r"/[^\x00-\x20]+", "the absolute path of a program, without blanks")

BY_JOB_SERVICE = ("prism", "flink", "spark")
"""Engines that take pipelines by Beam's Job API."""


class DataflowConfig(Section):
    """What Google Cloud Dataflow is told; each is taken from elsewhere when it is not said."""

    project: GoogleProject | None = None
    """Project of Google Cloud; none: `environment.vertex.project`."""
    region: GoogleRegion | None = None
    """Region of its machines; none: `environment.vertex.location`."""
    temp_location: str | None = None
    """Folder on gs:// for files of a job; none: `dataflow` below `environment.pipeline_root`."""
    machine_type: str | None = None
    """Of its machines, e.g. `n2-standard-4`; none: as Dataflow chooses."""


class BeamConfig(Section):
    """Where the rows go in CsvExampleGen, StatisticsGen, Transform and Evaluator.

    What belongs to another engine than `engine` is not read, so that one word changes it.
    """

    engine: Literal["in_process", "prism", "flink", "spark", "dataflow"] = "in_process"
    """What works on the rows: the step's own process, or an engine elsewhere."""
    workers: Annotated[int, Field(ge=1, le=1000)] | Literal["auto"] = "auto"
    """How many share the rows: processes of this machine, Flink's parallelism, Dataflow's machines
    at most; `auto`: one process, or what the engine is set to. Prism and Spark have their own."""
    job_endpoint: Annotated[str, _ADDRESS] | None = None
    """Beam's job service, as the steps reach it; for prism, flink, spark."""
    artifact_endpoint: Annotated[str, _ADDRESS] | None = None
    """Its artifact service, where the address that the job service gives is not reached."""
    worker_pool: Annotated[str, _ADDRESS] | None = None
    """Beam's worker pool, as the engine's workers reach it: beside each of them on a cluster."""
    worker_command: Annotated[str, _PROGRAM] | None = None
    """Instead of a pool: the program `tfx-beam-worker`, which the engine starts for each worker."""
    dataflow: DataflowConfig = DataflowConfig()
    """For dataflow."""

    @model_validator(mode="after")
    def _check_addresses(self) -> BeamConfig:
        if self.engine not in BY_JOB_SERVICE:
            return self
        if self.job_endpoint is None:
            raise ValueError(
                f"engine `{self.engine}` needs `job_endpoint`, the address of its job service"
            )
        if (self.worker_pool is None) == (self.worker_command is None):
            raise ValueError(
                f"engine `{self.engine}` needs either `worker_pool` or `worker_command`"
            )
        if self.engine != "flink" and self.workers != "auto":
            raise ValueError(f"`workers` of {self.engine} are its own: leave `auto`")
        return self
