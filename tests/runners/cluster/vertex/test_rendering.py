"""What TFX's runner makes of a configuration, with what this package adds."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.step_order import GATE_STEPS, step_order
from tfx_pipeline.runners.cluster.vertex.rendering import render, to_text

pytestmark = pytest.mark.slow

INPUTS = PipelineInputs("gs://my-bucket/input", "gs://my-bucket/schema/schema.pbtxt")
SERVER = "registry.example.com/tf2-cpu:2-15"
IMAGE = "registry.example.com/my-project/tfx-pipeline:0.1.0"
ACCOUNT = "tfx-pipeline@my-project.iam.gserviceaccount.com"
DATA_RESOLVER = "latest_blessed_data_resolver"
RESOLVER = "latest_blessed_model_resolver"
TRAINING = "{machine_type: g2-standard-8, accelerator_type: NVIDIA_L4, accelerator_count: 1}"
EVERYTHING = (
    f"environment.vertex.training={TRAINING}",
    f"environment.vertex.push={{serving_image: {SERVER}, endpoint: cabs, max_replicas: 3}}",
    "environment.vertex.network=projects/12/global/networks/my-network",
    "environment.vertex.subnetwork=regions/europe-west1/subnetworks/mine",
    "environment.beam_options=[--runner=DataflowRunner, --region=europe-west1]",
    "environment.steps.InfraCheck={gpus: 2, accelerator: NVIDIA_TESLA_T4, retries: 0}",
    "name=my_taxi",
)


def load(repository: str | Path, *overrides: str) -> PipelineConfig:
    return load_config(Path(repository) / "configs/taxi.yaml", "vertex", overrides).config


@pytest.fixture(scope="module")
def plain(repository: Path) -> dict[str, Any]:
    return render(load(repository), INPUTS)


@pytest.fixture(scope="module")
def full(repository: Path) -> dict[str, Any]:
    return render(load(repository, *EVERYTHING), INPUTS)


def _tasks(job: dict[str, Any]) -> dict[str, Any]:
    return job["pipelineSpec"]["root"]["dag"]["tasks"]


def _container(job: dict[str, Any], node_id: str) -> dict[str, Any]:
    return job["pipelineSpec"]["deploymentSpec"]["executors"][f"{node_id}_executor"]["container"]


def _parameter(job: dict[str, Any], node_id: str, name: str) -> Any:
    value = _tasks(job)[node_id]["inputs"]["parameters"][name]["runtimeValue"]["constant"]
    return json.loads(value) if isinstance(value, str) else value


def test_job_has_every_node_and_tfx_own_resolver(repository: Path, plain: dict[str, Any]) -> None:
    nodes = set(step_order(load(repository))) - {RESOLVER}
    resolvers = {f"{RESOLVER}-model-resolver", f"{RESOLVER}-model-blessing-resolver"}
    assert set(_tasks(plain)) == nodes | resolvers
    assert _tasks(plain)["Transform"]["dependentTasks"] == [
        "CsvExampleGen",
        "DataGate",
        "ImportSchemaGen",
    ]
    assert plain["displayName"] == "taxi"
    assert plain["labels"]["team"] == "ml"
    assert plain["runtimeConfig"] == {
        "gcsOutputDirectory": "gs://my-bucket/tfx_pipeline_output/taxi"
    }
    assert plain["pipelineSpec"]["schemaVersion"] == "2.1.0"


def test_job_of_the_same_configuration_has_the_same_bytes(repository: Path) -> None:
    first, second = (to_text(render(load(repository), INPUTS)) for _ in range(2))
    assert first == second


def test_job_loads_in_googles_client_without_a_network(
    tmp_path: Path, plain: dict[str, Any], full: dict[str, Any]
) -> None:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import aiplatform

    for job in (plain, full):
        file = tmp_path / "job.json"
        file.write_text(to_text(job), encoding="utf-8")
        loaded = aiplatform.PipelineJob(
            display_name="x",
            template_path=str(file),
            credentials=AnonymousCredentials(),
            project="my-project",
            location="us-central1",
        )
        assert loaded.pipeline_spec["pipelineInfo"]["name"] in ("taxi", "my-taxi")
        root = job["runtimeConfig"]["gcsOutputDirectory"]
        assert loaded.runtime_config.gcs_output_directory == root


def test_containers_run_our_entry_point_in_the_image(plain: dict[str, Any]) -> None:
    entry = ["python", "-m", "tfx_pipeline.runners.cluster.vertex.entry_point"]
    pusher = _container(plain, "Pusher")
    assert (pusher["image"], pusher["command"]) == (IMAGE, entry)
    assert pusher["args"][:4] == [
        "--executor_class_path",
        "tfx_pipeline.components.pusher.executor.AtomicPushExecutor",
        "--json_serialized_invocation_args",
        "{{$}}",
    ]
    example_gen = _container(plain, "CsvExampleGen")
    driver = example_gen["lifecycle"]["preCacheCheck"]
    assert driver["command"][-1] == "tfx.orchestration.kubeflow.v2.file_based_example_gen.driver"
    assert example_gen["args"][-2:] == [
        "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner",
        "--sdk_container_image=none",
    ]


def test_containers_get_machine_retries_and_time_limit_of_their_step(
    plain: dict[str, Any], full: dict[str, Any]
) -> None:
    assert _container(plain, "Transform")["resources"] == {
        "cpuLimit": 4.0,
        "cpuRequest": 4.0,
        "memoryLimit": 17.179869184,
        "memoryRequest": 17.179869184,
    }
    assert _container(plain, "CsvExampleGen")["resources"]["memoryLimit"] == 8.589934592
    gpu = _container(full, "InfraCheck")["resources"]["accelerator"]
    assert gpu == {"type": "NVIDIA_TESLA_T4", "count": "2"}
    assert _container(plain, "Trainer")["command"][:4] == [
        "timeout",
        "--kill-after=60",
        "14400",
        "python",
    ]
    assert _tasks(plain)["Trainer"]["retryPolicy"] == {
        "maxRetryCount": 2,
        "backoffDuration": "60s",
        "backoffFactor": 2.0,
        "backoffMaxDuration": "3600s",
    }
    assert "retryPolicy" not in _tasks(full)["InfraCheck"]
    without = {name for name, task in _tasks(full).items() if "retryPolicy" not in task}
    assert without >= set(GATE_STEPS)
    resolvers = (RESOLVER, DATA_RESOLVER)
    others = {name for name in without - set(GATE_STEPS) if not name.startswith(resolvers)}
    assert others == {"InfraCheck"}


def test_numbers_keep_their_types_on_the_way_through_json(plain: dict[str, Any]) -> None:
    definitions = plain["pipelineSpec"]["components"]["InfraCheck"]["inputDefinitions"]
    assert definitions["parameters"]["load_timeout_s"] == {"parameterType": "NUMBER_DOUBLE"}
    assert "max_latency_ms" not in definitions["parameters"]  # none: TFX's runner leaves it out
    gate = plain["pipelineSpec"]["components"]["DataGate"]
    assert gate["inputDefinitions"]["parameters"]["checks"] == {"parameterType": "STRING"}
    assert _parameter(plain, "DataGate", "checks")["severities"]["anomalies"] == "error"
    executors = plain["pipelineSpec"]["deploymentSpec"]["executors"]
    queries = executors[f"{DATA_RESOLVER}_executor"]["resolver"]["outputArtifactQueries"]
    assert queries["reference"]["filter"] == (
        'schema_title="tfx_pipeline.DataBlessing" AND state=LIVE'
        " AND metadata.blessed.number_value=1"
    )
    blessing = gate["outputDefinitions"]["artifacts"]["blessing"]["artifactType"]
    assert "title: tfx_pipeline.DataBlessing" in blessing["instanceSchema"]


def test_name_with_underscore_becomes_one_that_vertex_allows(full: dict[str, Any]) -> None:
    assert full["pipelineSpec"]["pipelineInfo"] == {"name": "my-taxi"}
    assert full["displayName"] == "my_taxi"


def test_training_job_has_machine_image_account_network_and_time_limit(
    full: dict[str, Any],
) -> None:
    executor = _container(full, "Trainer")
    assert executor["args"][1] == (
        "tfx.extensions.google_cloud_ai_platform.trainer.executor.GenericExecutor"
    )
    assert executor["command"][0] == "python"  # the job's own limit ends the job, and this step
    settings = _parameter(full, "Trainer", "custom_config")
    assert settings["ai_platform_enable_vertex"] is True
    assert settings["ai_platform_vertex_region"] == "us-central1"
    assert settings["ai_platform_training_args"] == {
        "project": "my-project",
        "display_name": "my-taxi-trainer",
        "labels": {"team": "ml"},
        "job_spec": {
            "worker_pool_specs": [
                {
                    "machine_spec": {
                        "machine_type": "g2-standard-8",
                        "accelerator_type": "NVIDIA_L4",
                        "accelerator_count": 1,
                    },
                    "replica_count": 1,
                    "container_spec": {"image_uri": IMAGE},
                }
            ],
            "service_account": ACCOUNT,
            "network": "projects/12/global/networks/my-network",
            "scheduling": {"timeout": {"seconds": 14400}},
        },
    }
    assert settings["model"]["epochs"] > 0  # what run_fn reads is still there


def test_second_pusher_comes_after_the_first_and_needs_the_same_blessings(
    repository: Path, full: dict[str, Any]
) -> None:
    assert step_order(load(repository, *EVERYTHING))[-2:] == ["Pusher", "VertexPusher"]
    task = _tasks(full)["VertexPusher"]
    assert "Pusher" in task["dependentTasks"]
    assert task["inputs"]["artifacts"] == _tasks(full)["Pusher"]["inputs"]["artifacts"]
    assert _parameter(full, "VertexPusher", "custom_config") == {
        "ai_platform_enable_vertex": True,
        "ai_platform_vertex_region": "us-central1",
        "ai_platform_vertex_container_image_uri": SERVER,
        "ai_platform_serving_args": {
            "project": "my-project",
            "endpoint_name": "cabs",
            "machine_type": "n1-standard-2",
            "min_replica_count": 1,
            "max_replica_count": 3,
        },
    }


def test_dataflow_gets_what_the_configuration_knows_already(full: dict[str, Any]) -> None:
    assert [x for x in _container(full, "Transform")["args"] if x.startswith("--")][3:] == [
        "--project=my-project",
        "--temp_location=gs://my-bucket/tfx_pipeline_output/my_taxi/dataflow",
        f"--service_account_email={ACCOUNT}",
        f"--sdk_container_image={IMAGE}",
        "--subnetwork=regions/europe-west1/subnetworks/mine",
        "--runner=DataflowRunner",
        "--region=europe-west1",
    ]


@pytest.mark.parametrize(
    ("override", "place"),
    [
        ("environment.image=null", "environment.image"),
        ("environment.pipeline_root=here", "environment.pipeline_root"),
        ("environment.pipeline_root=s3://bucket/x", "environment.pipeline_root"),
        ("push.base_directory=serving_model", "push.base_directory"),
        ("push.infra_check.server=docker", "push.infra_check.server"),
        ("push.infra_check.server=kubernetes", "push.infra_check.server"),
        ("environment.service_account=default", "environment.service_account"),
        ("environment.job.labels={Team: ml}", "environment.job.labels.Team"),
        ("environment.steps.Trainer.gpus=1", "environment.steps.Trainer.accelerator"),
        ("environment.steps.Tuner={cpu: 1}", "environment.steps.Tuner"),
    ],
)
def test_configuration_that_vertex_cannot_run_is_refused_with_its_field(
    repository: Path, override: str, place: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        render(load(repository, override), INPUTS)
    assert place in [problem.place for problem in caught.value.problems]


@pytest.mark.parametrize("field", ["project", "location"])
def test_job_without_project_or_region_is_refused(repository: Path, field: str) -> None:
    with pytest.raises(ConfigError, match=rf"environment\.vertex\.{field}"):
        render(load(repository, f"environment.vertex.{field}=null"), INPUTS)


def test_text_does_not_depend_on_the_order_in_which_a_job_was_made(plain: dict[str, Any]) -> None:
    turned = copy.deepcopy(plain)
    turned["labels"] = dict(reversed(turned["labels"].items()))
    assert to_text(turned) == to_text(plain)
