"""Database servers, started once for all tests; and a service that speaks as Vertex AI does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.emulators.vertex_service import VertexService, service_account_file, vertex_service
from tests.runners.metadata.database_servers import PASSWORD, DatabaseServer, database_server


@pytest.fixture(scope="session")
def database_of() -> Iterator[Callable[[str], DatabaseServer]]:
    """Give a server of a kind with an empty database; skip where its package is missing."""
    with contextlib.ExitStack() as stack:
        running: dict[str, DatabaseServer] = {}

        def server(kind: str) -> DatabaseServer:
            if kind not in running:
                running[kind] = stack.enter_context(database_server(kind))
            running[kind].use_empty_database()
            return running[kind]

        yield server


@pytest.fixture(params=["mysql", "postgresql"])
def server(
    request: pytest.FixtureRequest,
    database_of: Callable[[str], DatabaseServer],
    monkeypatch: pytest.MonkeyPatch,
) -> DatabaseServer:
    """A database server with an empty database, whose password is in the environment."""
    monkeypatch.setenv("TFX_METADATA_PASSWORD", PASSWORD)
    return database_of(request.param)


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a service account of Google Cloud; `{url}` stands for the service's address."""
    file = tmp_path_factory.mktemp("account") / "key.json"
    file.write_text(service_account_file("{url}"), encoding="utf-8")
    return file


@pytest.fixture
def vertex(
    account: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[VertexService]:
    """A service to which submissions go, with credentials, and without pauses."""
    from tfx_pipeline.runners.cluster.vertex import api as vertex_api
    from tfx_pipeline.runners.cluster.vertex import progress as vertex_progress

    with vertex_service() as service:
        key = tmp_path / "key.json"
        key.write_text(account.read_text(encoding="utf-8").replace("{url}", service.url))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
        monkeypatch.setenv(vertex_api.ENDPOINT_VARIABLE, f"{service.url}/")
        monkeypatch.setattr(vertex_api, "FIRST_PAUSE_S", 0.001)
        monkeypatch.setattr(vertex_progress, "POLL_S", 0.001)
        _ask_nobody_else(monkeypatch)
        yield service


def _ask_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep google-auth from asking the real IAM where the account's data may go."""
    from google.auth import credentials

    if hasattr(credentials, "CredentialsWithRegionalAccessBoundary"):
        monkeypatch.setattr(
            credentials.CredentialsWithRegionalAccessBoundary,
            "_is_regional_access_boundary_lookup_required",
            lambda _self: False,
        )
