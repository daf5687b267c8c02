"""PostgreSQL and SQLite by ADBC: the driver gives typed record batches, without a Python value.

PostgreSQL streams by `COPY … (FORMAT binary)`, within one transaction that sees one state of the
database and writes nothing.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from tfx_pipeline.ingestion.reading.sql.failures import broken_off, missing_package, told
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.reading.sql.sqlite_types import typed_statement

PACKAGES = {"postgresql": "adbc-driver-postgresql", "sqlite": "adbc-driver-sqlite"}
"""By scheme of the URL."""
_BATCH_BYTES = 1 << 22
_BATCH_ROWS = 1 << 13
_READ_ONLY = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
_HIDES = "Expected PGCOPY signature"
"""Version 1.2, of the portable stack, says so when the server refuses before the first row."""
_PATIENCE = {  # of libpq, which waits two hours for a server that is switched off
    "connect_timeout": "30",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "60000",
}


class AdbcResult:
    """The answer to a query, open for one reading.

    Attributes:
        schema: of the batches.

    Raises:
        UnreadableError: the database cannot be reached, or refuses the query.
    """

    def __init__(self, query: SqlQuery) -> None:
        self._query = query
        self._open = contextlib.ExitStack()
        self._driver = _driver(query)
        is_sqlite = query.scheme == "sqlite"
        try:
            with told(query, "the database cannot be reached"):
                connection = self._kept(self._connect())
            with told(query, "the query cannot be run"):
                cursor = self._kept(connection.cursor())
                first_rows, statement = 0, query.statement
                if is_sqlite:
                    options = {"adbc.sqlite.query.batch_rows": _BATCH_ROWS}
                    first_rows, statement = 1, typed_statement(connection, query)
                else:
                    options = {"adbc.postgresql.batch_size_hint_bytes": _BATCH_BYTES}
                    cursor.execute(_READ_ONLY)
                cursor.adbc_statement.set_options(**options)
                cursor.execute(statement)
                self._reader = self._kept(cursor.fetch_record_batch())
        except BaseException:
            self.close()
            raise
        self._skipped = first_rows
        self.schema = self._reader.schema

    def batches(self) -> Iterator[Any]:
        """Yield record batches.

        Raises:
            UnreadableError: the database breaks off.
        """
        rows = -self._skipped
        while True:
            try:
                batch = self._reader.read_next_batch()
            except StopIteration:
                return
            except Exception as error:  # Arrow's, for what the driver says in the middle
                error = self._hidden_error() if _HIDES in str(error) else error
                raise broken_off(self._query, max(rows, 0), error) from None
            yield batch.slice(-rows) if rows < 0 else batch
            rows += batch.num_rows

    def _hidden_error(self) -> Exception:
        """Ask again, in the way in which the driver keeps what the server says of the first row."""
        try:
            with self._connect() as connection, connection.cursor() as cursor:
                cursor.execute(_READ_ONLY)
                cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": False})
                cursor.execute(f"EXPLAIN ANALYZE {self._query.statement}")  # gives no rows
        except Exception as error:  # the driver's
            return error
        return ConnectionError("the server ended the query")

    def close(self) -> None:
        """Let go of the database; one that is gone already is no other failure."""
        with contextlib.suppress(Exception):
            self._open.close()

    def _connect(self) -> Any:
        is_sqlite = self._query.scheme == "sqlite"
        return self._driver.connect((_sqlite_uri if is_sqlite else _postgresql_uri)(self._query))

    def _kept(self, opened: Any) -> Any:
        self._open.callback(_closed, opened)
        return opened


def _closed(opened: Any) -> None:
    with contextlib.suppress(Exception):
        opened.close()


def _driver(query: SqlQuery) -> Any:
    package = PACKAGES[query.scheme]
    try:
        return importlib.import_module(f"{package.replace('-', '_')}.dbapi")
    except ImportError:
        raise missing_package(query, package) from None


def _sqlite_uri(query: SqlQuery) -> str:
    path = unquote(urlsplit(query.url).path).removeprefix("/")
    return f"file:{quote(path)}?mode=ro"


def _postgresql_uri(query: SqlQuery) -> str:
    """Add the password, and how long to wait where the user does not say so."""
    parts = urlsplit(query.url)
    netloc = parts.netloc
    if query.password:
        user, _, host = netloc.rpartition("@")
        netloc = f"{user}:{quote(query.password, safe='')}@{host}"
    said = {option.partition("=")[0] for option in parts.query.split("&")}
    waits = [f"{name}={value}" for name, value in _PATIENCE.items() if name not in said]
    options = "&".join(filter(None, [parts.query, *waits]))
    return urlunsplit(parts._replace(netloc=netloc, query=options))
