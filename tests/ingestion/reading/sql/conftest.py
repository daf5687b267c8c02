"""Database servers, started once for all tests of this folder."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from tests.runners.metadata.database_servers import DatabaseServer, database_server


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[str], DatabaseServer]]:
    """Give a running server of a kind with an empty database; skip where it is not installed."""
    with contextlib.ExitStack() as stack:
        running: dict[str, DatabaseServer] = {}

        def server(kind: str) -> DatabaseServer:
            if kind not in running:
                running[kind] = stack.enter_context(database_server(kind))
            running[kind].use_empty_database()
            return running[kind]

        yield server


@pytest.fixture
def postgresql(server_of: Callable[[str], DatabaseServer]) -> DatabaseServer:
    """PostgreSQL with an empty database."""
    return server_of("postgresql")


@pytest.fixture
def mysql(server_of: Callable[[str], DatabaseServer]) -> DatabaseServer:
    """MariaDB with an empty database."""
    return server_of("mysql")
