"""Waiting for a run of Kubeflow Pipelines, by kfp's own client and real HTTP to a fake server."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.json_server import Answer
from tests.runners.cluster.kubeflow.fake_server import RUN_ID, FakeKfp, run_state, task
from tests.runners.cluster.kubeflow.submitting import Lines, refusal, submit
from tfx_pipeline.errors import Problem
from tfx_pipeline.runners.cluster import following, progress_lines
from tfx_pipeline.runners.cluster.kubeflow import progress
from tfx_pipeline.runners.steps.step_outcome import Attempt, StepOutcome, outcome_place
from tfx_pipeline.storage.fileio import write_bytes

pytestmark = pytest.mark.slow  # they import kfp or TFX
BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the run's artifacts be below a folder."""
    monkeypatch.setattr(progress, "root_above", lambda _: str(tmp_path))
    return str(tmp_path)


def write(root: str, node_id: str, state: Any, **more: Any) -> None:
    attempts = more.pop("attempts", (Attempt("pod-1", BEGAN, BEGAN + timedelta(seconds=9), 1),))
    outcome = StepOutcome(node_id, RUN_ID, state, attempts, **more)
    write_bytes(outcome_place(root, RUN_ID, node_id), outcome.to_json().encode())


def test_wait_shows_each_step_once_with_its_facts(
    server: FakeKfp, package: Path, root: str
) -> None:
    write(root, "CsvExampleGen", "done", facts="344 rows")
    first = task("csv-example-gen", "SUCCEEDED", 12)
    server.run_states = [
        run_state("RUNNING", first),
        run_state("RUNNING", first, task("trainer", "RUNNING")),
        run_state("SUCCEEDED", first, task("trainer", "SUCCEEDED", 61)),
    ]
    lines = Lines()
    submitted = submit(server, package, lines=lines, run_name="first", wait=True)
    assert (submitted.status, submitted.message) == ("succeeded", None)
    assert lines == [
        f"run first: {server.url}/#/runs/details/{RUN_ID}",
        f"  id {RUN_ID}; to look at it later: tfx-pipeline status {RUN_ID}",
        "  ✓ CsvExampleGen                    12.0 s  344 rows",
        "  ✓ Trainer                          61.0 s",
    ]


def test_wait_of_a_refused_gate_is_refused_with_reason_and_command(
    server: FakeKfp, package: Path, root: str
) -> None:
    problem = Problem("auc is too low", "evaluation.thresholds", "0.51", "at least 0.9")
    write(
        *(root, "Pusher", "refused"),
        title="nothing was pushed",
        problems=(problem,),
        command="tfx-pipeline node --node-id Pusher",
    )
    server.run_states = [run_state("FAILED", task("pusher", "FAILED", 3), history="RUNNING FAILED")]
    lines = Lines()
    submitted = submit(server, package, lines=lines, wait=True)
    assert (submitted.status, submitted.message) == ("refused", "Pusher: nothing was pushed")
    assert lines[2:] == [
        "  ✗ Pusher                            3.0 s  refused: nothing was pushed",
        "      evaluation.thresholds: auc is too low",
        "          received 0.51",
        "          allowed  at least 0.9",
        "      to do it again: tfx-pipeline node --node-id Pusher",
    ]


def test_wait_of_a_failure_that_no_file_explains_says_where_to_look(
    server: FakeKfp, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "root_above", lambda _: "")
    server.run_states = [run_state("FAILED", task("trainer", "FAILED", 3))]
    lines = Lines()
    volume = "environment.volumes=[{claim: c, mount_path: /no/such/volume}]"
    root = "environment.pipeline_root=/no/such/volume/p"
    submitted = submit(server, package, volume, root, lines=lines, wait=True)
    assert (submitted.status, submitted.message) == ("failed", "Trainer failed")
    text = "\n".join(lines)
    folder = f"/no/such/volume/p/runs/{RUN_ID}"
    assert f"kubectl exec -n kubeflow tfx-pipeline-toolbox -- sh -c 'cat {folder}/*'" in text
    assert f"kubectl get pods -n kubeflow -l pipeline/runid={RUN_ID}" in text


@pytest.mark.parametrize(("looks", "expected"), [
    ([run_state("FAILED", history="PENDING RUNNING CANCELING FAILED")], "stopped"),
    ([{"state": "RUNNING"}, {"state": "CANCELING"}, {"state": "FAILED"}], "stopped"),
    ([{"state": "RUNNING"}, {"state": "CANCELING"}, {"state": "CANCELED"}], "stopped"),
    ([run_state("FAILED", history="RUNNING CANCELING FAILED RUNNING FAILED")], "failed"),
])  # fmt: skip
def test_wait_of_a_terminated_run_says_that_it_was_stopped(
    server: FakeKfp, package: Path, root: str, looks: list[Any], expected: str
) -> None:
    server.run_states = looks
    assert submit(server, package, wait=True).status == expected


@pytest.mark.parametrize("content", [b"", b'{"half', b"[]", b"\xff\xfe", b'{"state": "odd"}'])
def test_wait_of_a_failure_whose_file_is_damaged_names_the_file(
    server: FakeKfp, package: Path, root: str, content: bytes
) -> None:
    place = outcome_place(root, RUN_ID, "Trainer")
    write_bytes(place, content)
    server.run_states = [run_state("FAILED", task("trainer", "FAILED", 3))]
    lines = Lines()
    assert submit(server, package, lines=lines, wait=True).status == "failed"
    assert f"  {place} is not what a step of this release writes of its end: look into it" in lines


