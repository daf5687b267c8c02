from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.targets.conformance import Report, check


def _report(repository: Path, *overrides: str) -> Report:
    file = repository / "configs/penguins.yaml"
    return check(load_config(file, "vertex", overrides), "vertex-native")


def test_shipped_overlay_can_be_run(repository: Path) -> None:
    report = _report(repository)
    assert (report.errors, report.warnings) == ((), ())


@pytest.mark.parametrize(
    ("machine", "accelerator", "allowed"),
    [
        ("n1-standard-4", "NVIDIA_L4", "g2-standard-…"),
        ("g2-standard-8", "NVIDIA_TESLA_T4", "n1-…"),
        ("a2-highgpu-1g", "NVIDIA_A100_80GB", "a2-ultragpu-…"),
        ("a3-ultragpu-8g", "NVIDIA_H100_80GB", "a3-highgpu-… or a3-edgegpu-…"),
    ],
)
def test_training_on_machine_without_the_accelerator_is_refused(
    repository: Path, machine: str, accelerator: str, allowed: str
) -> None:
    training = f"{{machine_type: {machine}, accelerator_type: {accelerator}, accelerator_count: 1}}"
    (problem,) = _report(repository, f"environment.vertex.training={training}").errors
    assert problem.what.endswith(f"this machine cannot have {accelerator}")
    assert (problem.received, problem.allowed) == (machine, allowed)


def test_training_on_fitting_machine_is_allowed(repository: Path) -> None:
    training = "{machine_type: g2-standard-8, accelerator_type: NVIDIA_L4, accelerator_count: 1}"
    report = _report(repository, f"environment.vertex.training={training}")
    assert (report.errors, report.warnings) == ((), ())


def test_accelerator_with_unknown_name_is_warned_of_with_the_nearest(repository: Path) -> None:
    step = "{gpus: 1, accelerator: nvidia_tesla_t5}"
    (problem,) = _report(repository, f"environment.steps.Trainer={step}").warnings
    assert problem.received == "nvidia_tesla_t5"
    assert problem.next_step == "did you mean `NVIDIA_TESLA_T4`?"


@pytest.mark.parametrize("owner", ["Trainer", "default"])
def test_accelerators_of_a_step_that_waits_for_its_job_are_refused(
    repository: Path, owner: str
) -> None:
    report = _report(
        repository,
        f"environment.steps.{owner}={{gpus: 2, accelerator: NVIDIA_TESLA_T4}}",
        "environment.vertex.training={}",
    )
    (problem,) = report.errors
    assert f"environment.steps.{owner}.gpus" in problem.what
    assert problem.received == "2"


@pytest.mark.parametrize("network", ["default", "projects/my-project/global/networks/default"])
def test_network_without_its_full_name_is_refused(repository: Path, network: str) -> None:
    (problem,) = _report(repository, f"environment.vertex.network={network}").errors
    assert problem.allowed == "projects/<project number>/global/networks/<name>"
