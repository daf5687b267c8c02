"""The curated schema and the table that an action is about."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.commands.arguments import DEFAULT_CONFIG
from tfx_pipeline.config.loader import LoadedConfig, load_config
from tfx_pipeline.config.path_checks import table_pattern
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.needs import SchemaType, TableNeeds
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown
from tfx_pipeline.ingestion.schema import parse_schema
from tfx_pipeline.runners.input_files import choose_files
from tfx_pipeline.runners.input_table import table_needs
from tfx_pipeline.runners.sql_source import sql_query
from tfx_pipeline.schemas.inference import infer_schema
from tfx_pipeline.schemas.typed_columns import TypedTable, open_table
from tfx_pipeline.wording import nearest

UNUSABLE = "the command line cannot be used"
_TYPES: dict[int, SchemaType] = {
    schema_pb2.INT: "INT",
    schema_pb2.FLOAT: "FLOAT",
    schema_pb2.BYTES: "BYTES",
}


@dataclass(frozen=True)
class Inputs:
    """What an action works with.

    Attributes:
        loaded: the configuration; none where a schema is named by itself.
        schema_file: the curated schema.
        schema: what it says.
    """

    loaded: LoadedConfig | None
    schema_file: Path
    schema: schema_pb2.Schema

    @property
    def config(self) -> PipelineConfig | None:
        """The configuration, if there is one."""
        return self.loaded.config if self.loaded else None

    def table(self, file: str | None, schema: schema_pb2.Schema | None = None) -> TypedTable:
        """Open a table: a file or folder, or that of the configuration.

        Raises:
            DataError: there is none, or it cannot be read.
            ConfigError: no table is named.
        """
        needs = self._needs(schema or self.schema)
        if file is not None:
            path, files = _located(Path(file))
            return open_table(path, needs, files)
        if self.loaded is None:
            step = "name a file, or a configuration by --config"
            raise ConfigError([Problem("there is no table", next_step=step)], UNUSABLE)
        source = self.loaded.config.data.source
        if source is None:
            chosen = choose_files(self.loaded)
            return open_table(chosen.path, needs, chosen.files)
        if source.kind == "sql":
            query = sql_query(self.loaded, source)
            return open_table(query.path, needs, query=query)
        step = "name a file, e.g. of rows that BigQuery exported"
        problem = Problem("only a cluster reads BigQuery", self.loaded.name, next_step=step)
        raise ConfigError([problem], UNUSABLE)

    def inferred(self, file: str | None) -> schema_pb2.Schema:
        """Say what the table shows, whatever the curated schema says of it.

        Raises:
            DataError: it cannot be read.
        """
        config = self.config
        table = self.table(file, schema_pb2.Schema()).careful()
        return infer_schema(table, unsent_columns(config, table.header) if config else None)

    def _needs(self, schema: schema_pb2.Schema) -> TableNeeds:
        types = {x.name: _TYPES[x.type] for x in schema.feature if x.type in _TYPES}
        # The label of every row is not computed: no rule of a schema asks for it.
        needs = replace(table_needs(self.loaded), label=None) if self.loaded else TableNeeds()
        return replace(needs, schema=types)


def find_inputs(options: argparse.Namespace) -> Inputs:
    """Find the schema that the command line names, else that of the configuration.

    Raises:
        ConfigError: there is none, or it cannot be read.
    """
    loaded = None
    if options.config or not options.schema:
        loaded = load_config(options.config or DEFAULT_CONFIG, options.env, options.overrides)
    if options.schema:
        file = Path(options.schema)
    elif loaded and loaded.config.data.schema_file:
        file = loaded.config.path(loaded.config.data.schema_file)
    else:
        step = "write one: tfx-pipeline schema infer; then name it there, or by --schema"
        place = f"{loaded.name if loaded else ''}: data.schema_file"
        raise ConfigError([Problem("there is no curated schema", place, next_step=step)], UNUSABLE)
    return Inputs(loaded, file, read_schema(file))


def read_schema(file: Path) -> schema_pb2.Schema:
    """Read a schema.

    Raises:
        ConfigError: it cannot be read, or is none.
    """
    try:
        return parse_schema(file.read_bytes(), shown(file))
    except OSError as error:
        raise ConfigError([os_problem(file, error)], "the schema cannot be used") from error


def is_schema(name: str) -> bool:
    """Tell a schema from a table by its name."""
    return name.lower().endswith((".pbtxt", ".textproto"))


def unsent_columns(config: PipelineConfig, header: Sequence[str]) -> list[str]:
    """Name the columns that callers of the model do not send: the label, and what nothing uses."""
    return [name for name in header if name not in config.raw_features]


def _located(path: Path) -> tuple[Path, tuple[Path, ...]]:
    """Give the path of a table, and its files where it is a pattern."""
    if path.exists():
        return path, ()
    files = tuple(table_pattern(path) or ())
    if not files:
        near = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
        problem = Problem("no such file or folder", shown(path), next_step=nearest(path.name, near))
        raise ConfigError([problem], UNUSABLE)
    return path, files
