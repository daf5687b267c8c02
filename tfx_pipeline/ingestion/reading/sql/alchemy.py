"""Any database that SQLAlchemy knows: rows are streamed, and each value becomes its text.

The texts are those that a CSV or Parquet file of the same values would give.
"""

from __future__ import annotations

import contextlib
import datetime
import decimal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.arrow_arrays import encoded
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.sql.failures import broken_off, missing_package, told
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery

_BATCH_ROWS = 1 << 13
_USUAL_DRIVER = {"mysql": "mysql+pymysql", "mariadb": "mariadb+pymysql"}
"""Which this package brings; SQLAlchemy's own choice must be compiled."""


class AlchemyResult:
    """The answer to a query, open for one reading.

    Attributes:
        schema: of the batches: all columns are texts.

    Raises:
        UnreadableError: the database cannot be reached, or refuses the query.
    """

    def __init__(self, query: SqlQuery) -> None:
        import pyarrow as pa

        self._query = query
        self._open = contextlib.ExitStack()
        try:
            engine = _engine(query)
            self._open.callback(engine.dispose)
            with told(query, "the database cannot be reached"):
                connection = self._open.enter_context(engine.connect())
            with told(query, "the query cannot be run"):
                streamed = connection.execution_options(
                    stream_results=True,
                    max_row_buffer=_BATCH_ROWS,
                    no_parameters=True,  # else a `%` in the query is a place for one
                )
                self._result = streamed.exec_driver_sql(query.statement)
                names = list(self._result.keys())
        except BaseException:
            self.close()
            raise
        self.schema = pa.schema([(name, pa.string()) for name in names])

    def batches(self) -> Iterator[Any]:
        """Yield record batches.

        Raises:
            UnreadableError: the database breaks off, or gives what is no plain value.
        """
        import pyarrow as pa

        rows = 0
        while True:
            try:
                block = self._result.fetchmany(_BATCH_ROWS)
            except Exception as error:  # each driver has its own
                raise broken_off(self._query, rows, error) from None
            if not block:
                return
            columns = [
                encoded(self._texts(name, values, rows))
                for name, values in zip(self.schema.names, zip(*block, strict=True), strict=True)
            ]
            yield pa.RecordBatch.from_arrays(columns, self.schema.names)
            rows += len(block)

    def close(self) -> None:
        """Let go of the database; one that is gone already is no other failure."""
        with contextlib.suppress(Exception):
            self._open.close()

    def _texts(self, name: str, values: Sequence[Any], start: int) -> list[str]:
        try:
            return ["" if value is None else _WRITERS[type(value)](value) for value in values]
        except (KeyError, UnicodeDecodeError):
            pass
        for row, value in enumerate(values, start + 1):
            if value is not None and type(value) not in _WRITERS:
                what = f"row {row:,} of `{name}` is no plain value"
                kind = type(value).__name__
                step = f"let the query make a text or a number of it: CAST({name} AS …)"
                raise UnreadableError(Problem(what, self._query.place, kind, next_step=step))
        raise AssertionError(name)


def _fraction(value: float) -> str:
    return "" if value != value else repr(value)


_WRITERS: dict[type, Callable[[Any], str]] = {
    str: str,
    int: str,
    bool: str,
    float: _fraction,
    decimal.Decimal: lambda value: f"{value:f}",
    bytes: lambda value: value.decode("utf-8", "backslashreplace"),
    datetime.datetime: str,
    datetime.date: str,
    datetime.time: str,
}


def _engine(query: SqlQuery) -> Any:
    try:
        import sqlalchemy
    except ImportError:
        raise missing_package(query, "sqlalchemy") from None
    with told(query, "`data.source.url` cannot be used"):
        url = sqlalchemy.make_url(query.url)
        url = url.set(drivername=_USUAL_DRIVER.get(url.drivername, url.drivername))
        password: dict[str, Any] = {}
        if query.password and url.drivername.endswith("+pymysql"):
            password["password"] = query.password.encode()  # as text, it would have to be Latin-1
        elif query.password:
            url = url.set(password=query.password)
        try:
            return sqlalchemy.create_engine(
                url, connect_args=password, poolclass=sqlalchemy.NullPool
            )
        except ModuleNotFoundError as error:
            what = f"the driver `{error.name}` of {url.drivername}:// is not installed"
            step = "install its package, or name another driver: postgresql+psycopg2://…"
            raise UnreadableError(Problem(what, query.place, next_step=step)) from None