def test_wait_of_a_stopped_run_calls_its_step_stopped(
    server: FakeKfp, package: Path, root: str
) -> None:
    stopped = run_state("FAILED", task("trainer", "FAILED", 3), history="RUNNING CANCELING FAILED")
    server.run_states = [stopped]
    lines = Lines()
    assert submit(server, package, lines=lines, wait=True).status == "stopped"
    assert lines[-1] == "  ■ Trainer                           3.0 s  stopped"


def test_wait_says_that_a_step_is_tried_again(server: FakeKfp, package: Path, root: str) -> None:
    write(root, "Trainer", "failed", title="Trainer failed: no space is left", max_attempts=3)
    server.run_states = [
        run_state("RUNNING", task("trainer", "RUNNING")),
        run_state("RUNNING", task("trainer", "RUNNING")),
        run_state("SUCCEEDED", task("trainer", "SUCCEEDED", 90)),
    ]
    lines = Lines()
    assert submit(server, package, lines=lines, wait=True).status == "succeeded"
    assert lines[2] == "  … Trainer: attempt 2 of 3: Trainer failed: no space is left"
    assert len(lines) == 4


def test_wait_while_the_service_is_away_goes_on(server: FakeKfp, package: Path, root: str) -> None:
    server.run_states = [{"state": "RUNNING"}, {"state": "SUCCEEDED"}]
    submitting = ["environment.job.request_retries=0"]
    server.planned["GET runs"] = [Answer(503), Answer(0), Answer(502)]
    lines = Lines()
    assert submit(server, package, *submitting, lines=lines, wait=True).status == "succeeded"
    away = [line for line in lines if "no answer" in line]
    assert len(away) == 1 and "the run goes on, and so does waiting" in away[0]
    assert "it answers again" in lines[-1]


def test_wait_while_the_service_is_away_for_too_long_says_that_the_run_goes_on(
    server: FakeKfp, package: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AWAY_LIMIT_S", 0.0)
    server.run_states = [{"state": "RUNNING"}]
    server.planned["GET runs"] = [Answer(503)] * 9
    text = refusal(server, package, "environment.job.request_retries=0", wait=True)
    assert f"the run goes on: {server.url}/#/runs/details/{RUN_ID}" in text


def test_wait_whose_token_expires_says_that_the_run_goes_on_and_names_the_file_field(
    server: FakeKfp, package: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "0ld")
    server.run_states = [{"state": "RUNNING"}]
    server.planned["GET runs"] = [Answer(401, {"message": "expired"})]
    text = refusal(server, package, wait=True)
    assert f"the run goes on: {server.url}/#/runs/details/{RUN_ID}" in text
    assert "environment.kubeflow.token_file" in text


def test_wait_says_why_a_step_waits_and_again_only_when_that_changes(
    server: FakeKfp, package: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_lines, "WAIT_SHOWN_S", 0.0)
    messages = ["1 Insufficient cpu.", "1 Insufficient cpu.", "1 node(s) had untolerated taint."]
    monkeypatch.setattr(progress, "Pods", lambda *_: Waiting(messages))
    looks = [run_state("RUNNING", task("trainer", "RUNNING"))] * 3
    server.run_states = [*looks, run_state("SUCCEEDED", task("trainer", "SUCCEEDED", 90))]
    lines = Lines()
    assert submit(server, package, lines=lines, wait=True).status == "succeeded"
    said = [line.strip() for line in lines if "Pending" in line]
    assert said == [f"pod t-1: Pending: 0/1 nodes are available: {x}" for x in messages[1:]]
    assert any("environment.steps.Trainer, or add a machine" in line for line in lines)


def test_wait_for_a_run_that_nobody_begins_says_where_to_look(
    server: FakeKfp, package: Path, root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_lines, "WAIT_SHOWN_S", 0.0)
    server.run_states = [{"state": "PENDING"}, {"state": "PENDING"}, {"state": "SUCCEEDED"}]
    lines = Lines()
    submit(server, package, lines=lines, wait=True)
    text = "\n".join(lines)
    assert text.count("Kubeflow has begun no step yet") == 1
    assert f"kubectl describe workflows -n kubeflow -l pipeline/runid={RUN_ID}" in text


class Waiting:
    """Pods that no machine has room for."""

    namespace, hint, command = "kubeflow", "", ""

    def __init__(self, messages: list[str]) -> None:
        self._messages = iter(messages)

    def look(self) -> list[dict[str, Any]]:
        message = f"0/1 nodes are available: {next(self._messages)}"
        condition = {"type": "PodScheduled", "status": "False", "message": message}
        names = {"workflows.argoproj.io/node-name": "p-x.root(0).trainer(0).executor(0)"}
        metadata = {"name": "t-1", "annotations": names}
        return [{"metadata": metadata, "status": {"phase": "Pending", "conditions": [condition]}}]

    def warnings(self, _pod: str) -> list[Any]:
        return []
