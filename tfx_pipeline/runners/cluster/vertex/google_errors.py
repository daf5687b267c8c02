"""What the errors of Google's libraries mean, and what to do about them."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator

from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.wording import shortened

UNUSABLE = "nothing can be submitted to Vertex AI"
_LOGIN = (
    "gcloud auth application-default login, or GOOGLE_APPLICATION_CREDENTIALS=<file of a service"
    " account>"
)
_ACT_AS = "iam.serviceAccounts.actAs"
_LONGEST = 400


def credentials_problem(error: Exception) -> Problem:
    """Say what is wrong with the credentials, and never what they are."""
    from google.auth import exceptions

    place = "credentials of Google Cloud"
    if isinstance(error, exceptions.TransportError):
        what = "the place that gives out access tokens cannot be reached"
        return Problem(what, place, _first_line(error), next_step="check network and proxy")
    if isinstance(error, exceptions.RefreshError):
        what = "they have expired, or were revoked"
        # The reason alone: the rest is the whole answer of the server.
        reason = str(error.args[0] if error.args else error)[:_LONGEST]
        return Problem(what, place, reason, next_step=_LOGIN)
    if isinstance(error, exceptions.DefaultCredentialsError) and not _are_named():
        return Problem("there are none", place, next_step=_LOGIN)
    received = _first_line(error) if isinstance(error, exceptions.GoogleAuthError) else None
    return Problem("they cannot be used", place, received, next_step=_LOGIN)


def service_error(error: Exception, parent: str, attempts: int) -> PipelineError:
    """Make of what the client raised, after so many attempts, an error that says what to do."""
    from google.auth import exceptions

    if isinstance(error, exceptions.GoogleAuthError):
        return ConfigError([credentials_problem(error)], UNUSABLE)
    received = _first_line(error)
    code = getattr(error, "code", None)
    tried = f", asked {attempts} times" if attempts > 1 else ""
    kind: type[PipelineError] = ConfigError
    next_step = None
    if code == 401:
        what, next_step = "Vertex AI does not accept the credentials", _LOGIN
    elif code == 403:
        what, next_step = "Vertex AI denies it", _right(error, parent)
    elif code == 429:
        kind, what = PipelineError, f"a quota of the project is used up{tried}"
        next_step = (
            "wait, ask for more quota (console: IAM & Admin, Quotas), or name smaller machines in"
            " environment.steps"
        )
    elif isinstance(code, int) and 400 <= code < 500:
        what = "Vertex AI refuses the request"
    else:
        kind, what = PipelineError, f"Vertex AI does not answer{tried}"
        next_step = (
            "check network and proxy, and https://status.cloud.google.com; for more patience:"
            " environment.job.request_retries and request_timeout_s"
        )
    return kind([Problem(what, parent, received, None, next_step)], UNUSABLE)


@contextlib.contextmanager
def must_be_found(parent: str) -> Iterator[None]:
    """Say of what the service does not find that mostly the project or the region is wrong.

    Raises:
        ConfigError: something was not found.
    """
    from google.api_core import exceptions

    try:
        yield
    except exceptions.NotFound as error:
        next_step = "check environment.vertex.project and environment.vertex.location"
        problem = Problem(f"not found: {error.message}", parent, None, None, next_step)
        raise ConfigError([problem], UNUSABLE) from error


def _are_named() -> bool:
    """Say whether a file of credentials is named, or lies where gcloud puts it."""
    from google.auth import _cloud_sdk, environment_vars

    if os.environ.get(environment_vars.CREDENTIALS):
        return True
    return os.path.isfile(_cloud_sdk.get_application_default_credentials_path())


def _right(error: Exception, parent: str) -> str:
    """Name the right that is missing."""
    project = parent.split("/")[1]
    reason = getattr(error, "reason", None)
    permission = (getattr(error, "metadata", None) or {}).get("permission", "")
    said = str(getattr(error, "message", "")) if reason is None else ""  # older answers have none
    if reason == "SERVICE_DISABLED" or re.search(r"API has not been used in project", said):
        return f"gcloud services enable aiplatform.googleapis.com --project {project}"
    if permission == _ACT_AS or re.search(rf"\b{re.escape(_ACT_AS)}\b", said):
        return (
            "let yourself act as environment.service_account:"
            " role roles/iam.serviceAccountUser on it"
        )
    return f"ask for roles/aiplatform.user in the project {project}"


def _first_line(error: Exception) -> str:
    text = str(getattr(error, "message", "") or error).strip()
    line = text.splitlines()[0] if text else type(error).__name__
    return shortened(line, _LONGEST)
