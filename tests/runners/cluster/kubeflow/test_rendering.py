"""Rendering for Kubeflow Pipelines: what stands in the YAML, and what cannot be rendered."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulators.kfp import compiled
from tests.runners.cluster.kubeflow import fixtures as kfp_fixtures
from tests.runners.cluster.kubeflow.fixtures import IR_URI, UPSTREAM, load, rendered
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.pipeline.step_order import GATE_STEPS
from tfx_pipeline.runners.cluster.kubeflow.rendering import Rendering, kfp_name, render

pytestmark = pytest.mark.slow  # they import kfp or TFX

STEPS = (
    "environment.steps={default: {cpu: 0.5, memory: 1.5Gi, retries: 1, timeout_s: 900},"
    " Trainer: {gpus: 2, node_selector: {pool: gpu, zone: a}, cpu: 4, memory: 8Gi, retries: 0}}"
)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("package")
    return compiled(kfp_fixtures.write_rendered(folder, STEPS))


def test_render_makes_a_task_a_node_in_the_same_order(pipeline: Any) -> None:
    found = {name: task.get("dependentTasks", []) for name, task in pipeline.tasks.items()}
    assert found == {
        kfp_name(node): sorted(map(kfp_name, upstream)) for node, upstream in UPSTREAM.items()
    }
    shown = {task["taskInfo"]["name"] for task in pipeline.tasks.values()}
    assert shown == set(UPSTREAM)


def test_render_writes_the_command_of_a_node(pipeline: Any) -> None:
    container = pipeline.container("latest-blessed-model-resolver")
    assert container["image"] == "registry.example.com/tfx-pipeline:0.1"
    assert container["command"] == ["tfx-pipeline", "node"]
    assert container["args"] == [
        *("--ir", IR_URI, "--node-id", "latest_blessed_model_resolver"),
        *("--run-id", "{{$.pipeline_job_uuid}}"),
        *("--set", "model.epochs={{$.inputs.parameters['model_epochs']}}", "--set"),
        "model.optimizer.learning_rate={{$.inputs.parameters['model_optimizer_learning_rate']}}",
    ]


def test_render_gives_each_step_its_resources(pipeline: Any) -> None:
    def amounts(task: str) -> dict[str, Any]:
        found = pipeline.container(task)["resources"]
        gpu = found.get("accelerator", {})
        return {
            "cpu": (found["cpuRequest"], found["cpuLimit"]),
            "memory_g": (found["memoryRequest"], found["memoryLimit"]),
            "gpu": (gpu.get("type"), gpu.get("count")),
        }

    assert amounts("pusher") == {
        "cpu": (0.5, 0.5),
        "memory_g": (1.610612736, 1.610612736),
        "gpu": (None, None),
    }
    assert amounts("trainer") == {
        "cpu": (4.0, 4.0),
        "memory_g": (8.589934592, 8.589934592),
        "gpu": ("nvidia.com/gpu", "2"),
    }


def test_render_gives_retries_but_not_to_a_gate_that_says_the_same_again(pipeline: Any) -> None:
    policies = {name: task.get("retryPolicy") for name, task in pipeline.tasks.items()}
    assert policies["trainer"] is None
    gates = {kfp_name(name) for name in GATE_STEPS} & policies.keys()
    assert gates == {"data-gate", "pusher"}
    assert [policies[name] for name in gates] == [None, None]
    assert policies[kfp_name("CsvExampleGen")] == {
        "maxRetryCount": 1,
        "backoffDuration": "30s",
        "backoffFactor": 2.0,
        "backoffMaxDuration": "3600s",
    }


def test_render_turns_the_cache_off(pipeline: Any) -> None:
    assert {str(task["cachingOptions"]) for task in pipeline.tasks.values()} == {"{}"}


def test_render_says_to_kubernetes_what_it_alone_knows(pipeline: Any) -> None:
    trainer = pipeline.kubernetes["exec-trainer"]
    assert trainer["nodeSelector"] == {"labels": {"pool": "gpu", "zone": "a"}}
    assert trainer["activeDeadlineSeconds"] == "900"
    assert trainer["podMetadata"] == {"labels": {"app": "tfx-pipeline"}}
    (volume,) = trainer["pvcMount"]
    assert (volume["constant"], volume["mountPath"]) == ("pipeline-artifacts", "/mnt/pipeline")
    (secret,) = trainer["secretAsEnv"]
    assert secret["secretName"] == "tfx-metadata"
    assert secret["keyToEnv"] == [{"secretKey": "password", "envVar": "TFX_METADATA_PASSWORD"}]
    assert "nodeSelector" not in pipeline.kubernetes["exec-pusher"]
    assert len(pipeline.kubernetes) == len(UPSTREAM)


def test_render_declares_parameters_as_texts_with_their_defaults() -> None:
    fields = "model.dropout,model.hidden_units,model.family,features.sex.kind,model.early_stopping"
    spec, _ = yaml.safe_load_all(rendered(load(f"environment.runtime_parameters=[{fields}]")))
    declared = spec["root"]["inputDefinitions"]["parameters"]
    assert {name: (x["parameterType"], x["defaultValue"]) for name, x in declared.items()} == {
        "features_sex_kind": ("STRING", "categorical"),
        "model_dropout": ("STRING", "0.0"),
        "model_early_stopping": ("STRING", "{patience: 10}"),
        "model_family": ("STRING", "dnn"),
        "model_hidden_units": ("STRING", "[16]"),
    }


def test_render_without_parameters_has_no_inputs() -> None:
    spec, _ = yaml.safe_load_all(rendered(load("environment.runtime_parameters=[]")))
    assert "inputDefinitions" not in spec["root"]


def test_render_for_vertex_is_one_document() -> None:
    (spec,) = yaml.safe_load_all(rendered(load(), for_kubernetes=False))
    assert spec["schemaVersion"] == "2.1.0" and len(spec["root"]["dag"]["tasks"]) == len(UPSTREAM)


def test_render_twice_gives_the_same_bytes() -> None:
    assert rendered(load()) == rendered(load())


def test_render_loads_in_kfp(tmp_path: Path) -> None:
    from kfp import components

    file = kfp_fixtures.write_rendered(tmp_path)
    component = components.load_component_from_file(str(file))
    assert component.name == "penguins"
    assert set(component.component_spec.inputs) == {"model_epochs", "model_optimizer_learning_rate"}


def test_render_without_an_image_names_the_field() -> None:
    with pytest.raises(ConfigError) as caught:
        rendered(load("environment.image=null"))
    assert caught.value.problems[0].place == "environment.image"


@pytest.mark.parametrize(("name", "expected"), [
    ("CsvExampleGen", "csv-example-gen"),
    ("latest_blessed_model_resolver", "latest-blessed-model-resolver"),
    ("my_pipeline-", "my-pipeline"),
    ("TFTransform2", "tf-transform2"),
])  # fmt: skip
def test_kfp_name_is_legal_in_argo(name: str, expected: str) -> None:
    assert kfp_name(name) == expected


def test_render_of_the_longest_name_keeps_it(tmp_path: Path) -> None:
    name = "p" + 62 * "x"
    file = tmp_path / "long.yaml"
    config = load(f"name={name}").config
    file.write_text(render(Rendering(config, UPSTREAM, IR_URI)), encoding="utf-8")
    assert compiled(file).spec["pipelineInfo"]["name"] == name


def test_render_without_kfp_names_the_extra() -> None:
    program = (
        "import sys\n"
        "sys.modules['kfp'] = None\n"
        "from tests.runners.cluster.kubeflow.fixtures import load, rendered\n"
        "from tfx_pipeline.errors import ConfigError\n"
        "try: rendered(load())\n"
        "except ConfigError as error: print(error.problems[0].next_step)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "pip install 'tfx-pipeline[kubeflow]'\n", done.stderr
