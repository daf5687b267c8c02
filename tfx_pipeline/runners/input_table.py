"""The input table, looked at before anything heavy is imported."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tfx_pipeline.config.checks import check_config
from tfx_pipeline.config.data_test_checks import data_test_problems, parsed_expression
from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.config.path_checks import near_name
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.sections.label import LabelConfig
from tfx_pipeline.config.sections.source import SqlSource
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.errors import ConfigError, DataError, Problem
from tfx_pipeline.ingestion.checks.table_checks import check_table, unreadable
from tfx_pipeline.ingestion.columns.header import clean_names, left_out
from tfx_pipeline.ingestion.needs import (
    BadRowNeeds,
    LabelNeeds,
    SchemaType,
    TableNeeds,
    Use,
)
from tfx_pipeline.ingestion.quarantine.mended import FOLDER as MENDED
from tfx_pipeline.ingestion.quarantine.quarantine_file import FOLDER as QUARANTINE
from tfx_pipeline.ingestion.quarantine.quarantine_file import quarantine_place, write_quarantine
from tfx_pipeline.ingestion.quarantine.quarantined_row import QuarantinedRow
from tfx_pipeline.ingestion.quarantine.reading import quarantine_notes, read_usable, too_many
from tfx_pipeline.ingestion.reading.formats import UnreadableError
from tfx_pipeline.ingestion.reading.opened import opened_blocks
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.modules.features.kinds import use_of
from tfx_pipeline.modules.label_rule.rule import LabelRule
from tfx_pipeline.runners.column_cells import csv_format, number_use, spelled_columns
from tfx_pipeline.runners.data_tests import data_tests
from tfx_pipeline.runners.input_files import InputFiles, find_input_files
from tfx_pipeline.runners.sql_source import sql_query
from tfx_pipeline.storage.fileio import join


@dataclass(frozen=True)
class CheckedTable:
    """A table that can be used, and the rows that were put aside from it."""

    table: Table
    aside: Sequence[QuarantinedRow] = ()

    def keep_aside(self, root: str) -> str:
        """Write the rows that were put aside below the pipeline's root; give the place, or "".

        Raises:
            PlaceError: they cannot be written.
        """
        if not self.aside:
            return ""
        place = quarantine_place(root, self.table)
        write_quarantine(place, self.aside)
        return place


def checked_table(
    loaded: LoadedConfig, staging: Path | None = None, files: InputFiles | None = None
) -> Table:
    """Do what `check_rows` does, where rows that were put aside are not wanted."""
    return check_rows(loaded, staging, files).table


def check_rows(
    loaded: LoadedConfig,
    staging: Path | None = None,
    files: InputFiles | None = None,
    now_s: float | None = None,
) -> CheckedTable:
    """Look at the table, then compare the configuration with it.

    Args:
        loaded: the configuration.
        staging: folder in which a copy for ExampleGen is written on the way, see `read_table`.
        files: what `find_input_files` gave, where it was asked before.
        now_s: seconds since 1970, by which tests judge how old the rows are; none: it is now.

    Raises:
        ConfigError: there is no table, or the configuration does not fit it.
        DataError: it cannot be read, or its values cannot be used.
        PlaceError: the copy cannot be written.
    """
    config = loaded.config
    if tests := list(data_test_problems(loaded)):
        raise ConfigError(tests, f"{loaded.name} cannot be used")
    needs = table_needs(loaded, time.time() if now_s is None else now_s)
    title = f"{config.data.name} cannot be used; nothing was run"
    source = config.data.source
    if isinstance(source, SqlSource):
        query = sql_query(loaded, source)
        table = read_table(query.path, needs, staging=staging, query=query)
        _check_columns(loaded, table, title)
        if problems := check_table(table):
            raise DataError(problems, title)
        return CheckedTable(table)
    files = files or find_input_files(loaded)
    staging = staging if _has_columns(loaded, files) else None  # nothing is left of a refusal
    with _reading(files, title):
        table, aside = read_usable(files.path, needs, files.listed, staging, files.spans)
    table = replace(table, notes=(*files.notes, *table.notes, *quarantine_notes(aside)))
    _check_columns(loaded, table, title)
    if problems := too_many(table, aside):
        raise DataError(problems, title)
    rows = {file.path: file.rows for file in table.files}
    with _reading(files, title):
        problems = check_table(table)
    if problems := [*problems, *files.row_problems(rows)]:
        raise DataError(problems, title)
    duplicates = files.duplicates(rows)
    if duplicates and config.data.duplicate_files == "refuse":
        raise DataError(duplicates, title)
    notes = [f"{problem.place}: {problem.what}" for problem in duplicates]
    files.check_unchanged()
    return CheckedTable(replace(table, notes=(*table.notes, *notes)), aside)


def _check_columns(loaded: LoadedConfig, table: Table, title: str) -> None:
    """Make sure that it is a table, and compare the configuration with its columns.

    Raises:
        ConfigError: it does not fit them.
        DataError: it cannot be read.
    """
    if problems := unreadable(table):
        raise DataError(problems, title)
    check_config(loaded, table.header)


def _has_columns(loaded: LoadedConfig, files: InputFiles) -> bool:
    """Tell by the first file's header whether the configuration fits; else reading says why not."""
    for _, opened in opened_blocks(files.files[:1], table_needs(loaded).csv, None):
        try:
            names = clean_names(opened().header)
            skipped = left_out(names)
            check_config(loaded, [x for i, x in enumerate(names) if i not in skipped])
        except (UnreadableError, ConfigError, OSError):
            return False
    return True


