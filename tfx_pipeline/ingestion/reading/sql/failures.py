"""What a database or its driver says, as a problem of the configuration; never with a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, quote_plus

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.wording import counted

_STATUS = re.compile(r"\A[A-Z_]+: ")  # of ADBC
_DRIVER = re.compile(
    r"\A(\[\w+\] )?(Failed to (prepare|execute) query( '.*?')?: )?(could not begin COPY: )?",
    re.DOTALL,
)
_ECHO = re.compile(r"(\n\nQuery was:|\nquery: ).*\Z", re.DOTALL)
_STATE = re.compile(r"\.? SQLSTATE: \w{5}\Z")


@contextmanager
def told(query: SqlQuery, what: str) -> Iterator[None]:
    """Turn whatever goes wrong inside into a problem: `what`, and the database's own words.

    Raises:
        UnreadableError: something went wrong. It has no cause: that may hold the password.
    """
    try:
        yield
    except UnreadableError:
        raise
    except Exception as error:  # each driver has its own, and Arrow those of streams
        said = getattr(error, "orig", None) or error  # without SQLAlchemy's words around it
        problem = Problem(f"{what}: {words(query, _said(said))}", query.place)
        raise UnreadableError(problem) from None


def broken_off(query: SqlQuery, rows: int, error: Exception) -> UnreadableError:
    """Say that a query failed when some rows had come already."""
    said = words(query, _said(getattr(error, "orig", None) or error))
    what = f"the query failed after {counted(rows, 'row')}: {said}"
    step = "run again: nothing was kept of these rows"
    return UnreadableError(Problem(what, query.place, next_step=step))


def _said(error: BaseException) -> str:
    """Give an error's text; drivers of Python's DB-API put a number before it."""
    last = error.args[-1] if error.args else ""
    return last if isinstance(last, str) and len(error.args) == 2 else str(error)


def words(query: SqlQuery, said: str) -> str:
    """Give a database's own words without the query, which the user knows, and the password."""
    said = _STATE.sub("", _ECHO.sub("", _DRIVER.sub("", _STATUS.sub("", said.strip()))).strip())
    password = query.password
    spellings = {password, quote(password, safe=""), quote_plus(password), repr(password)[1:-1]}
    for secret in sorted(filter(None, spellings), key=len, reverse=True):
        said = said.replace(secret, "…")
    return said.strip()


def missing_package(query: SqlQuery, package: str) -> UnreadableError:
    """Say what must be installed to read this database."""
    what = f"reading {query.scheme}:// needs the package `{package}`, which is not installed"
    return UnreadableError(Problem(what, query.place, next_step="pip install 'tfx-pipeline[sql]'"))
