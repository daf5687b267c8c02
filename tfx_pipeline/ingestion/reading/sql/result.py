"""The answer of a database: names of its columns, and its rows as they come."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.arrow_arrays import encoded
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.sql.adbc import PACKAGES, AdbcResult
from tfx_pipeline.ingestion.reading.sql.alchemy import AlchemyResult
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery

_TYPE_NAME = b"ADBC:postgresql:typname"
_READABLE = ("", "json", "numeric", "uuid")  # `json` and `numeric` come as their text


class SqlResult:
    """What a query gives, open for one reading; the query runs when this is made.

    Attributes:
        names: of the columns.
        types: of their values, as they come.

    Raises:
        UnreadableError: the database cannot be reached, refuses the query, or gives columns that
            are no plain values.
    """

    def __init__(self, query: SqlQuery) -> None:
        self._query = query
        opener: Any = AdbcResult if query.scheme in PACKAGES else AlchemyResult
        self._result = opener(query)
        schema = self._result.schema
        self.names: list[str] = schema.names
        try:
            self._uuids = {i for i, x in enumerate(schema) if _type_name(x) == "uuid"}
            self._refuse(schema)
            self.types = [_given_type(field) for field in schema]
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> SqlResult:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._result.close()

    def batches(self) -> Iterator[Any]:
        """Yield `pyarrow.RecordBatch`es of some thousand rows, in the order of the query.

        Raises:
            UnreadableError: the database breaks off, or gives text that is none.
        """
        import pyarrow as pa

        rows = 0
        for batch in self._result.batches():
            columns = [
                _as_uuids(column) if place in self._uuids else column
                for place, column in enumerate(map(_stored, batch.columns))
            ]
            for name, column in zip(self.names, columns, strict=True):
                self._check_text(name, column, rows)
            yield pa.RecordBatch.from_arrays(columns, self.names)
            rows += batch.num_rows

    def _refuse(self, schema: Any) -> None:
        """Refuse what has no one plain value a cell."""
        import pyarrow as pa

        for field in schema:
            name, kind, type_ = field.name, _type_name(field), _storage(field.type)
            what = step = ""
            if pa.types.is_nested(type_):
                what, step = f"`{name}` holds lists or structures", "a column for each value"
            elif pa.types.is_duration(type_) or "interval" in str(type_):
                what, step = f"`{name}` holds spans of time", f"extract(epoch FROM {name})"
            elif kind not in _READABLE:
                what, step = f"`{name}` is of the type `{kind}`", f"its text: {name}::text"
            if what:
                step = f"let data.source.query give {step}"
                raise UnreadableError(Problem(what, self._query.place, next_step=step))

    def _check_text(self, name: str, column: Any, start: int) -> None:
        """Refuse text that is not UTF-8, which SQLite and old servers keep."""
        import pyarrow as pa

        if not pa.types.is_string(column.type):
            return
        try:
            column.validate(full=True)
        except ValueError:
            cells = column.cast(pa.binary()).to_pylist()
            row, cell = next((i, x) for i, x in enumerate(cells, start + 1) if not _is_text(x))
            what = f"row {row:,} of `{name}` is not UTF-8 text"
            raise UnreadableError(Problem(what, self._query.place, repr(cell[:80]))) from None


def _type_name(field: Any) -> str:
    """Name the type of a column that Arrow has not, or has as an extension; empty: it is plain."""
    if hasattr(field.type, "extension_name"):  # of newer versions of Arrow and of the driver
        named = getattr(field.type, "type_name", field.type.extension_name)
        return str(named).removeprefix("arrow.")
    return (field.metadata or {}).get(_TYPE_NAME, b"").decode()


def _storage(type_: Any) -> Any:
    return type_.storage_type if hasattr(type_, "extension_name") else type_


def _given_type(field: Any) -> Any:
    import pyarrow as pa

    return pa.string() if _type_name(field) == "uuid" else _storage(field.type)


def _stored(column: Any) -> Any:
    """Give the values of a column of an extension type as they are stored."""
    return column.storage if hasattr(column.type, "extension_name") else column


def _is_text(cell: bytes | None) -> bool:
    try:
        (cell or b"").decode()
    except UnicodeDecodeError:
        return False
    return True


def _as_uuids(column: Any) -> Any:
    return encoded([str(uuid.UUID(bytes=x)) if x else "" for x in column.to_pylist()])
