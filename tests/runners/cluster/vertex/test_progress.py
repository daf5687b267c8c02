"""Waiting for a run on Vertex AI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.emulators.vertex_service import Failure, VertexService, google_error
from tests.runners.cluster.kubeflow.test_tasks import IR, spec
from tests.runners.cluster.vertex.submitting import GENERIC, make_config, submit
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.cluster.vertex.api import VertexApi
from tfx_pipeline.runners.cluster.vertex.progress import report_of
from tfx_pipeline.runners.steps.step_outcome import StepOutcome, outcome_place
from tfx_pipeline.storage.fileio import write_bytes

NAMED = {"pipelineInfo": {"name": "penguins"}, "schemaVersion": "2.1.0"}
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
    assert lines[1:] == [
        "  ✓ CsvExampleGen                    12.0 s",
        "  = Trainer                           1.0 s",
    ]


def test_wait_when_a_step_fails_gives_its_error(vertex: VertexService) -> None:
    tasks = [_task("Trainer", "FAILED", 30, "The replica exited with a non-zero status of 1.")]
    vertex.states = [{"jobDetail": {"taskDetails": tasks}, "state": "PIPELINE_STATE_FAILED"}]
    submitted, lines = submit(make_config(), wait=True)
    assert submitted.status == "failed"
    assert submitted.message == "Trainer: The replica exited with a non-zero status of 1."
    said = "failed: The replica exited with a non-zero status of 1."
    assert lines[-1] == f"  ✗ Trainer                          30.0 s  {said}"


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
    assert (submitted.status, submitted.message) == ("stopped", "by someone")


def test_wait_when_credentials_expire_says_that_the_run_goes_on(vertex: VertexService) -> None:
    body = google_error(401, "UNAUTHENTICATED", "expired")
    vertex.failures = [Failure("GET .*pipelineJobs", 401, body, times=99)]
    with pytest.raises(ConfigError) as caught:
        submit(make_config(), wait=True)
    (problem,) = caught.value.problems
    assert "does not accept the credentials" in problem.what
    assert "the run goes on: https://console.cloud.google.com" in caught.value.title


def test_wait_while_the_service_is_away_goes_on(vertex: VertexService) -> None:
    vertex.states = [{}, DONE]
    vertex.failures = [Failure("GET .*pipelineJobs", 503, times=2)]
    config = make_config("environment.job.request_retries=0")
    submitted, lines = submit(config, wait=True)
    assert submitted.status == "succeeded"
    assert "no answer: Vertex AI does not answer" in lines[1] and "answers again" in lines[2]


def test_wait_of_the_generic_rendering_reads_why_a_gate_refused(
    vertex: VertexService, tmp_path: Path
) -> None:
    """They are where the run's steps write, whatever the configuration says by now."""
    config = make_config("environment.vertex.rendering=generic")
    vertex.states = [
        {
            "jobDetail": {"taskDetails": [_task("pusher", "FAILED", 3, "non-zero status of 1.")]},
            "labels": {"vertex-ai-pipelines-run-billing-id": "42"},
            "state": "PIPELINE_STATE_FAILED",
        }
    ]
    outcome = StepOutcome("Pusher", "42", "refused", title="auc is too low")
    write_bytes(outcome_place(str(tmp_path), "42", "Pusher"), outcome.to_json().encode())
    text = json.dumps(spec(("pusher", ["Pusher"], [])) | NAMED)
    document = json.loads(text.replace(IR, f"{tmp_path}/ir/0123.json"))
    submitted, lines = submit(config, document, wait=True)
    assert (submitted.status, submitted.message) == ("refused", "Pusher: auc is too low")
    assert lines[-1] == "  ✗ Pusher                            3.0 s  refused: auc is too low"


def test_submit_of_a_name_whose_run_has_not_ended_is_refused(vertex: VertexService) -> None:
    first, _ = submit(make_config(), run_name="first")
    with pytest.raises(ConfigError) as caught:
        submit(make_config(), run_name="first")
    (problem,) = caught.value.problems
    assert problem.what == f"a run of this name has not ended: {first.run_id}, PENDING"
    assert f"tfx-pipeline status {first.run_id}" in (problem.next_step or "")


def test_report_of_a_run_takes_its_id_or_its_name(vertex: VertexService) -> None:
    vertex.states = [{"jobDetail": {"taskDetails": [_task("Trainer", "RUNNING")]}}]
    config = make_config()
    first, _ = submit(config, run_name="first")
    api = VertexApi(config)
    for wanted in (first.run_id, "first"):
        report = report_of(config, api, wanted)
        assert (report.run_id, report.run_name) == (first.run_id, "first")
        assert [(x.node_id, x.status) for x in report.steps] == [("Trainer", "running")]
    with pytest.raises(ConfigError, match="no such run"):
        report_of(config, api, "second")
