"""Google's refusals are told by codes and reasons, whatever the names in their messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.auth.exceptions import DefaultCredentialsError
from google.rpc import error_details_pb2

from tfx_pipeline.runners.cluster.vertex.api import _is_temporary
from tfx_pipeline.runners.cluster.vertex.google_errors import credentials_problem, service_error

pytestmark = pytest.mark.slow  # they import Google's libraries

PARENT = "projects/quota-is-disabled-actAs/locations/europe-west4"


def refused(kind: type[Exception], message: str, reason: str = "", **metadata: str) -> Any:
    info = error_details_pb2.ErrorInfo(reason=reason, metadata=metadata) if reason else None
    return kind(message, error_info=info)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("error", "next_step"),
    [
        (refused(exceptions.Forbidden, "denied", "SERVICE_DISABLED"), "gcloud services enable"),
        (
            refused(
                exceptions.Forbidden,
                "denied",
                "IAM_PERMISSION_DENIED",
                permission="iam.serviceAccounts.actAs",
            ),
            "serviceAccountUser",
        ),
        (refused(exceptions.Forbidden, f"{PARENT} is disabled, actAs"), "roles/aiplatform.user"),
        (
            refused(
                exceptions.Forbidden,
                "has not been used, is disabled, iam.serviceAccounts.actAs",
                "IAM_PERMISSION_DENIED",
                permission="aiplatform.pipelineJobs.create",
            ),
            "roles/aiplatform.user",
        ),
    ],
)
def test_service_error_names_the_right_by_its_reason(error: Any, next_step: str) -> None:
    assert next_step in str(service_error(error, PARENT, 1))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (exceptions.ServiceUnavailable(f"{PARENT}: quota"), True),
        (exceptions.InternalServerError("quota"), True),
        (exceptions.BadRequest("rate per minute"), False),
        (refused(exceptions.TooManyRequests, "quota", "RATE_LIMIT_EXCEEDED"), True),
        (refused(exceptions.TooManyRequests, "per minute", "RESOURCE_QUOTA_EXCEEDED"), False),
        (exceptions.TooManyRequests("quota of custom_model_training_accelerator_cpus"), False),
        (exceptions.TooManyRequests("quota of requests per minute"), True),
    ],
)
def test_is_temporary_goes_by_code_and_reason(error: Exception, expected: bool) -> None:
    assert _is_temporary(error) is expected


@pytest.mark.parametrize("named", [True, False])
def test_credentials_problem_looks_for_the_file_and_not_at_the_message(
    named: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    if named:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "key.json"))
    error = DefaultCredentialsError("x: credentials were not found")
    what = credentials_problem(error).what
    assert what == ("they cannot be used" if named else "there are none")
