"""From the command line to the plan of a job."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.processes.this_process import program

if TYPE_CHECKING:
    from tfx_pipeline.batch.job import JobPlan
    from tfx_pipeline.batch.models import BatchModel
    from tfx_pipeline.ingestion.needs import CsvFormat
    from tfx_pipeline.ingestion.reading.sql.query import SqlQuery

_UNUSABLE = "the command line cannot be used"
_SQL = re.compile(r"\s*(SELECT|WITH|VALUES|TABLE)\s", re.IGNORECASE)


def job_plan(options: argparse.Namespace, words: Sequence[str]) -> JobPlan:
    """Make the plan.

    Raises:
        ConfigError: the words cannot be used, or the configuration, the model or the input is not
            there.
    """
    from tfx_pipeline.batch.job import JobPlan
    from tfx_pipeline.batch.opening.files import input_files

    model, csv = _model(options, words)
    query = _query(options)
    files = () if query else input_files(options.input)
    again = [program(), *words, *([] if options.resume else ["--resume"])]
    return JobPlan(
        model=model,
        output=Path(options.output),
        files=files,
        query=query,
        written=options.format,
        engine=options.engine,
        kept=options.keep,
        id_column=options.id,
        may_lack=options.allow_missing,
        csv=csv,
        resumes=options.resume,
        resume_command=shlex.join(again),
        beam_options=_beam_options(options, words) if options.engine == "beam" else (),
    )


def _model(options: argparse.Namespace, words: Sequence[str]) -> tuple[BatchModel, CsvFormat]:
    """Find the model, and how its tables are written.

    A model that is named by its folder needs no configuration; one that is given says how.
    """
    from tfx_pipeline.batch.models import find_model
    from tfx_pipeline.deployment.model_versions import versions_on_disk
    from tfx_pipeline.ingestion.needs import CsvFormat
    from tfx_pipeline.serving.models.model_files import SAVED_MODEL_FILE

    csv, name = CsvFormat(), ""
    if options.model and not _says_config(words):
        base = Path(options.model)
    else:
        from tfx_pipeline.commands.asking.served_model import find_served_model
        from tfx_pipeline.runners.column_cells import csv_format

        served = find_served_model(options)
        csv = csv_format(served.config)
        base = Path(options.model) if options.model else served.base
        if not options.model:
            served.versions()
            name = served.name
    if (base / SAVED_MODEL_FILE).is_file():
        return find_model(base, name), csv
    versions = versions_on_disk(base)
    number = options.version or max(versions, default=0)
    if number not in versions:
        there = ", ".join(map(str, versions)) or "none"
        what = f"no version {number} of the model is there" if number else "no model is there"
        problem = Problem(what, str(base), there, "a folder of versions, or of one of them")
        raise ConfigError([problem], "the model cannot be used")
    return find_model(versions[number], name or base.name), csv


def _says_config(words: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in ("--config", "--set", "--env") for word in words)


def _beam_options(options: argparse.Namespace, words: Sequence[str]) -> tuple[str, ...]:
    """Give the options of the engine of Beam that the configuration names, which is there.

    Raises:
        ConfigError: it is not, or its workers cannot see the output folder.
    """
    if options.model and not _says_config(words):
        return ()
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.pipeline.beam_options import all_beam_options, beam_engine
    from tfx_pipeline.runners.beam.engine_check import check_engine

    config = load_config(options.config, options.env, options.overrides).config
    found = all_beam_options(config)
    if (engine := beam_engine(found)) == "dataflow":
        allowed = "in_process, prism, flink, spark: workers that see the folder of --output"
        problem = Problem(
            "its workers do not see the folders of this machine",
            "environment.beam.engine",
            engine,
            allowed,
            "TFX's BulkInferrer as a step of your own, over examples on gs://",
        )
        raise ConfigError([problem], "the rows cannot be answered there")
    check_engine(config)
    return found


def _query(options: argparse.Namespace) -> SqlQuery | None:
    """Read the input as SQL, where a database is named, or it looks like that; None: it is files.

    Raises:
        ConfigError: there is no such database, or none is named.
    """
    text = options.input[0]
    if not options.database:
        if len(options.input) == 1 and _SQL.match(text) and not Path(text).exists():
            return _query_of_configuration(options, text)
        return None
    if len(options.input) > 1:
        problem = Problem("one query is needed", None, f"{len(options.input)} words", "in quotes")
        raise ConfigError([problem], _UNUSABLE)
    from pydantic import ValidationError

    from tfx_pipeline.config.sections.source import SqlSource

    try:
        source = SqlSource(kind="sql", url=options.database, query=text)
    except ValidationError as error:
        words = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise ConfigError([Problem(words, "--database")], _UNUSABLE) from None
    return _as_query(_absolute(source.url), text, options.password_env)


def _query_of_configuration(options: argparse.Namespace, text: str) -> SqlQuery:
    from tfx_pipeline.config.loader import load_config
    from tfx_pipeline.config.sections.source import SqlSource
    from tfx_pipeline.runners.sql_source import sql_query

    loaded = load_config(options.config, options.env, options.overrides)
    source = loaded.config.data.source
    if not isinstance(source, SqlSource):
        step = "--database URL, or data.source in the configuration"
        problem = Problem("no database is named for this query", None, text, next_step=step)
        raise ConfigError([problem], _UNUSABLE)
    asked = source.model_copy(update={"query": text, "table": None})
    return replace(sql_query(loaded, asked), place="--input")


def _absolute(url: str) -> str:
    """Let the path of a file of SQLite begin at the working folder."""
    parts = urlsplit(url)
    if parts.scheme.lower() != "sqlite":
        return url
    path = Path.cwd() / unquote(parts.path).removeprefix("/")
    if not path.is_file():
        allowed = "sqlite:///file from here on, or sqlite:////folder/file"
        raise ConfigError([Problem("no such file", "--database", str(path), allowed)], _UNUSABLE)
    return f"sqlite:///{path}"


def _as_query(url: str, text: str, password_env: str | None) -> SqlQuery:
    from tfx_pipeline.ingestion.reading.sql.query import SqlQuery

    password = ""
    if password_env:
        if password_env not in os.environ:
            step = f"export {password_env}=…, without it being kept in the shell's history"
            problem = Problem(
                "this variable is not set", "--password-env", password_env, None, step
            )
            raise ConfigError([problem], _UNUSABLE)
        password = os.environ[password_env]
    return SqlQuery(url, text, "query", "--input", password)
