"""The query of `data.source`: with the password, and the file of SQLite found."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.path_checks import near_name
from tfx_pipeline.config.sections.source import SqlSource
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery, quoted
from tfx_pipeline.ingestion.reading.table_files import os_problem

_TITLE = "the database of data.source cannot be asked"
_BACKQUOTES = ("mysql", "mariadb")


def sql_query(loaded: LoadedConfig, source: SqlSource) -> SqlQuery:
    """Say what to ask which database.

    Raises:
        ConfigError: the file of SQLite is not there, or the password is not where it should be.
    """
    url = source.url
    if url.lower().startswith("sqlite:"):
        url = f"sqlite:///{quote(str(_sqlite_file(loaded, source)))}"
    text, field, name = source.query or "", "query", "query"
    if source.table:
        mark = "`" if url.startswith(_BACKQUOTES) else '"'
        parts = ".".join(quoted(part, mark) for part in source.table.split("."))
        text, field, name = f"SELECT * FROM {parts}", "table", source.table
    place = loaded.source.place(("data", "source", field))
    return SqlQuery(url, text, name, place, _password(loaded, source))


def _sqlite_file(loaded: LoadedConfig, source: SqlSource) -> Path:
    """Find the file: `sqlite:///` begins at the project's root, `sqlite:////` at the system's."""
    parts = urlsplit(source.url)
    said = unquote(parts.path).removeprefix("/")
    path = loaded.config.path(said) if said else None
    place = loaded.source.place(("data", "source", "url"))
    allowed = "sqlite:///file from the project's root on, or sqlite:////folder/file"
    if parts.netloc or parts.query or path is None:
        problem = Problem("not the URL of a file of SQLite", place, source.url, allowed)
        raise ConfigError([problem], _TITLE)
    if not path.is_file():
        is_there = Path(f"/{said}").is_file()
        near = f"did you mean sqlite:////{said}?" if is_there else near_name(path)
        problem = Problem("no such file", place, str(path), allowed, near)
        raise ConfigError([problem], _TITLE)
    return path


def _password(loaded: LoadedConfig, source: SqlSource) -> str:
    if source.password_env:
        if source.password_env not in os.environ:
            place = loaded.source.place(("data", "source", "password_env"))
            step = f"export {source.password_env}=…, without it being kept in the shell's history"
            problem = Problem("this variable is not set", place, source.password_env, None, step)
            raise ConfigError([problem], _TITLE)
        return os.environ[source.password_env]
    if not source.password_file:
        return ""
    file = loaded.config.path(source.password_file)
    try:
        return file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ConfigError([os_problem(file, error)], _TITLE) from error
    except UnicodeDecodeError:
        problem = Problem("the password is no text in UTF-8", str(file))
        raise ConfigError([problem], _TITLE) from None
