"""What comes of a submission when the service, the network or the credentials are not well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulators.vertex_service import Failure, VertexService, google_error
from tests.runners.cluster.vertex.submitting import JOBS, PARENT, make_config, submit
from tfx_pipeline.errors import ConfigError, ExitStatus, PipelineError
from tfx_pipeline.runners.cluster.vertex import api as vertex_api


@pytest.mark.parametrize("status", [0, 429, 500, 502, 503, 504])
def test_submit_when_the_service_cannot_take_it_sends_it_again(
    vertex: VertexService, status: int
) -> None:
    body = google_error(status, "UNAVAILABLE", "requests per minute: try again")
    vertex.failures = [Failure(JOBS, status, body, times=2)]
    submitted, _ = submit(make_config())
    asked = vertex.asked(JOBS)
    assert [x.query["pipelineJobId"] for x in asked] == [submitted.run_id] * 3


def test_submit_when_the_answer_is_lost_starts_one_run(vertex: VertexService) -> None:
    vertex.failures = [Failure(JOBS, 0, after=True)]
    submitted, _ = submit(make_config())
    assert [*vertex.resources] == [f"{PARENT}/pipelineJobs/{submitted.run_id}"]


def test_submit_when_the_service_is_too_slow_ends_in_time(vertex: VertexService) -> None:
    vertex.failures = [Failure(JOBS, 200, delay_s=0.5, times=9)]
    patience = ("environment.job.request_timeout_s=0.1", "environment.job.request_retries=1")
    with pytest.raises(PipelineError) as caught:
        submit(make_config(*patience))
    (problem,) = caught.value.problems
    assert problem.what == "Vertex AI does not answer, asked 2 times"
    assert "request_timeout_s" in (problem.next_step or "")
    assert caught.value.exit_status == ExitStatus.STEP_FAILED


@pytest.mark.parametrize(
    ("status", "reason", "message", "what", "next_step", "attempts"),
    [
        (401, "UNAUTHENTICATED", "bad token", "does not accept the credentials", "gcloud auth", 1),
        (
            403,
            "PERMISSION_DENIED",
            "Permission 'aiplatform.pipelineJobs.create' denied",
            "denies it",
            "roles/aiplatform.user in the project my-project",
            1,
        ),
        (
            403,
            "PERMISSION_DENIED",
            "Vertex AI API has not been used in project 1 before or it is disabled.",
            "denies it",
            "gcloud services enable aiplatform.googleapis.com --project my-project",
            1,
        ),
        (
            403,
            "PERMISSION_DENIED",
            "You do not have permission to act as service account: iam.serviceAccounts.actAs",
            "denies it",
            "roles/iam.serviceAccountUser",
            1,
        ),
        (404, "NOT_FOUND", "no such project", "not found", "environment.vertex.project", 1),
        (400, "INVALID_ARGUMENT", "bad spec", "refuses the request", "", 1),
        (
            429,
            "RESOURCE_EXHAUSTED",
            "The following quota metrics exceed quota limits: custom_model_training_cpus",
            "a quota of the project is used up",
            "ask for more quota",
            1,
        ),
        (503, "UNAVAILABLE", "down", "does not answer, asked 3 times", "status.cloud", 3),
    ],
)
def test_submit_when_the_service_refuses_says_why_and_what_to_do(
    vertex: VertexService,
    status: int,
    reason: str,
    message: str,
    what: str,
    next_step: str,
    attempts: int,
) -> None:
    body = google_error(status, reason, message)
    vertex.failures = [Failure(JOBS, status, body, times=99)]
    with pytest.raises(PipelineError) as caught:
        submit(make_config("environment.job.request_retries=2"))
    (problem,) = caught.value.problems
    assert what in problem.what
    assert message in f"{problem.received} {problem.what}"
    assert next_step in (problem.next_step or "")
    is_ours = status in (429, 503)
    assert isinstance(caught.value, ConfigError) is not is_ours
    # The client itself asks once more, with a fresh token, after each 401.
    assert len(vertex.asked(JOBS)) == (3 if status == 401 else attempts)


@pytest.mark.parametrize("field", ["project", "location"])
def test_submit_without_project_or_region_names_the_field(field: str) -> None:
    with pytest.raises(ConfigError) as caught:
        submit(make_config(f"environment.vertex.{field}=null"))
    (problem,) = caught.value.problems
    assert problem.place == f"environment.vertex.{field}"
    assert f"--set environment.vertex.{field}=" in (problem.next_step or "")


@pytest.mark.parametrize(
    "content",
    [
        None,
        "not json",
        "[]",
        '{"type": "service_account"}',
        '{"type": "authorized_user", "client_id": "1"}',
        '{"type": "service_account", "private_key": "s3cr3t", "client_email": "a"}',
    ],
)
def test_submit_with_unusable_credentials_says_how_to_get_some(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    content: str | None,
) -> None:
    file = tmp_path / "key.json"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
    with pytest.raises(ConfigError) as caught:
        submit(make_config())
    (problem,) = caught.value.problems
    assert problem.what == "they cannot be used"
    assert "gcloud auth application-default login" in (problem.next_step or "")
    assert "s3cr3t" not in str(caught.value)


def test_submit_without_credentials_says_how_to_get_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(ConfigError) as caught:
        submit(make_config())
    assert caught.value.problems[0].what == "there are none"


def test_submit_with_expired_credentials_says_so(vertex: VertexService) -> None:
    body = {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
    vertex.failures = [Failure("POST /token", 400, body, times=9)]
    with pytest.raises(ConfigError) as caught:
        submit(make_config())
    (problem,) = caught.value.problems
    assert problem.what == "they have expired, or were revoked"
    assert problem.received == "invalid_grant: Token has been expired or revoked."
    assert vertex.asked("pipelineJobs") == []


def test_submit_without_network_says_so(
    vertex: VertexService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(vertex_api.ENDPOINT_VARIABLE, "http://127.0.0.1:9")
    with pytest.raises(PipelineError) as caught:
        submit(make_config())
    assert caught.value.problems[0].what == "Vertex AI does not answer, asked 4 times"
