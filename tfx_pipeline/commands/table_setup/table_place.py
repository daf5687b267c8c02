"""Where the table is that the command line names, and what it is called."""

from __future__ import annotations

import argparse
import contextlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tfx_pipeline.config.loader import LoadedConfig, loaded_text
from tfx_pipeline.config.sections.source import SqlSource
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.reading.sql.query import SqlQuery
from tfx_pipeline.ingestion.spans.pattern import has_specs
from tfx_pipeline.runners.input_files import choose_files
from tfx_pipeline.runners.sql_source import sql_query
from tfx_pipeline.storage.fileio import is_uri
from tfx_pipeline.tables.writing.yaml_values import flow_text

UNUSABLE = "nothing was written"
_SUFFIX = re.compile(
    r"\.(csv|tsv|tab|txt|parquet|pq|tfrecords?|db|sqlite3?)(\.(gz|bz2|xz|zst))?", re.IGNORECASE
)
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LONGEST = 63


@dataclass(frozen=True)
class TablePlace:
    """A table that can be read.

    Attributes:
        setting: how `data` names it: `path`, or `source`.
        path: of the file or folder; of a query, what its rows are called.
        files: those of the table, where `path` is a pattern; empty: `path` says which.
        query: gives the rows instead of files.
        word: by which it is called if nobody says a name.
    """

    setting: dict[str, Any]
    path: Path
    files: tuple[Path, ...]
    query: SqlQuery | None
    word: str


def find_table(options: argparse.Namespace, root: Path) -> TablePlace:
    """Find the table of the command line, from the project's root on.

    Raises:
        ConfigError: there is none, or nobody can say where it is.
        DataError: a span of it cannot be used.
    """
    is_query = options.table or options.query
    if is_uri(options.data):
        if not is_query:
            step = "name a table of the database: --table NAME, or --query 'SELECT …'"
            problem = Problem("which rows of the database?", options.data, next_step=step)
            raise ConfigError([problem], UNUSABLE)
        return _of_database(options, root)
    if is_query or options.password_env:
        allowed = "a URL, e.g. postgresql://user@host/database or sqlite:///file"
        problem = Problem("only a database is asked a query", options.data, allowed=allowed)
        raise ConfigError([problem], UNUSABLE)
    text = _path_setting(options.data, root)
    with _told():
        chosen = choose_files(_only_data({"path": text}, root))
    files = () if chosen.path.exists() else chosen.files
    return TablePlace({"path": text}, chosen.path, files, None, _word_of(text, chosen.path))


def pipeline_name(place: TablePlace, given: str | None) -> str:
    """Give the name of the pipeline: that which is given, or one made of the table's.

    Raises:
        ConfigError: the given one is none.
    """
    if given is None:
        return valid_name(place.word)
    if not _NAME.fullmatch(given):
        allowed = (
            "lower-case letters of English, digits, `_` and `-`, with a letter first; 63 at most"
        )
        step = f"--name {valid_name(given)}"
        raise ConfigError([Problem("no name", "--name", given, allowed, step)], UNUSABLE)
    return given


def valid_name(text: str) -> str:
    """Make a name of a text: `Häuser 2024.csv` becomes `hauser_2024`."""
    while found := _SUFFIX.search(text):
        if found.end() != len(text):
            break
        text = text[: found.start()]
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9-]+", "_", plain).strip("_-")
    if not name[:1].isalpha():
        name = f"table_{name}".rstrip("_")
    return name[:_LONGEST].rstrip("_-")


def _word_of(text: str, path: Path) -> str:
    """Give the last part of a path that is no pattern."""
    if path.exists():
        return path.resolve().name
    parts = [x for x in Path(text).parts[:-1] if not has_specs(x) and not set(x) & set("*?[")]
    return parts[-1] if parts else "table"


def _path_setting(data: str, root: Path) -> str:
    """Write a path as the configuration has it: from the root on if it lies there, else whole."""
    path = Path(data)
    if not path.exists():
        try:
            path = path.expanduser()
        except RuntimeError:  # there is no such user, or no home
            path = Path(data)
    whole = path if path.is_absolute() else root / path
    for base in (root, root.resolve()):
        if whole.is_relative_to(base) and ".." not in whole.parts:
            return whole.relative_to(base).as_posix()
    return str(whole.resolve()) if whole.exists() else str(whole)


def _of_database(options: argparse.Namespace, root: Path) -> TablePlace:
    rows = {"table": options.table} if options.table else {"query": options.query}
    password = {"password_env": options.password_env} if options.password_env else {}
    setting = {"source": {"kind": "sql", "url": options.data, **rows, **password}}
    with _told():
        loaded = _only_data(setting, root)
        source = loaded.config.data.source
        assert isinstance(source, SqlSource)
        asked = "--table" if options.table else "--query"
        query = replace(sql_query(loaded, source), place=asked)
    word = (options.table or "query").rpartition(".")[2]
    return TablePlace(setting, query.path, (), query, word)


def _only_data(setting: dict[str, Any], root: Path) -> LoadedConfig:
    """Give a configuration that says where the table is, and nothing else that is true.

    Raises:
        ConfigError: it cannot be there.
    """
    text = (
        f"{{name: init, data: {flow_text(setting)}, label: {{column: x, task: regression}},"
        " features: {y: numeric}}"
    )
    return loaded_text(text, root / "configs" / "init", "DATA")


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Say that it is the command line that is wrong, for there is no file yet."""
    try:
        yield
    except ConfigError as error:
        problems = [replace(problem, place="DATA") for problem in error.problems]
        raise ConfigError(problems, UNUSABLE) from error
