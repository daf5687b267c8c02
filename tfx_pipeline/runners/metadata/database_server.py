"""A database server beside ML Metadata: whether it lets us in, and the locks it keeps by name.

ML Metadata's own client says neither why it could not connect nor how long it waits, and it makes
types of one name twice when two processes register it at once on PostgreSQL. So this speaks with
the server by drivers of pure Python: `pymysql` and `pg8000`.

Terms:
    named lock: the server frees it when the connection that took it ends, however that ends.
"""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from typing import Any

from tfx_pipeline.config.metadata_url import USUAL_PORTS, address
from tfx_pipeline.config.sections.environment import MetadataConfig
from tfx_pipeline.errors import Problem
from tfx_pipeline.runners.metadata.metadata_errors import MetadataError, error_code, explain
from tfx_pipeline.runners.metadata.password import password_of

CONNECT_S = 10.0  # within which a server answers that is not overloaded
_MOMENT_S = 150  # longer than any call during which a lock is held for a moment


class ServerConnection:
    """One connection to the database of ML Metadata.

    Raises:
        MetadataError: when made: the server cannot be reached, or does not let us in.
    """

    def __init__(self, metadata: MetadataConfig, timeout_s: float = CONNECT_S) -> None:
        self._metadata, self._timeout_s = metadata, timeout_s
        connect = _connect_mysql if metadata.kind == "mysql" else _connect_postgresql
        try:
            self._driver = connect(metadata, timeout_s)
        except Exception as error:
            raise explain(metadata, error) from None

    def lock(self, name: str, wait_s: float) -> bool:
        """Take a named lock of this database; tell whether it was free within some seconds.

        Raises:
            MetadataError: the connection broke.
        """
        until = time.monotonic() + wait_s
        try:
            while not self._lock(name, min(wait_s, self._timeout_s / 2)):
                if time.monotonic() >= until:
                    return False
        except Exception as error:
            raise explain(self._metadata, error) from None
        return True

    def _lock(self, name: str, wait_s: float) -> bool:
        if self._metadata.kind == "mysql":
            return bool(self._first(f"SELECT GET_LOCK('{self._mysql_name(name)}', {int(wait_s)})"))
        number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        self._first(f"SELECT set_config('lock_timeout', '{int(wait_s * 1000) or 1}', false)")
        try:
            self._first(f"SELECT pg_advisory_lock({number})")
        except Exception as error:
            if error_code(error) == "55P03":  # lock_not_available
                return False
            raise
        return True

    def forget_when_silent(self, idle_s: int) -> None:
        """Let the server end this connection, and its locks, when it hears nothing for that long.

        Without this, it keeps those of a lost machine for hours.
        """
        if self._metadata.kind == "mysql":
            self._driver.query(f"SET SESSION wait_timeout = {idle_s}")
            return
        for name, value in (
            # The kernel of a machine that is there answers, whatever the process does.
            ("tcp_keepalives_idle", max(idle_s // 4, 1)),
            ("tcp_keepalives_interval", max(idle_s // 8, 1)),
            ("tcp_keepalives_count", 5),
            ("idle_session_timeout", idle_s * 1000),  # a proxy between would answer for it
        ):
            try:
                self._first(f"SELECT set_config('{name}', '{value}', false)")
            except Exception as error:
                if error_code(error) != "42704":  # no such setting: before PostgreSQL 14
                    raise explain(self._metadata, error) from None

    def beat(self) -> None:
        """Say that this process is alive."""
        self._first("SELECT 1")

    def close(self) -> None:
        """Let go of the connection and of its locks."""
        with contextlib.suppress(Exception):  # it may have ended already
            self._driver.close()

    def _mysql_name(self, name: str) -> str:
        whole = f"{self._metadata.database}/{name}"  # locks belong to the server there
        return "tfx-" + hashlib.sha256(whole.encode()).hexdigest()[:56]

    def _first(self, statement: str) -> Any:
        if self._metadata.kind == "mysql":
            with self._driver.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchone()[0]
        return self._driver.run(statement)[0][0]


@contextlib.contextmanager
def named_lock(metadata: MetadataConfig, name: str, wait_s: float) -> Iterator[None]:
    """Hold a named lock for a moment.

    Raises:
        MetadataError: the server cannot be reached, or others held the lock all the time.
    """
    connection = ServerConnection(metadata)
    try:
        connection.forget_when_silent(_MOMENT_S)
        if not connection.lock(name, wait_s):
            problem = Problem(
                f"other processes held its lock `{name}` for {wait_s:.0f} s",
                address(metadata),
                next_step="try again, with fewer steps at once",
            )
            raise MetadataError(problem, may_pass=True)
        yield
    finally:
        connection.close()


def _connect_mysql(metadata: MetadataConfig, timeout_s: float) -> Any:
    import pymysql

    return pymysql.connect(
        host=metadata.host,
        port=metadata.port or USUAL_PORTS["mysql"],
        user=metadata.user,
        password=password_of(metadata).encode(),  # as text, it would have to be Latin-1
        database=metadata.database,
        connect_timeout=timeout_s,
        read_timeout=timeout_s,
        write_timeout=timeout_s,
        charset="utf8mb4",
        autocommit=True,
    )


def _connect_postgresql(metadata: MetadataConfig, timeout_s: float) -> Any:
    import pg8000.native

    return pg8000.native.Connection(
        metadata.user,
        host=metadata.host,
        port=metadata.port or USUAL_PORTS["postgresql"],
        database=metadata.database,
        password=password_of(metadata),
        timeout=timeout_s,
        application_name="tfx-pipeline",
    )
