from __future__ import annotations

from pathlib import Path

import pytest

from tests.targets.fitting_configs import GOOD, in_environment
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.targets.conformance import Report, check
from tfx_pipeline.targets.rules import VERTEX, Target


def _report(repository: Path, *overrides: str) -> Report:
    file = repository / "configs/penguins.yaml"
    return check(load_config(file, "vertex", overrides).config, "vertex-native")


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


@pytest.mark.parametrize("target", VERTEX)
def test_missing_project_and_region_are_asked_for(target: Target) -> None:
    config = in_environment(GOOD[target])
    values = config.model_dump(mode="json", exclude_unset=True)
    del values["environment"]["vertex"]["project"], values["environment"]["vertex"]["location"]
    report = check(in_environment(values), target)
    assert [(x.place, x.next_step) for x in report.errors] == [
        (
            "environment.vertex.project",
            "name the project there, or by --set environment.vertex.project=ID",
        ),
        (
            "environment.vertex.location",
            "name the region there, or by --set environment.vertex.location=europe-west4",
        ),
    ]


def test_region_that_the_client_does_not_know_is_warned_of(repository: Path) -> None:
    report = _report(repository, "environment.vertex.location=europe-wast4")
    (problem,) = report.warnings
    assert (report.errors, problem.next_step) == ((), "did you mean `europe-west4`?")


@pytest.mark.parametrize(
    ("labels", "fits"),
    [
        ("{team: größe-1}", True),
        ("{équipe: 模型}", True),
        ("{a: ''}", True),
        (f"{{{63 * 'a'}: {63 * 'b'}}}", True),
        (f"{{{64 * 'a'}: b}}", False),
        (f"{{a: {64 * 'b'}}}", False),
        ("{Team: a}", False),
        ("{team: ML}", False),
        ("{Équipe: a}", False),
        ("{1a: a}", False),
        ("{_a: a}", False),
        ("{team: a.b}", False),
        ("{team: 'a b'}", False),
        ("{team: '½'}", False),
    ],
)
def test_labels_are_those_that_the_library_describes(
    repository: Path, labels: str, fits: bool
) -> None:
    errors = _report(repository, f"environment.job.labels={labels}").errors
    assert [x.what for x in errors] == (
        [] if fits else ["`environment.job.labels`: not a label of Vertex AI"]
    )


def test_beam_option_with_a_path_of_this_machine_is_refused(repository: Path) -> None:
    words = f"[--setup_file={Path.home()}/setup.py, --requirements_file=/pipeline/r.txt]"
    (problem,) = _report(repository, f"environment.beam_options={words}").errors
    assert problem.place == "environment.beam_options.0"
    assert problem.received == f"{Path.home()}/setup.py"


@pytest.mark.parametrize(("name", "fits"), [("abc", False), ("abcd", True), (128 * "a", True)])
def test_experiment_is_one_that_the_metadata_takes(repository: Path, name: str, fits: bool) -> None:
    errors = _report(repository, f"environment.job.experiment={name}").errors
    assert [x.received for x in errors] == ([] if fits else [name])


def test_schedule_in_no_time_zone_is_refused_with_the_nearest(repository: Path) -> None:
    fine = _report(repository, "environment.job.schedule=TZ=Europe/Berlin 0 6 * * 1")
    assert fine.errors == ()
    (problem,) = _report(repository, "environment.job.schedule=TZ=Europe/Berln 0 6 * * 1").errors
    assert (problem.received, problem.next_step) == (
        "Europe/Berln",
        "did you mean `Europe/Berlin`?",
    )


def test_training_with_an_accelerator_that_is_none_is_refused(repository: Path) -> None:
    training = "{machine_type: g2-standard-8, accelerator_type: NVIDIA_L5, accelerator_count: 1}"
    report = _report(repository, f"environment.vertex.training={training}")
    assert [x.place for x in report.errors] == ["environment.vertex.training.accelerator_type"]


@pytest.mark.parametrize(
    ("more", "field"),
    [("min_replicas: 3", "max_replicas"), (f"endpoint: {129 * 'e'}", "endpoint")],
)
def test_push_that_an_endpoint_cannot_have_is_refused(
    repository: Path, more: str, field: str
) -> None:
    push = f"{{serving_image: registry.example.com/x:1, {more}}}"
    (problem,) = _report(repository, f"environment.vertex.push={push}").errors
    assert problem.place == f"environment.vertex.push.{field}"