def known_table(loaded: LoadedConfig, staging: Path | None = None) -> CheckedTable | None:
    """Look at the table as `check_rows` does; none: only a cluster reads it, from BigQuery.

    Raises:
        PipelineError: see `check_rows`; and the curated schema has not all columns.
    """
    source = loaded.config.data.source
    if source is None or source.kind != "bigquery":
        return check_rows(loaded, staging)
    file = str(loaded.config.data.schema_file)
    path = loaded.config.path(file)
    if not path.is_file():
        place = loaded.source.place(("data", "schema_file"))
        problem = Problem("no such schema file", place, file, next_step=near_name(path))
        raise ConfigError([problem], "the columns of the table are not known")
    check_config(loaded, list(_schema_types(loaded)))
    return None


@contextlib.contextmanager
def _reading(files: InputFiles, title: str) -> Iterator[None]:
    """Say why files cannot be read once more, which could be a moment ago."""
    try:
        yield
    except (UnreadableError, OSError) as error:
        files.check_unchanged()
        problem = os_problem(files.path, error) if isinstance(error, OSError) else error.problem
        raise DataError([problem], title) from error


def table_needs(loaded: LoadedConfig, now_s: float = 0.0) -> TableNeeds:
    """Say what the configuration needs of its table; `now_s`, see `check_rows`.

    Raises:
        ConfigError: the curated schema cannot be read.
    """
    config = loaded.config
    uses = _used_columns(config)
    used = {name: (path, use) for path, name, use in reversed(uses)}
    numbers = {name: path for path, name, use in reversed(uses) if use in ("number", "moment")}
    schema = _schema_types(loaded)
    for name in spelled_columns(config) - schema.keys():
        if name in used and used[name][1] == "category":
            used[name] = (used[name][0], "spelling")
    return TableNeeds(
        csv=csv_format(config),
        uses={name: use for name, (_, use) in used.items()},
        places={name: loaded.source.place(path) for name, (path, _) in used.items()},
        numbers={
            x: loaded.source.place(path) or ".".join(map(str, path)) for x, path in numbers.items()
        },
        label=_label_needs(loaded),
        schema=schema,
        split=config.data.split.needs,
        tests=data_tests(loaded, now_s),
        bad_rows=BadRowNeeds(
            config.data.on_bad_row == "quarantine",
            config.data.max_bad_share,
            join(config.root_uri, QUARANTINE, MENDED),
        ),
    )


def _label_needs(loaded: LoadedConfig) -> LabelNeeds | None:
    """Say what the label must be; None: its rule is none, and `check_config` says why."""
    label = loaded.config.label
    if label.rule and _parsed(label.rule) is None:
        return None
    place = loaded.source.place(("label", "rule" if label.rule else "column"))
    return LabelNeeds(label.column, label.task, label.rule, label.classes, place)


def _parsed(rule: str) -> LabelRule | None:
    try:
        return LabelRule.parse(rule)
    except ValueError:
        return None


def _used_columns(config: PipelineConfig) -> list[tuple[KeyPath, str, Use]]:
    """List where columns are used, and what for; of one column, the first counts."""
    used: list[tuple[KeyPath, str, Use]] = []
    use: Use
    for name, feature in config.features.items():
        used.append((("features", name), name, use_of(feature.model_dump())))
    used += _label_uses(config.label)
    for name, lookup in config.lookups.items():
        use = number_use(config, lookup.value)
        used.append((("lookups", name, "value"), lookup.value, use))
        used.append((("lookups", name, "key"), lookup.key, "category"))
    for group in config.evaluation.slices:
        used += [(("evaluation", "slices"), name, "category") for name in group]
    used += [(("data", "split", "columns"), name, "category") for name in config.data.split.columns]
    for position, test in enumerate(config.data.tests):
        if test.expression and (tested := parsed_expression(test.expression)):
            for name in sorted(tested.columns):
                use = "category" if name in tested.text_columns else "number"
                used.append((("data", "tests", position), name, use))
    return used


def _label_uses(label: LabelConfig) -> Iterator[tuple[KeyPath, str, Use]]:
    if label.rule is None:
        yield ("label", "column"), label.column, "category" if label.classes else "number"
    elif rule := _parsed(label.rule):  # else `check_config` says why
        for name in sorted(rule.columns):
            use: Use = "category" if name in rule.text_columns else "number"
            yield ("label", "rule"), name, use
    if label.weight_column:
        yield ("label", "weight"), label.weight_column, "number"


def _schema_types(loaded: LoadedConfig) -> dict[str, SchemaType]:
    """Read the types that the curated schema gives."""
    file = loaded.config.data.schema_file
    path = loaded.config.path(file) if file else None
    if path is None or not path.is_file():
        return {}  # `check_config` says that a file is missing
    from tensorflow_metadata.proto.v0 import schema_pb2

    from tfx_pipeline.ingestion.schema import parse_schema

    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError([os_problem(path, error)], "the schema cannot be used") from error
    schema = parse_schema(content, shown(path))
    names: dict[int, SchemaType] = {
        schema_pb2.INT: "INT",
        schema_pb2.FLOAT: "FLOAT",
        schema_pb2.BYTES: "BYTES",
    }
    return {x.name: names[x.type] for x in schema.feature if x.type in names}
