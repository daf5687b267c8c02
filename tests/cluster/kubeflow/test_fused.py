"""Steps that share a container, on the real back end: fewer pods, the same records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cluster.kubeflow import api
from tests.cluster.kubeflow.installation import SPACE, Installation
from tests.cluster.node import kubectl

_STEPS = {
    *("CsvExampleGen", "StatisticsGen", "SchemaGen", "ImportSchemaGen", "ExampleValidator"),
    *("latest_blessed_data_resolver", "DataGate", "Transform", "Trainer"),
    *("latest_blessed_model_resolver", "Evaluator", "ModelRiskAssessor", "InfraCheck"),
    "Pusher",
}
_ANEW = "--set=environment.cache=false"


@pytest.mark.parametrize(("fuse", "containers"), [("none", 14), ("light", 10), ("all", 1)])
def test_fused_run_has_fewer_pods_and_the_outcome_of_every_step(
    fuse: str, containers: int, installation: Installation
) -> None:
    status, text = installation.submit(f"--set=environment.fuse={fuse}", _ANEW, "--wait")
    assert status == 0, text
    run_id = api.run_ids()[0]
    folder = installation.artifacts / "taxi" / "runs" / run_id
    outcomes = {file.stem: json.loads(file.read_text("utf-8")) for file in folder.glob("*.json")}
    assert {*outcomes} == _STEPS
    assert {one["state"] for one in outcomes.values()} == {"done"}
    pods = kubectl.got(SPACE, "pods", f"--selector=pipeline/runid={run_id}")["items"]
    nodes = [word for pod in pods for word in _words(pod) if word == "--run-id"]
    assert len(nodes) == containers
    assert all(step in text for step in _STEPS)


def _words(pod: dict[str, Any]) -> list[str]:
    (main,) = [one for one in pod["spec"]["containers"] if one["name"] == "main"]
    return [*main.get("command", ()), *main.get("args", ())]
