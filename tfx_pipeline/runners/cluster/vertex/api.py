"""The API of Vertex AI: who we are to it, and requests that are sent until it can take them."""

from __future__ import annotations

import functools
import os
import random
import re
import warnings
from collections.abc import Callable
from typing import Any

import tenacity

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, PipelineError, Problem
from tfx_pipeline.runners.cluster.vertex.google_errors import (
    UNUSABLE,
    credentials_problem,
    service_error,
)

ENDPOINT_VARIABLE = "CLOUDSDK_API_ENDPOINT_OVERRIDES_AIPLATFORM"
"""As gcloud has it: another address of the API, e.g. of Private Service Connect."""
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_NAME_IT = "name it there, or by --set "
_TEMPORARY = (429, 500, 502, 503, 504)


class VertexApi:
    """The services that a submission needs, in one project and region.

    Attributes:
        parent: `projects/<project>/locations/<location>`.

    Raises:
        ConfigError: no project or no region is named, or there are no credentials, or they have
            expired.
        PipelineError: the place that gives out tokens cannot be reached.
    """

    def __init__(self, config: PipelineConfig) -> None:
        vertex = config.environment.vertex
        problems = [
            Problem(
                f"no {word} of Google Cloud is named", place, next_step=f"{_NAME_IT}{place}={x}"
            )
            for said, word, place, x in (
                (vertex.project, "project", "environment.vertex.project", "ID"),
                (vertex.location, "region", "environment.vertex.location", "europe-west4"),
            )
            if not said
        ]
        if problems:
            raise ConfigError(problems, UNUSABLE)
        self.project, self.location = vertex.project, vertex.location
        self.parent = f"projects/{self.project}/locations/{self.location}"
        self._job = config.environment.job
        self._credentials = _credentials(self._job.request_timeout_s)

    @functools.cached_property
    def pipelines(self) -> Any:
        """The PipelineService."""
        return self._client("PipelineServiceClient")

    @functools.cached_property
    def schedules(self) -> Any:
        """The ScheduleService."""
        return self._client("ScheduleServiceClient")

    @functools.cached_property
    def metadata(self) -> Any:
        """The MetadataService."""
        return self._client("MetadataServiceClient")

    def _client(self, name: str) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about Pythons that Google will not test much longer
            from google.cloud import aiplatform_v1

        address = os.environ.get(ENDPOINT_VARIABLE, "").rstrip("/")
        address = address or f"{self.location}-aiplatform.googleapis.com"
        return getattr(aiplatform_v1, name)(
            credentials=self._credentials,
            client_options={"api_endpoint": address},
            transport="rest",  # the one that passes through proxies
        )

    def call(self, method: Callable[..., Any], request: dict[str, Any]) -> Any:
        """Send a request; send it again while the service cannot take it.

        The method of a client must be harmless to do twice, for an answer can get lost.

        Raises:
            google.api_core.exceptions.NotFound: there is no such thing.
            google.api_core.exceptions.Conflict: there is one already.
            PipelineError: the service refuses, or does not answer.
        """
        from google.api_core import exceptions

        sending = tenacity.Retrying(
            retry=tenacity.retry_if_exception(_is_temporary),
            stop=tenacity.stop_after_attempt(self._job.request_retries + 1),
            wait=_pause_s,
            reraise=True,
        )
        try:
            return sending(method, request=request, retry=None, timeout=self._job.request_timeout_s)
        except (exceptions.NotFound, exceptions.Conflict):
            raise
        except Exception as error:
            attempts = sending.statistics["attempt_number"]
            raise service_error(error, self.parent, attempts) from error


def _credentials(timeout_s: float) -> Any:
    """Find Google's application default credentials, and prove that they are still good."""
    import google.auth
    from google.auth import exceptions
    from google.auth.transport.requests import Request

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a user's own credentials have no quota project
            credentials, _ = google.auth.default(scopes=[_SCOPE])
        if not credentials.valid:
            credentials.refresh(functools.partial(Request(), timeout=timeout_s))
    except exceptions.GoogleAuthError as error:
        problem = credentials_problem(error)
        if isinstance(error, exceptions.TransportError):
            raise PipelineError([problem], UNUSABLE) from error
        raise ConfigError([problem], UNUSABLE) from error
    except (AttributeError, TypeError, ValueError) as error:  # a file that is none
        raise ConfigError([credentials_problem(error)], UNUSABLE) from error
    return credentials


def _pause_s(state: tenacity.RetryCallState) -> float:
    """Twice as long before each further attempt, and not as long as others that wait as well."""
    pause_s = min(FIRST_PAUSE_S * 2 ** (state.attempt_number - 1), LONGEST_PAUSE_S)
    return pause_s * random.uniform(0.5, 1.0)


def _is_temporary(error: BaseException) -> bool:
    """Tell whether the same request can succeed a little later."""
    import requests
    from google.auth import exceptions

    if isinstance(error, (requests.ConnectionError, requests.Timeout, exceptions.TransportError)):
        return True
    code = getattr(error, "code", None)
    if code != 429:
        return code in _TEMPORARY
    if reason := getattr(error, "reason", None):
        return bool(reason == "RATE_LIMIT_EXCEEDED")
    # Vertex AI says by its message alone that a quota is one of machines, which does not pass.
    said = str(getattr(error, "message", "")).lower()
    return "quota" not in said or re.search(r"\bper minute\b|\brate\b", said) is not None
