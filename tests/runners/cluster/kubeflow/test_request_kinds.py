"""Requests that failed on the way are told by their kind, whatever the host's name."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from urllib3 import exceptions

from tfx_pipeline.runners.cluster.kubeflow.requests import Service, _may_be_sent_again

HOST = "http://ssl-readtimeout-protocol-certificate.example"
TEXT = f"{HOST} SSLError ReadTimeoutError ProtocolError CERTIFICATE NewConnectionError"
POOL: Any = SimpleNamespace()
TIMEOUT = exceptions.ConnectTimeoutError(TEXT)


class ApiError(Exception):
    """As kfp_server_api raises it."""

    def __init__(self, reason: Any) -> None:
        super().__init__(TEXT)
        self.status, self.reason = 0, reason


@pytest.mark.parametrize(
    ("error", "what", "get", "post"),
    [
        (ApiError(f"SSLError\n{TEXT}"), "its certificate is not trusted", False, False),
        (exceptions.SSLError(TEXT), "its certificate is not trusted", False, False),
        (exceptions.ReadTimeoutError(POOL, HOST, TEXT), "did not answer within 5 s", True, False),
        (exceptions.ProtocolError(TEXT), "ended the connection without an answer", True, False),
        (exceptions.NewConnectionError(POOL, TEXT), "it cannot be reached", True, True),
        (TIMEOUT, "it cannot be reached", True, True),
        (exceptions.MaxRetryError(POOL, HOST, TIMEOUT), "it cannot be reached", True, True),
        (OSError(TEXT), "it cannot be reached", False, False),
    ],
)
def test_requests_that_fail_are_sorted_by_their_kind(
    error: Any, what: str, get: bool, post: bool
) -> None:
    error.status = None if not isinstance(error, ApiError) else 0
    service = Service(HOST, "TOKEN", False, 5.0, 1)
    assert what in str(service._explained(error, "POST"))
    if error.status is None:
        assert _may_be_sent_again(error, "GET") is get
        assert _may_be_sent_again(error, "POST") is post
