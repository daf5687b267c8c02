"""The back end itself: what its driver and launcher make of a pipeline of two steps."""

# No `from __future__ import annotations`: kfp reads the types of a step's parameters.

from pathlib import Path

from kfp import compiler, dsl

from tests.cluster.kubeflow import api
from tests.cluster.kubeflow.versions import Version
from tests.cluster.node import kubectl


def _pipeline(file: Path, image: str) -> None:
    @dsl.container_component
    def first(number: str) -> dsl.ContainerSpec:
        words = ["echo told {{workflow.uid}} {{$.pipeline_job_uuid}} $0", number]
        return dsl.ContainerSpec(image=image, command=["sh", "-c"], args=words)

    @dsl.container_component
    def second() -> dsl.ContainerSpec:
        return dsl.ContainerSpec(image=image, command=["sh", "-c"], args=["umask; exit 3"])

    @dsl.pipeline(name="two-steps")
    def two_steps(number: str = "1e-300") -> None:
        one = first(number=number)
        one.set_caching_options(False)
        two = second()
        two.set_caching_options(False)
        two.after(one)

    compiler.Compiler().compile(two_steps, str(file))


def test_two_steps_end_as_they_must(kubeflow: Version, shell_image: str, tmp_path: Path) -> None:
    file = tmp_path / "two-steps.yaml"
    _pipeline(file, shell_image)
    run_id = api.started(file, "two-steps", number="0.30000000000000004")
    run = api.ended(run_id, within_s=400)
    details = run["run_details"]["task_details"]
    tasks = {one["display_name"]: one.get("state") for one in details}
    assert (tasks["first"], tasks["second"]) == ("SUCCEEDED", "FAILED")
    assert run["state"] == "FAILED"
    logs = [
        kubectl.tried("--namespace=kubeflow", "logs", name, "--container=main").stdout
        for name in _pods(run_id)
    ]
    text = "\n".join(logs)
    assert f"told {run_id} {{{{$.pipeline_job_uuid}}}} 0.30000000000000004" in text, text
    assert "\n0000\n" in text  # steps start with umask 0


def _pods(run_id: str) -> list[str]:
    chosen = f"--selector=pipeline/runid={run_id}"
    found = kubectl.got("--namespace=kubeflow", "pods", chosen)["items"]
    return [pod["metadata"]["name"] for pod in found]
