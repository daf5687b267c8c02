"""The emulator of Kubeflow Pipelines itself, with containers that are functions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulators.kfp import KfpEmulator, as_subprocess, compiled
from tests.runners.cluster.kubeflow import fixtures as kfp_fixtures

TIMEOUT_S = 20


class Cluster:
    """Records what containers are run with; some fail."""

    def __init__(self, **failures: int) -> None:
        self.failures = {name.replace("_", "-"): left for name, left in failures.items()}
        self.commands: list[list[str]] = []
        self.environments: list[dict[str, str]] = []

    def __call__(self, command: list[str], environment: Mapping[str, str], log: Path) -> int:
        self.commands.append(command)
        self.environments.append(dict(environment))
        left = self.failures.get(log.stem, 0)
        self.failures[log.stem] = left - 1
        return 1 if left > 0 else 0


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    overrides = ("environment.steps={default: {retries: 2}, Trainer: {retries: 0}}",)
    return kfp_fixtures.write_rendered(tmp_path_factory.mktemp("package"), *overrides)


def run(package: Path, folder: Path, cluster: Any, **parameters: Any) -> Any:
    emulator = KfpEmulator(folder, cluster, {("tfx-metadata", "password"): "s3cret"})
    return emulator.run(package, "0000-1", parameters)


def test_run_starts_each_task_after_those_it_needs(package: Path, tmp_path: Path) -> None:
    found = run(package, tmp_path, Cluster())
    assert found.started == [
        *("csv-example-gen", "data-gate", "trainer", "latest-blessed-model-resolver", "pusher")
    ]
    assert found.succeeded and set(found.states) == set(found.started)


def test_run_replaces_placeholders_and_gives_secrets(package: Path, tmp_path: Path) -> None:
    cluster = Cluster()
    run(package, tmp_path, cluster, model_epochs="7", model_optimizer_learning_rate="1.0e-05")
    assert cluster.commands[0] == [
        *("tfx-pipeline", "node", "--ir", kfp_fixtures.IR_URI, "--node-id", "CsvExampleGen"),
        *("--run-id", "0000-1", "--set", "model.epochs=7"),
        *("--set", "model.optimizer.learning_rate=1.0e-05"),
    ]
    assert cluster.environments[0] == {"TFX_METADATA_PASSWORD": "s3cret"}


def test_run_of_default_parameters_hands_their_texts_on(package: Path, tmp_path: Path) -> None:
    cluster = Cluster()
    run(package, tmp_path, cluster)
    assert "model.epochs=60" in cluster.commands[0]


@pytest.mark.parametrize("parameters", [{"model_epoch": "1"}, {"model_epochs": 1}])
def test_run_of_parameters_that_do_not_fit_is_refused(
    package: Path, tmp_path: Path, parameters: dict[str, Any]
) -> None:
    with pytest.raises(AssertionError):
        run(package, tmp_path, Cluster(), **parameters)


def test_run_tries_again_as_often_as_the_step_may(package: Path, tmp_path: Path) -> None:
    found = run(package, tmp_path, Cluster(csv_example_gen=2))
    assert found.attempts["csv-example-gen"] == [1, 1, 0] and found.succeeded


def test_run_ends_with_the_task_that_failed_for_good(package: Path, tmp_path: Path) -> None:
    found = run(package, tmp_path, Cluster(trainer=1))
    assert found.attempts["trainer"] == [1]
    assert found.states == {
        "csv-example-gen": "SUCCEEDED",
        "data-gate": "SUCCEEDED",
        "trainer": "FAILED",
    }


def test_run_of_independent_tasks_overlaps_them(package: Path, tmp_path: Path) -> None:
    documents = list(yaml.safe_load_all(package.read_text(encoding="utf-8")))
    for task in documents[0]["root"]["dag"]["tasks"].values():
        task.pop("dependentTasks", None)
    free = tmp_path / "free.yaml"
    free.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    together = threading.Barrier(2, timeout=TIMEOUT_S)
    seen: list[str] = []

    def container(_command: list[str], _environment: Mapping[str, str], log: Path) -> int:
        seen.append(log.stem)
        if log.stem in ("csv-example-gen", "data-gate"):
            together.wait()
        return 0

    found = run(free, tmp_path, container)
    assert found.succeeded and found.most_at_once == 2 and len(seen) == 5


def test_as_subprocess_gives_status_and_output(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo $SAID; exit 3"]
    assert as_subprocess(command, {"SAID": "hello"}, tmp_path / "log") == 3
    assert (tmp_path / "log").read_text() == "hello\n"


@pytest.mark.parametrize(("place", "value"), [
    (("pipelineInfo", "name"), "my_pipeline"),
    (("schemaVersion",), "2.0.0"),
    (("root", "dag", "tasks", "pusher", "dependentTasks"), ["nobody"]),
    (("root", "dag", "tasks", "pusher", "cachingOptions"), {"enableCache": True}),
])  # fmt: skip
def test_compiled_refuses_what_a_cluster_would(
    package: Path, tmp_path: Path, place: tuple[str, ...], value: Any
) -> None:
    documents = list(yaml.safe_load_all(package.read_text(encoding="utf-8")))
    section = documents[0]
    for key in place[:-1]:
        section = section[key]
    section[place[-1]] = value
    broken = tmp_path / "broken.yaml"
    broken.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    with pytest.raises(AssertionError):
        compiled(broken)
