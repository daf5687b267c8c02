"""What the tests of submissions to Vertex AI share: documents, and a submission of one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.runners.cluster.submission import SubmitOptions, Submitted
from tfx_pipeline.runners.cluster.vertex import submit as vertex_submit

REPOSITORY = Path(__file__).resolve().parents[4]
PARENT = "projects/my-project/locations/us-central1"
JOBS = f"POST /v1/{PARENT}/pipelineJobs"
NATIVE = {
    "displayName": "penguins",
    "labels": {"tfx_runner": "kubeflow_v2"},
    "pipelineSpec": {"pipelineInfo": {"name": "penguins"}, "schemaVersion": "2.1.0", "root": {}},
    "runtimeConfig": {"gcsOutputDirectory": "gs://my-bucket/elsewhere"},
}
GENERIC = {"pipelineInfo": {"name": "my_pipeline"}, "schemaVersion": "2.1.0", "root": {"dag": {}}}


def make_config(*overrides: str) -> PipelineConfig:
    """Load the shipped penguins for Vertex AI; without an experiment, unless it is said."""
    basic = ("environment.job.experiment=null", *overrides)
    return load_config(REPOSITORY / "configs/penguins.yaml", "vertex", basic).config


def submit(
    config: PipelineConfig, document: dict[str, Any] = NATIVE, **options: Any
) -> tuple[Submitted, list[str]]:
    """Submit; give what came of it, and the lines that were shown."""
    lines: list[str] = []
    return vertex_submit.submit(config, document, SubmitOptions(**options), lines.append), lines
