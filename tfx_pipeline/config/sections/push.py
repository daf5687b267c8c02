"""Configuration of the push: where a blessed model goes, and what it must prove before."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from tfx_pipeline.config.sections.section import Name, Named, Section, TextForm
from tfx_pipeline.deployment.launch import DOCKER_IMAGE

_IMAGE = TextForm(r"\S+:\w[\w.-]*", "an image with its tag, e.g. `tensorflow/serving:2.19.1`")


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
    image: Annotated[str, _IMAGE] = DOCKER_IMAGE
    """Image for `docker` and `kubernetes`, with its tag."""


class PushConfig(Section):
    """Where a blessed model goes, for TensorFlow Serving to find."""

    model_name: Name | None = None
    """Name under which it is served; none: the pipeline's name."""
    base_directory: str = "serving_model"
    """A folder or a URI; versions appear as `<base_directory>/<model_name>/<version>/`."""
    smoke_rows: int = Field(default=32, ge=1, le=10_000)
    """Eval rows that the model must answer as it did when it was trained, before the push by a
    server and after it in a process of its own."""
    infra_check: Annotated[InfraCheckConfig, Named("server")] = InfraCheckConfig()
    """Proof, before the push, that the model will serve."""
