"""The compiled job runs: each task's own command, as Vertex AI would run it, in its own process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.same_results import assert_same_results
from tests.emulators.vertex import Job, VertexEmulator
from tests.emulators.vertex_service import VertexService, vertex_service
from tests.forked import forked
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.runners.cluster.vertex.rendering import render

pytestmark = pytest.mark.e2e

BUCKET = "gs://my-bucket"
RESOLVERS = (
    "latest_blessed_model_resolver-model-blessing-resolver",
    "latest_blessed_model_resolver-model-resolver",
)
TRAINING = "{machine_type: g2-standard-8, accelerator_type: NVIDIA_L4, accelerator_count: 1}"


@dataclass(frozen=True)
class Native:
    """A job that ran in a project of the emulator."""

    project: VertexEmulator
    job: dict[str, Any]
    run: Job

    @property
    def artifacts(self) -> dict[str, str]:
        """Folders by `Node.output`."""
        return {
            f"{node}.{output}": artifacts[0]["uri"]
            for node, outputs in self.run.outputs.items()
            for output, artifacts in outputs.items()
            if artifacts
        }


def _render(repository: Path, *overrides: str) -> dict[str, Any]:
    loaded = load_config(repository / "configs/penguins.yaml", "vertex", overrides)
    return render(loaded.config, PipelineInputs(f"{BUCKET}/input", None))


@pytest.fixture(scope="module")
def native(
    repository: Path, local_penguins: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Native:
    """The whole pipeline, run on the very table that the local run read."""
    folder = tmp_path_factory.mktemp("bucket")
    (staged,) = (Path(local_penguins["CsvExampleGen.examples"]).parents[2] / "input").iterdir()
    shutil.copytree(staged, folder / "input")

    def run_command(words: list[str], log: Path) -> int:
        done = forked().run(words[words.index("python") :], cwd=repository)
        log.write_text(done.out + done.err, encoding="utf-8")
        return done.status

    project = VertexEmulator(folder, run_command, BUCKET)
    job = _render(repository)
    return Native(project, job, project.run(job, "first"))


def test_native_run_pushes_a_blessed_model(native: Native) -> None:
    outputs = native.run.outputs
    assert outputs[RESOLVERS[0]] == {"model_blessing": []}
    assert outputs[RESOLVERS[1]] == {"model": []}
    assert outputs["Evaluator"]["blessing"][0]["metadata"]["blessed"] == 1
    check = outputs["InfraCheck"]["blessing"][0]["metadata"]
    assert (check["blessed"], check["rows"]) == (1, 32)
    pushed = outputs["Pusher"]["pushed_model"][0]["metadata"]
    assert pushed["pushed"] == 1
    (version,) = (native.project.folder / "serving_model/penguins").iterdir()
    assert version.name == pushed["pushed_version"]
    assert (version / "saved_model.pb").is_file()


def test_native_run_makes_what_the_local_run_makes(
    native: Native, local_penguins: dict[str, str]
) -> None:
    assert_same_results(native.artifacts, local_penguins)


def test_driver_tells_the_executor_what_it_found(native: Native) -> None:
    parameters = native.run.parameters["CsvExampleGen"]
    assert parameters["input_fingerprint"].startswith("split:all,num_files:1,total_bytes:")
    metadata = native.run.outputs["CsvExampleGen"]["examples"][0]["metadata"]
    assert metadata["input_fingerprint"] == parameters["input_fingerprint"]


def test_next_run_finds_the_blessed_model_as_its_baseline(native: Native) -> None:
    run = native.project.run(native.job, "second", only=RESOLVERS)
    (blessing,) = run.outputs[RESOLVERS[0]]["model_blessing"]
    (model,) = run.outputs[RESOLVERS[1]]["model"]
    assert blessing["metadata"]["current_model_id"] == model["name"]
    assert model == native.run.outputs["Trainer"]["model"][0]


@pytest.fixture
def service() -> Iterator[VertexService]:
    with vertex_service() as service:
        yield service


def _artifact(kind: str, uri: str, **properties: int) -> list[Any]:
    from tfx.types import standard_artifacts

    artifact = getattr(standard_artifacts, kind)()
    artifact.uri = uri
    artifact.id = 1
    for name, value in properties.items():
        artifact.set_int_custom_property(name, value)
    return [artifact]


def _exec_properties(job: dict[str, Any], node_id: str) -> dict[str, Any]:
    inputs = job["pipelineSpec"]["root"]["dag"]["tasks"][node_id]["inputs"]["parameters"]
    return {name: value["runtimeValue"]["constant"] for name, value in inputs.items()}


def test_training_job_gets_the_machine_and_its_command_trains(
    repository: Path, native: Native, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from google.cloud.aiplatform_v1.types import CustomJob, JobState
    from tfx.extensions.google_cloud_ai_platform import training_clients
    from tfx.extensions.google_cloud_ai_platform.trainer.executor import GenericExecutor

    made: dict[str, Any] = {}

    class JobService:
        def __init__(self, client_options: dict[str, str]) -> None:
            made.update(client_options)

        def create_custom_job(self, parent: str, custom_job: dict[str, Any]) -> CustomJob:
            made.update(parent=parent, job=CustomJob(custom_job))
            return CustomJob(name=f"{parent}/customJobs/1")

        def get_custom_job(self, name: str, retry: object) -> CustomJob:
            return CustomJob(name=name, state=JobState.JOB_STATE_SUCCEEDED)

    monkeypatch.setattr(training_clients.gapic, "JobServiceClient", JobService)
    job = _render(repository, f"environment.vertex.training={TRAINING}")
    kinds = {"examples": "Examples", "schema": "Schema", "transform_graph": "TransformGraph"}
    owners = {"examples": "CsvExampleGen", "schema": "SchemaGen", "transform_graph": "Transform"}
    inputs = {
        name: _artifact(kind, native.artifacts[f"{owners[name]}.{name}"])
        for name, kind in kinds.items()
    }
    inputs["examples"][0].split_names = '["train", "eval"]'
    outputs = {
        "model": _artifact("Model", str(tmp_path / "model")),
        "model_run": _artifact("ModelRun", str(tmp_path / "run")),
    }
    GenericExecutor().Do(inputs, outputs, _exec_properties(job, "Trainer"))

    assert made["api_endpoint"] == "us-central1-aiplatform.googleapis.com"
    assert made["parent"] == "projects/my-project/locations/us-central1"
    (pool,) = made["job"].job_spec.worker_pool_specs
    machine = pool.machine_spec
    assert (machine.machine_type, machine.accelerator_type.name, machine.accelerator_count) == (
        "g2-standard-8",
        "NVIDIA_L4",
        1,
    )
    assert made["job"].job_spec.scheduling.timeout.total_seconds() == 14400
    assert made["job"].job_spec.service_account == (
        "tfx-pipeline@my-project.iam.gserviceaccount.com"
    )
    assert made["job"].labels["team"] == "ml"
    command = list(pool.container_spec.command)
    done = forked().run(command, cwd=repository)
    assert done.status == 0, done.err
    assert (tmp_path / "model/Format-Serving/saved_model.pb").is_file()


def _endpoints(service: VertexService, query: str) -> list[Any]:
    from google.cloud import aiplatform

    return [
        aiplatform.Endpoint(name)
        for name, resource in service.resources.items()
        if "/endpoints/" in name and query == f'display_name="{resource["displayName"]}"'
    ]


def test_second_pusher_registers_and_deploys_the_model(
    repository: Path, native: Native, service: VertexService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform
    from tfx.extensions.google_cloud_ai_platform.pusher import executor

    monkeypatch.setattr(executor.io_utils, "copy_dir", lambda src, dst: None)  # into the bucket
    aiplatform.init(
        api_endpoint=service.url, api_transport="rest", credentials=AnonymousCredentials()
    )
    # By REST, on one stack, the client takes every endpoint of a list for a private one.
    monkeypatch.setattr(aiplatform.Endpoint, "list", lambda filter: _endpoints(service, filter))
    push = "{serving_image: registry.example.com/tf2:15, endpoint: birds, max_replicas: 3}"
    job = _render(repository, f"environment.vertex.push={push}")
    pushed = _artifact("PushedModel", f"{BUCKET}/root/VertexPusher/pushed_model")
    inputs = {
        "model": _artifact("Model", native.artifacts["Trainer.model"]),
        "model_blessing": _artifact("ModelBlessing", "x", blessed=1),
        "infra_blessing": _artifact("InfraBlessing", "x", blessed=1),
    }
    properties = _exec_properties(job, "VertexPusher")
    executor.Executor().Do(inputs, {"pushed_model": pushed}, properties)

    parent = "/v1/projects/my-project/locations/us-central1"
    (endpoint,) = service.asked(f"POST {parent}/endpoints$")
    assert endpoint.body["displayName"] == "birds"
    (uploaded,) = service.asked(f"POST {parent}/models:upload")
    assert uploaded.body["model"]["artifactUri"] == f"{BUCKET}/root/VertexPusher/pushed_model"
    assert uploaded.body["model"]["containerSpec"]["imageUri"].endswith("tf2:15")
    (deployed,) = service.asked(f"POST {parent}/endpoints/.*:deployModel")
    resources = deployed.body["deployedModel"]["dedicatedResources"]
    assert resources["machineSpec"] == {"machineType": "n1-standard-2"}
    assert (resources["minReplicaCount"], resources["maxReplicaCount"]) == (1, 3)
    assert deployed.body["trafficSplit"] == {"0": 100}
    assert pushed[0].get_int_custom_property("pushed") == 1
    assert "/models/" in pushed[0].get_string_custom_property("pushed_destination")

    refused = {**inputs, "model_blessing": _artifact("ModelBlessing", "x", blessed=0)}
    not_pushed = _artifact("PushedModel", f"{BUCKET}/elsewhere")
    executor.Executor().Do(refused, {"pushed_model": not_pushed}, properties)
    assert not_pushed[0].get_int_custom_property("pushed") == 0
    assert len(service.asked("models:upload")) == 1
