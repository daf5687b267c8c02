"""The job that Beam describes to Dataflow for a configuration, field by field; nothing is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from apache_beam.runners.dataflow.internal import apiclient
from apache_beam.transforms.environments import DockerEnvironment

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.pipeline.beam_options import all_beam_options

pytestmark = pytest.mark.slow

ROOT = "gs://my-bucket/tfx_pipeline_output/penguins/dataflow"
IMAGE = "registry.example.com/my-project/tfx-pipeline-dataflow:0.1.0"


def described(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Any], list[str]]:
    """Let Beam's own client describe a job by the shipped overlay; give the job and its files."""
    staged: list[str] = []
    monkeypatch.setattr(
        apiclient.DataflowApplicationClient,
        "stage_file_with_retry",
        lambda self, folder, name, *args, **more: staged.append(f"{folder}/{name}"),
    )
    overlay = repository / "configs/env/dataflow.yaml"
    config = load_config(repository / "configs/penguins.yaml", str(overlay)).config
    options = PipelineOptions([*all_beam_options(config), "--no_auth"])
    google = options.view_as(GoogleCloudOptions)
    google.staging_location = google.staging_location or google.temp_location
    pipeline = beam.Pipeline(options=PipelineOptions([]))
    _ = pipeline | beam.Create(["a"]) | beam.Map(str.upper)
    image = apiclient.get_container_image_from_options(options)
    environment = DockerEnvironment.from_container_image(image)  # as Beam's DataflowRunner does
    proto = pipeline.to_runner_api(default_environment=environment)
    job = apiclient.Job(options, proto)
    client = apiclient.DataflowApplicationClient(options, ROOT)
    client.create_job_description(job)
    project, location = submitted(client, job, monkeypatch)
    document: dict[str, Any] = json.loads(job.json())
    return {**document, "projectId": project, "location": location}, staged


def submitted(client: Any, job: Any, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Let the client send the job to nobody; give the project and the region that it is for."""
    calls: list[Any] = []

    def create(request: Any) -> Any:
        calls.append(request)
        return answer

    if hasattr(client, "_jobs_client"):  # since Beam 2.77: Google's own client of Dataflow
        answer = type(job.proto)(id="id", name="name")
        monkeypatch.setattr(client._jobs_client, "create_job", create)
        client.submit_job_description(job)
        return calls[0].project_id, calls[0].location
    answer = client._client.MESSAGES_MODULE.Job(id="id", name="name")
    monkeypatch.setattr(client._client.projects_locations_jobs, "Create", create, raising=False)
    client.submit_job_description(job)
    return calls[0].projectId, calls[0].location


def test_dataflow_job_is_of_the_configurations_region_account_image_and_size(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, staged = described(repository, monkeypatch)
    assert (job["projectId"], job["location"]) == ("my-project", "us-central1")
    assert job["type"] == "JOB_TYPE_BATCH"
    environment = job["environment"]
    account = "tfx-pipeline@my-project.iam.gserviceaccount.com"
    assert environment["serviceAccountEmail"] == account
    folder = environment["tempStoragePrefix"]  # of this job, below the configuration's
    assert folder.startswith(ROOT.replace("gs://", "storage.googleapis.com/") + "/")
    (pool,) = environment["workerPools"]
    assert pool["machineType"] == "n2-standard-4"
    assert pool["autoscalingSettings"]["maxNumWorkers"] == 10
    assert {x["containerImage"] for x in pool["sdkHarnessContainerImages"]} == {IMAGE}
    assert not [x for x in staged if x.endswith((".whl", ".tar.gz"))]  # the image has it all
    assert [x for x in staged if x.startswith(ROOT) and x.endswith("/pipeline.pb")]
