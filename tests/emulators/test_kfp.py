"""The stand-in for Kubeflow Pipelines at work, with containers that are functions."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.emulators.kfp import (
    KfpEmulator,
    NotKnown,
    PodLost,
    Refused,
    as_subprocess,
    compiled,
)
from tests.emulators.kfp.answers import task_details
from tests.emulators.kfp.pods import expanded
from tests.runners.cluster.kubeflow import fixtures as kfp_fixtures

TIMEOUT_S = 20
RUN_ID = "0a1b2c3d-0000-4000-8000-000000000001"
LOST = -1
ORDER = {"example-gen": [], "trainer": ["example-gen"], "other": [], "pusher": ["other", "trainer"]}


class Cluster:
    """Records what containers are run with; each ends as it is told, and then well."""

    def __init__(self, **statuses: list[int]) -> None:
        self.statuses = {name.replace("_", "-"): said for name, said in statuses.items()}
        self.commands: dict[str, list[str]] = {}
        self.environments: dict[str, dict[str, str]] = {}

    def __call__(self, command: list[str], environment: Mapping[str, str], log: Path) -> int:
        self.commands[log.stem] = command
        self.environments[log.stem] = dict(environment)
        left = self.statuses.get(log.stem, [])
        status = left.pop(0) if left else 0
        if status == LOST:
            raise PodLost
        return status


def document(name: str = "small") -> dict[str, Any]:
    """Give a pipeline of four tasks."""
    return {
        "schemaVersion": "2.1.0",
        "pipelineInfo": {"name": name},
        "root": {"dag": {"tasks": {task: _task(task, needed) for task, needed in ORDER.items()}}},
        "components": {f"comp-{task}": {"executorLabel": f"exec-{task}"} for task in ORDER},
        "deploymentSpec": {"executors": {f"exec-{task}": _executor(task) for task in ORDER}},
    }


def _task(name: str, upstream: list[str]) -> dict[str, Any]:
    named = {"taskInfo": {"name": name}, "componentRef": {"name": f"comp-{name}"}}
    return {**named, "dependentTasks": upstream}


def _executor(name: str) -> dict[str, Any]:
    return {"container": {"image": "i", "command": ["tfx-pipeline"], "args": ["node", name]}}


def retrying(maximum: int = 2, **more: Any) -> dict[str, Any]:
    pipeline = document()
    policy = {"maxRetryCount": maximum, "backoffDuration": "30s", "backoffFactor": 2, **more}
    pipeline["root"]["dag"]["tasks"]["trainer"]["retryPolicy"] = policy
    return pipeline


def with_words(*words: str) -> dict[str, Any]:
    pipeline = document()
    pipeline["deploymentSpec"]["executors"]["exec-trainer"]["container"]["args"] = list(words)
    return pipeline


def with_kubernetes(**config: Any) -> list[dict[str, Any]]:
    executors = {"exec-trainer": config}
    platform = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}
    return [document(), platform]


def written(folder: Path, *documents: dict[str, Any]) -> Path:
    file = folder / "pipeline.yaml"
    file.write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    return file


def run(folder: Path, cluster: Any, *documents: dict[str, Any], **settings: Any) -> Any:
    return KfpEmulator(folder, cluster, **settings).run(written(folder, *documents), RUN_ID)


def test_run_starts_each_task_after_those_it_needs(tmp_path: Path) -> None:
    found = run(tmp_path, Cluster(), document(), parallel=1)
    assert found.started == ["example-gen", "other", "trainer", "pusher"]
    assert found.succeeded and set(found.states) == set(ORDER)


def test_run_overlaps_tasks_that_do_not_need_each_other(tmp_path: Path) -> None:
    together = threading.Barrier(2, timeout=TIMEOUT_S)

    def container(_command: list[str], _environment: Mapping[str, str], log: Path) -> int:
        if log.stem in ("example-gen", "other"):
            together.wait()
        return 0

    found = run(tmp_path, container, document())
    assert found.succeeded and found.most_at_once == 2


def test_run_fills_in_the_run_id_and_leaves_a_placeholder_alone(tmp_path: Path) -> None:
    cluster = Cluster()
    words = ("--run-id={{workflow.uid}}", "{{$.pipeline_job_uuid}}", "$(KFP_POD_NAME)", "$(NONE)")
    run(tmp_path, cluster, with_words(*words))
    assert cluster.commands["trainer"] == [
        *("tfx-pipeline", f"--run-id={RUN_ID}", "{{$.pipeline_job_uuid}}"),
        *("trainer-0", "$(NONE)"),
    ]


@pytest.mark.parametrize("word", ["{{workflow.name}}", "{{ workflow.uid }}", "{{$}}"])
def test_run_of_words_that_were_not_recorded_says_so(tmp_path: Path, word: str) -> None:
    with pytest.raises(NotKnown):
        run(tmp_path, Cluster(), with_words(word))


def test_run_gives_secrets_settings_and_the_pods_name(tmp_path: Path) -> None:
    cluster = Cluster()
    documents = with_kubernetes(
        secretAsEnv=[SECRET],
        configMapAsEnv=[{"configMapName": "c", "keyToEnv": [{"configMapKey": "k", "envVar": "C"}]}],
    )
    given = {"secrets": {("s", "k"): "s3cret"}, "config_maps": {("c", "k"): "said"}}
    run(tmp_path, cluster, *documents, **given)
    assert cluster.environments["trainer"] == {
        "SECRET": "s3cret",
        "C": "said",
        "KFP_POD_NAME": "trainer-0",
        "KFP_POD_UID": "uid-trainer-0",
    }


def test_run_without_a_secret_never_starts_the_task(tmp_path: Path) -> None:
    cluster = Cluster()
    found = run(tmp_path, cluster, *with_kubernetes(secretAsEnv=[SECRET]))
    assert found.states["trainer"] == "FAILED" and "trainer" not in cluster.commands
    assert found.refusals["trainer"].message == "couldn't find key k in secret s"


@pytest.mark.parametrize(("version", "status", "attempts"), [
    ("2.17", 1, [1]),
    ("2.17", 3, [3]),
    ("2.17", LOST, [LOST, LOST, 0]),
    ("2.4.1", 1, [1, 1, 0]),
    ("2.4.1", 3, [3, 3, 0]),
    ("2.4.1", LOST, [LOST]),
])  # fmt: skip
def test_run_tries_again_as_the_versions_own_policy_says(
    tmp_path: Path, version: str, status: int, attempts: list[int]
) -> None:
    cluster = Cluster(trainer=[status, status])
    found = run(tmp_path, cluster, retrying(backoffMaxDuration="86400s"), version=version)
    assert found.attempts["trainer"] == attempts
    assert found.succeeded == (attempts[-1] == 0)


def test_run_tries_again_no_more_often_than_it_may(tmp_path: Path) -> None:
    cluster = Cluster(trainer=[1, 1, 1, 1])
    found = run(tmp_path, cluster, retrying(), version="2.4.1")
    assert found.attempts["trainer"] == [1, 1, 1] and not found.succeeded


@pytest.mark.parametrize(("version", "longest", "attempts"), [
    ("2.17", None, 1),  # "0": over at once
    ("2.4.1", None, 3),
    ("2.17", "89s", 2),  # 30 s, and then 60 s
    ("2.17", "90s", 3),
])  # fmt: skip
def test_run_tries_no_more_when_the_longest_time_is_over(
    tmp_path: Path, version: str, longest: str | None, attempts: int
) -> None:
    lost = LOST if version == "2.17" else 1
    more = {"backoffMaxDuration": longest} if longest else {}
    cluster = Cluster(trainer=[lost, lost, lost])
    found = run(tmp_path, cluster, retrying(**more), version=version, clock=lambda: 0.0)
    assert len(found.attempts["trainer"]) == attempts


def test_run_ends_with_the_task_that_failed_for_good(tmp_path: Path) -> None:
    found = run(tmp_path, Cluster(example_gen=[3]), document(), parallel=1)
    assert found.states == {"example-gen": "FAILED"} and found.attempts == {"example-gen": [3]}


def test_task_details_know_nothing_of_why_a_task_failed(tmp_path: Path) -> None:
    found = task_details(run(tmp_path, Cluster(example_gen=[3]), document(), parallel=1))
    assert found == [
        {"display_name": "example-gen-driver", "state": "SUCCEEDED"},
        {"display_name": "executor(0)", "state": "FAILED"},
        {"display_name": "example-gen(0)", "state": "FAILED"},
        {"display_name": "example-gen", "state": "FAILED"},
    ]


SECRET = {"secretName": "s", "keyToEnv": [{"secretKey": "k", "envVar": "SECRET"}]}
CLAIM = {"constant": "data", "mountPath": "/a"}


@pytest.mark.parametrize(("config", "problem"), [
    ({"pvcMount": [CLAIM, {"constant": "data", "mountPath": "/b"}]}, 'Duplicate value: "data"'),
    ({"pvcMount": [CLAIM, {"constant": "more", "mountPath": "/a"}]}, "must be unique"),
    ({"pvcMount": [{"constant": "data.v1", "mountPath": "/a"}]}, 'Invalid value: "data.v1"'),
    ({"pvcMount": [{"constant": 64 * "x", "mountPath": "/a"}]}, "Invalid value"),
    ({"secretAsVolume": [{"secretName": "keys.v1", "mountPath": "/a"}]}, "keys.v1"),
    ({"podMetadata": {"labels": {"team": "a b"}}}, "metadata.labels[team]"),
    ({"tolerations": [{"key": "a", "operator": "In"}]}, "spec.tolerations[].operator: In"),
    ({"secretAsEnv": [{**SECRET, "secretName": "S"}]}, 'Invalid value: "S"'),
    ({"fieldPathAsEnv": [{"name": "1 A", "fieldPath": "metadata.name"}]}, '"1 A"'),
])  # fmt: skip
def test_run_with_a_pod_that_kubernetes_refuses_fails_at_its_task(
    tmp_path: Path, config: dict[str, Any], problem: str
) -> None:
    cluster = Cluster()
    found = run(tmp_path, cluster, *with_kubernetes(**config))
    assert found.states["trainer"] == "FAILED" and "trainer" not in cluster.commands
    assert found.refusals["trainer"].at == "kubernetes"
    assert problem in found.refusals["trainer"].message


@pytest.mark.parametrize(("change", "at"), [
    ({"pipelineInfo": {"name": "my_pipeline"}}, "kubernetes"),
    ({"schemaVersion": "2.0.0"}, "template"),
    ({"colour": "red"}, "template"),
    ({"root": {"dag": {"tasks": {"a": _task("other", ["nobody"])}}}}, "argo"),
    ({"root": {"dag": {"tasks": {"my_task": _task("other", [])}}}}, "argo"),
])  # fmt: skip
def test_compiled_refuses_what_a_cluster_would(
    tmp_path: Path, change: dict[str, Any], at: str
) -> None:
    file = written(tmp_path, {**document(), **change})
    with pytest.raises(Refused) as refused:
        compiled(file)
    assert refused.value.at == at
    with pytest.raises(Refused):
        KfpEmulator(tmp_path, Cluster()).run(file, RUN_ID)


@pytest.mark.parametrize(("text", "expected"), [
    ("$(A)-$(B)", "1-$(B)"),
    ("$$(A)", "$(A)"),
    ("a$b$$", "a$b$"),
])  # fmt: skip
def test_expanded_fills_in_what_there_is(text: str, expected: str) -> None:
    assert expanded(text, {"A": "1"}) == expected


@pytest.mark.slow  # renders by kfp
@pytest.mark.parametrize("version", ["2.4.1", "2.17"])
def test_run_of_our_rendering_gives_a_step_its_run_id_and_parameters(
    tmp_path: Path, version: str
) -> None:
    cluster = Cluster()
    emulator = KfpEmulator(tmp_path, cluster, {("tfx-metadata", "password"): "s3"}, version=version)
    given = {"model_epochs": "7", "model_optimizer_learning_rate": "1e-300"}
    found = emulator.run(kfp_fixtures.write_rendered(tmp_path), RUN_ID, given)
    assert found.succeeded and len(found.started) == len(kfp_fixtures.UPSTREAM)
    command = cluster.commands["trainer"]
    assert command[command.index("--run-id") + 1] == RUN_ID
    assert {"model.epochs=7", "model.optimizer.learning_rate=1e-300"} <= set(command)
    assert cluster.environments["trainer"]["TFX_METADATA_PASSWORD"] == "s3"


def test_as_subprocess_gives_status_and_output(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo $SAID; exit 3"]
    assert as_subprocess(command, {"SAID": "hello"}, tmp_path / "log") == 3
    assert (tmp_path / "log").read_text() == "hello\n"
