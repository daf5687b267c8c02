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
from tfx_pipeline.runners.cluster.kubeflow.groups import kfp_name
from tfx_pipeline.runners.cluster.kubeflow.rendering import Rendering, render

pytestmark = [pytest.mark.slow, pytest.mark.once]  # they import kfp or TFX

STEPS = (
    "environment.steps={default: {cpu: 0.5, memory: 1.5Gi, retries: 1, timeout_s: 900},"
    " Trainer: {gpus: 2, node_selector: {pool: gpu, zone: a}, cpu: 4, cpu_limit: 6,"
    " memory: 8Gi, memory_limit: 9G, retries: 0}}"
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
        *("--run-id", "{{workflow.uid}}", "--attempts", "2", "--timeout-s", "900"),
        *("--umask", "027"),
        *("--set", "model.epochs={{$.inputs.parameters['model_epochs']}}", "--set"),
        "model.optimizer.learning_rate={{$.inputs.parameters['model_optimizer_learning_rate']}}",
    ]


def test_render_gives_each_step_its_resources(pipeline: Any) -> None:
    def amounts(task: str) -> dict[str, Any]:
        found = pipeline.container(task)["resources"]
        gpu = found.get("accelerator", {})
        return {
            "cpu": (found["cpuRequest"], found.get("cpuLimit")),
            "memory_g": (found["memoryRequest"], found["memoryLimit"]),
            "gpu": (gpu.get("type"), gpu.get("count")),
        }

    assert amounts("pusher") == {
        "cpu": (0.5, None),
        "memory_g": (1.610612736, 1.610612736),
        "gpu": (None, None),
    }
    assert amounts("trainer") == {
        "cpu": (4.0, 6.0),
        "memory_g": (8.589934592, 9.0),
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
        "backoffMaxDuration": "31536000s",  # none, or 0, is never for 2.17; an hour ends attempts
    }


def test_render_turns_the_cache_off(pipeline: Any) -> None:
    assert {str(task["cachingOptions"]) for task in pipeline.tasks.values()} == {"{}"}


def test_render_says_to_kubernetes_what_it_alone_knows(pipeline: Any) -> None:
    trainer = pipeline.kubernetes["exec-trainer"]
    assert trainer["nodeSelector"] == {"labels": {"pool": "gpu", "zone": "a"}}
    assert trainer["podMetadata"] == {"labels": {"app": "tfx-pipeline"}}
    (volume,) = trainer["pvcMount"]
    assert (volume["constant"], volume["mountPath"]) == ("pipeline-artifacts", "/mnt/pipeline")
    (secret,) = trainer["secretAsEnv"]
    assert secret["secretName"] == "tfx-metadata"
    assert secret["keyToEnv"] == [{"secretKey": "password", "envVar": "TFX_METADATA_PASSWORD"}]
    assert "nodeSelector" not in pipeline.kubernetes["exec-pusher"]
    assert len(pipeline.kubernetes) == len(UPSTREAM)


def test_render_declares_every_parameter_as_text_that_gives_the_same_value() -> None:
    fields = "model.dropout,model.hidden_units,model.family,features.sex.kind,model.early_stopping"
    fields += ",model.optimizer.learning_rate,data.refuse_warnings,model.epochs"
    precise = "model.optimizer.learning_rate=1.2345678901234568e-300"
    loaded = load(f"environment.runtime_parameters=[{fields}]", precise)
    spec, _ = yaml.safe_load_all(rendered(loaded))
    declared = spec["root"]["inputDefinitions"]["parameters"]
    assert {x["parameterType"] for x in declared.values()} == {"STRING"}
    assert {name: x["defaultValue"] for name, x in declared.items()} == {
        "data_refuse_warnings": "false",
        "features_sex_kind": "categorical",
        "model_dropout": "0.0",
        "model_early_stopping": "{patience: 10}",
        "model_epochs": "60",
        "model_family": "dnn",
        "model_hidden_units": "[16]",
        "model_optimizer_learning_rate": "1.2345678901234568e-300",
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


def test_render_for_vertex_asks_by_limits_and_keeps_its_placeholder() -> None:
    (spec,) = yaml.safe_load_all(
        rendered(load("environment.steps={Trainer: {cpu: 2}}"), for_kubernetes=False)
    )
    container = spec["deploymentSpec"]["executors"]["exec-trainer"]["container"]
    assert container["resources"]["cpuLimit"] == 2.0
    assert container["args"][4:6] == ["--run-id", "{{$.pipeline_job_uuid}}"]
    assert spec["root"]["dag"]["tasks"]["trainer"]["retryPolicy"]["backoffMaxDuration"] == "3600s"


def test_render_with_fuse_makes_one_task_of_a_group(tmp_path: Path) -> None:
    steps = "{default: {retries: 1}, DataGate: {memory: 2Gi}, Trainer: {memory: 6Gi, retries: 3}}"
    file = kfp_fixtures.write_rendered(
        tmp_path, "environment.fuse=all", f"environment.steps={steps}"
    )
    made = compiled(file)
    (name,) = made.tasks
    assert name == "csv-example-gen-to-pusher"
    assert made.tasks[name]["taskInfo"]["name"] == "+".join(UPSTREAM)
    assert "retryPolicy" not in made.tasks[name]  # a gate is in it
    words = made.container(name)["args"]
    assert [words[i + 1] for i, word in enumerate(words) if word == "--node-id"] == [*UPSTREAM]
    assert words[words.index("--attempts") + 1] == "4"
    assert made.container(name)["resources"]["memoryLimit"] == 6.442450944


def test_render_with_annotations_that_differ_gives_each_gate_a_template_of_its_own(
    tmp_path: Path,
) -> None:
    steps = "environment.steps={DataGate: {annotations: {a: x}}}"
    made = compiled(kfp_fixtures.write_rendered(tmp_path, steps))
    counts = {x: made.tasks[x]["retryPolicy"]["maxRetryCount"] for x in ("data-gate", "pusher")}
    assert counts == {"data-gate": 0, "pusher": 0}
    assert made.kubernetes["exec-data-gate"]["podMetadata"]["annotations"] == {"a": "x"}
    assert "annotations" not in made.kubernetes["exec-pusher"]["podMetadata"]


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
