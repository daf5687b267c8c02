"""Waiting for a run on Vertex AI."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulators.vertex_service import Failure, VertexService, google_error
from tests.runners.cluster.vertex.submitting import GENERIC, make_config, submit
from tfx_pipeline.errors import ConfigError

DONE = {"state": "PIPELINE_STATE_SUCCEEDED"}


def _task(name: str, state: str, seconds: int = 0, error: str = "", **more: Any) -> dict[str, Any]:
    task: dict[str, Any] = {"taskName": name, "state": state, **more}
    task["startTime"] = "2026-01-01T00:00:00Z"
    if state not in ("RUNNING", "PENDING"):
        task["endTime"] = f"2026-01-01T00:00:{seconds:02}Z"
    if error:
        task["error"] = {"code": 9, "message": error}
    return task


def test_wait_shows_each_step_once_and_gives_the_end(vertex: VertexService) -> None:
    running = {"jobDetail": {"taskDetails": [_task("CsvExampleGen", "RUNNING")]}}
    tasks = [_task("CsvExampleGen", "SUCCEEDED", 12), _task("Trainer", "SKIPPED", 1)]
    vertex.states = [running, running, {"jobDetail": {"taskDetails": tasks}, **DONE}]
    vertex.failures = [Failure("GET .*pipelineJobs", 503, times=2)]
    submitted, lines = submit(make_config(), wait=True)
    assert submitted.status == "succeeded"
    assert lines[1:] == ["  … CsvExampleGen", "  ✓ CsvExampleGen  12 s", "  = Trainer  1 s"]


def test_wait_when_a_step_fails_gives_its_error(vertex: VertexService) -> None:
    tasks = [_task("Trainer", "FAILED", 30, "The replica exited with a non-zero status of 1.")]
    vertex.states = [{"jobDetail": {"taskDetails": tasks}, "state": "PIPELINE_STATE_FAILED"}]
    submitted, lines = submit(make_config(), wait=True)
    assert submitted.status == "failed"
    assert submitted.message == "Trainer: The replica exited with a non-zero status of 1."
    assert lines[-1] == "  ✗ Trainer  30 s  The replica exited with a non-zero status of 1."


def test_wait_when_a_gate_refuses_says_that_nothing_was_pushed(vertex: VertexService) -> None:
    pushed = {"pushed_model": {"artifacts": [{"metadata": {"pushed": 0.0}}]}}
    native = [_task("Pusher", "SUCCEEDED", outputs=pushed)]
    vertex.states = [{"jobDetail": {"taskDetails": native}, **DONE}]
    assert submit(make_config(), wait=True)[0].status == "refused"

    generic = [_task("pusher", "FAILED", error="exited with a non-zero status of 3.")]
    vertex.states = [{"jobDetail": {"taskDetails": generic}, "state": "PIPELINE_STATE_FAILED"}]
    assert submit(make_config(), GENERIC, wait=True)[0].status == "refused"


def test_wait_when_the_run_is_cancelled_says_so(vertex: VertexService) -> None:
    vertex.states = [{"state": "PIPELINE_STATE_CANCELLED", "error": {"message": "by someone"}}]
    submitted, _ = submit(make_config(), wait=True)
    assert (submitted.status, submitted.message) == ("cancelled", "by someone")


def test_wait_when_credentials_expire_says_that_the_run_goes_on(vertex: VertexService) -> None:
    body = google_error(401, "UNAUTHENTICATED", "expired")
    vertex.failures = [Failure("GET .*pipelineJobs", 401, body, times=99)]
    with pytest.raises(ConfigError) as caught:
        submit(make_config(), wait=True)
    (problem,) = caught.value.problems
    assert problem.what.endswith("the run goes on")
    assert "https://console.cloud.google.com" in (problem.next_step or "")
