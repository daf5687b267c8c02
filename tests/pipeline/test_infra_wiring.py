"""The infrastructure check in the pipeline: which one, in which place, and what Pusher is told."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.pipeline.step_order import GATE_STEPS, step_order

pytestmark = pytest.mark.slow


def configured(repository: Path, *overrides: str) -> PipelineConfig:
    return load_config(repository / "configs/penguins.yaml", overrides=overrides).config


def nodes_of(config: PipelineConfig) -> dict[str, Any]:
    from tfx_pipeline.pipeline.create import create_pipeline
    from tfx_pipeline.pipeline.inputs import PipelineInputs

    pipeline = create_pipeline(config, PipelineInputs("/nowhere", None))
    return {node.id: node for node in pipeline.components}


@pytest.mark.parametrize(
    ("server", "check"),
    [
        ("auto", ["InfraCheck"]),
        ("binary", ["InfraCheck"]),
        ("embedded", ["InfraCheck"]),
        ("docker", ["InfraValidator"]),
        ("kubernetes", ["InfraValidator"]),
        ("none", []),
    ],
)
def test_create_pipeline_with_a_server_has_its_check_before_pusher(
    repository: Path, server: str, check: list[str]
) -> None:
    config = configured(repository, f"push.infra_check.server={server}")
    nodes = nodes_of(config)
    assert list(nodes) == step_order(config)
    assert list(nodes)[-2 - len(check) :] == ["ModelRiskAssessor", *check, "Pusher"]
    blessing = nodes["Pusher"].inputs.get("infra_blessing")
    assert [blessing.producer_component_id] == check if blessing else check == []


def test_create_pipeline_hands_the_settings_to_our_check(repository: Path) -> None:
    config = configured(repository, "push.infra_check={load_timeout_s: 9, max_latency_ms: 2.5}")
    properties = nodes_of(config)["InfraCheck"].exec_properties
    assert properties.pop("code_fingerprint")
    assert properties == {
        "model_name": "penguins",
        "server": "auto",
        "load_timeout_s": 9.0,
        "max_latency_ms": 2.5,
    }


@pytest.mark.parametrize(
    ("server", "platform"), [("docker", "local_docker"), ("kubernetes", "kubernetes")]
)
def test_create_pipeline_hands_the_image_to_tfx(
    repository: Path, server: str, platform: str
) -> None:
    config = configured(
        repository,
        f"push.infra_check={{server: {server}, image: 'mine:5000/serving:2.19.1'}}",
    )
    properties = nodes_of(config)["InfraValidator"].exec_properties
    assert json.loads(properties["serving_spec"]) == {
        "tensorflow_serving": {"image_name": "mine:5000/serving", "tags": ["2.19.1"]},
        platform: {},
        "model_name": "penguins",
    }
    assert json.loads(properties["request_spec"])["num_examples"] == 32
    assert json.loads(properties["validation_spec"])["max_loading_time_seconds"] == 120


def test_gates_are_the_steps_that_refuse_by_failing(repository: Path) -> None:
    # Those that raise a DataError, and those that push: `tfx-pipeline node` ends with 3 then.
    found: set[str] = set()
    known: set[str] = set()
    for server in ("auto", "docker", "none"):
        nodes = nodes_of(configured(repository, f"push.infra_check.server={server}"))
        known |= nodes.keys()
        found |= {name for name, node in nodes.items() if refuses(node)}
    assert found == set(GATE_STEPS) & known
    assert found == {"DataGate", "Pusher"}


def refuses(node: Any) -> bool:
    outputs = {channel.type.__name__ for channel in node.outputs.values()}
    executor = getattr(getattr(node, "executor_spec", None), "executor_class", object)
    own = executor.__module__.startswith("tfx_pipeline.")
    return "PushedModel" in outputs or (own and "raise DataError" in inspect.getsource(executor))
