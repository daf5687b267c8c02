"""What is compiled for Vertex AI, and what the rules on it refuse: in both renderings."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.runners.cluster.kubeflow.fixtures import UPSTREAM
from tests.targets.fitting_configs import GOOD, in_environment
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.pipeline.inputs import PipelineInputs
from tfx_pipeline.pipeline.step_order import GATE_STEPS
from tfx_pipeline.runners.cluster.kubeflow.rendering import Rendering, kfp_name
from tfx_pipeline.runners.cluster.kubeflow.rendering import render as render_generic
from tfx_pipeline.runners.cluster.vertex.rendering import render
from tfx_pipeline.targets.conformance import check_document
from tfx_pipeline.targets.rules import Target

pytestmark = pytest.mark.slow
pytest.importorskip("kfp")

TRAINING = {"machine_type": "g2-standard-8", "accelerator_type": "NVIDIA_L4"}
Document = dict[str, Any]


def _config(target: Target, **vertex: Any) -> Any:
    environment = GOOD[target]["environment"]
    environment = {**environment, "vertex": {**environment["vertex"], **vertex}}
    return in_environment({**GOOD[target], "environment": environment})


@pytest.fixture(scope="module")
def native() -> Document:
    config = _config("vertex-native", training={**TRAINING, "accelerator_count": 1})
    return render(config, PipelineInputs("gs://bucket/input", "gs://bucket/schema.pbtxt"))


@pytest.fixture(scope="module")
def generic() -> Document:
    rendering = Rendering(_config("vertex-generic"), UPSTREAM, "gs://bucket/ir/0.json", False)
    return dict(yaml.safe_load(render_generic(rendering)))


def _refused(target: Target, document: Document, **vertex: Any) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        check_document(_config(target, **vertex), target, document)
    return [(x.place or "", x.received or "") for x in caught.value.problems]


def test_both_renderings_are_what_the_types_of_google_take(
    native: Document, generic: Document
) -> None:
    from google.cloud.aiplatform_v1.types import PipelineJob
    from google.protobuf import json_format

    training = {**TRAINING, "accelerator_count": 1}
    assert (
        check_document(_config("vertex-native", training=training), "vertex-native", native) == ()
    )
    assert check_document(_config("vertex-generic"), "vertex-generic", generic) == ()
    for document in (native, {"pipelineSpec": generic}):
        job = PipelineJob.pb(PipelineJob())
        json_format.ParseDict(document, job)
        assert job.pipeline_spec["pipelineInfo"]["name"] == "penguins"


def test_gates_have_no_retries_in_either_rendering(native: Document, generic: Document) -> None:
    tasks = native["pipelineSpec"]["root"]["dag"]["tasks"]
    assert [x for x in GATE_STEPS if "retryPolicy" in tasks.get(x, {})] == []
    assert tasks["Transform"]["retryPolicy"]["maxRetryCount"] == 2
    tasks = generic["root"]["dag"]["tasks"]
    assert [x for x in map(kfp_name, GATE_STEPS) if "retryPolicy" in tasks.get(x, {})] == []


def _container(document: Document, node: str) -> Any:
    return document["pipelineSpec"]["deploymentSpec"]["executors"][f"{node}_executor"]["container"]


_EXECUTOR = "pipelineSpec.deploymentSpec.executors.Transform_executor.container"


@pytest.mark.parametrize(
    ("change", "place", "received"),
    [
        (
            lambda x: _container(x, "Transform")["args"].append(f"--f={Path.home()}/x.py"),
            f"{_EXECUTOR}.args",
            f"{Path.home()}/x.py",
        ),
        (
            lambda x: _container(x, "Transform")["args"].append("--url=sqlite:////mnt/m.db"),
            f"{_EXECUTOR}.args",
            "sqlite:////mnt/m.db",
        ),
        (
            lambda x: _container(x, "Transform").update(
                env=[{"name": f"A{i}", "value": ""} for i in range(101)]
            ),
            f"{_EXECUTOR}.env",
            "101",
        ),
        (
            lambda x: _container(x, "Transform").update(env=[{"name": "A-B", "value": ""}]),
            f"{_EXECUTOR}.env",
            "A-B",
        ),
        (lambda x: x["labels"].update(Team="a"), "labels.Team", "Team: a"),
        (lambda x: x.update(displayName=129 * "x"), "displayName", 129 * "x"),
        (
            lambda x: x["pipelineSpec"]["pipelineInfo"].update(name="my_pipeline"),
            "pipelineSpec.pipelineInfo.name",
            "my_pipeline",
        ),
        (
            lambda x: x["runtimeConfig"].update(gcsOutputDirectory="s3://bucket"),
            "runtimeConfig.gcsOutputDirectory",
            "s3://bucket",
        ),
        (
            lambda x: _container(x, "Transform")["resources"].update(cpus=1),
            "pipelineSpec.deploymentSpec",
            "cpus",
        ),
        (
            lambda x: x["pipelineSpec"]["root"]["dag"]["tasks"]["Transform"].update(
                retryPolicy={"maxRetryCount": "often"}
            ),
            "pipelineSpec",
            "often",
        ),
        (lambda x: x.update(networks="y"), "PipelineJob", "networks"),
    ],
)
def test_document_that_vertex_would_refuse_names_the_place(
    native: Document, change: Callable[[Document], object], place: str, received: str
) -> None:
    document = copy.deepcopy(native)
    document["pipelineSpec"]["deploymentSpec"]["executors"]["Transform_executor"]["container"][
        "resources"
    ] = {}
    change(document)
    found = _refused("vertex-native", document)
    assert [x for x in found if x[0].startswith(place) and received in x[1]], found


def test_custom_job_with_a_field_that_is_none_is_refused(native: Document) -> None:
    document = copy.deepcopy(native)
    training = {**TRAINING, "accelerator_count": 1}
    parameters = document["pipelineSpec"]["root"]["dag"]["tasks"]["Trainer"]["inputs"]["parameters"]
    said = parameters["custom_config"]["runtimeValue"]
    said["constant"] = said["constant"].replace('"replica_count"', '"replicas"')
    found = _refused("vertex-native", document, training=training)
    assert [place for place, _ in found] == ["environment.vertex.training"]
    assert "replicas" in found[0][1]


def test_generic_document_with_a_path_of_this_machine_is_refused(generic: Document) -> None:
    document = copy.deepcopy(generic)
    document["deploymentSpec"]["executors"]["exec-trainer"]["container"]["args"].append(
        f"{Path.cwd()}/ir.json"
    )
    ((place, received),) = _refused("vertex-generic", document)
    assert place.startswith("deploymentSpec.executors.exec-trainer.container.args.")
    assert received == f"{Path.cwd()}/ir.json"


def test_other_absolute_path_is_warned_of(generic: Document) -> None:
    document = copy.deepcopy(generic)
    document["deploymentSpec"]["executors"]["exec-trainer"]["container"]["args"].append("/mnt/x/y")
    (warned,) = check_document(_config("vertex-generic"), "vertex-generic", document)
    assert (warned.received, warned.what) == (
        "/mnt/x/y",
        "an absolute path: it must be in the image",
    )
