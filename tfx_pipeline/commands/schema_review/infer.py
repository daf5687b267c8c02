"""`schema infer`: write the schema that the data shows, for a person to review."""

from __future__ import annotations

import argparse
from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.commands.arguments import DEFAULT_CONFIG
from tfx_pipeline.commands.output import result_console
from tfx_pipeline.commands.schema_review.inputs import UNUSABLE, Inputs, unsent_columns
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError, ExitStatus, Problem
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown
from tfx_pipeline.ingestion.schema import SCHEMA_FILE
from tfx_pipeline.schemas.inference import infer_schema
from tfx_pipeline.schemas.text_patch import patched_text
from tfx_pipeline.storage.local_files import make_folder, write_atomically
from tfx_pipeline.wording import counted

_TITLE = """\
# Curated schema of {table}: reviewed like code, used to validate and to transform.
# Inferred from {rows}; loosen what this data only happened to have.
"""


def infer(options: argparse.Namespace) -> ExitStatus:
    """Write the schema.

    Raises:
        ConfigError: there is no table or no place for the schema, or one is there already.
        DataError: the table cannot be read.
    """
    loaded = None
    if options.config or not options.file:
        loaded = load_config(options.config or DEFAULT_CONFIG, options.env, options.overrides)
    inputs = Inputs(loaded, Path(), schema_pb2.Schema())
    output = _output(options, inputs)
    if output.exists() and not options.force:
        step = "see what differs: tfx-pipeline schema diff; or overwrite it: --force"
        problem = Problem("there is a schema already", shown(output), next_step=step)
        raise ConfigError([problem], "nothing was written")
    table = inputs.table(options.file).careful()
    unsent = unsent_columns(loaded.config, table.header) if loaded else None
    schema = infer_schema(table, unsent, with_ranges=options.ranges)
    rows = table.rows or 0
    name = options.file or (loaded.config.data.path if loaded else "")
    title = _TITLE.format(table=name, rows=counted(rows, "row"))
    text = patched_text(title, schema)
    assert text_format.Parse(text, schema_pb2.Schema()) == schema
    try:
        make_folder(output.parent)
        write_atomically(output, text)
    except OSError as error:
        raise ConfigError([os_problem(output, error, "written")], "nothing was written") from error
    columns = counted(len(schema.feature), "column")
    console = result_console()
    console.out(f"{shown(output)}: {columns} of {counted(rows, 'row')}")
    if loaded and loaded.config.data.schema_file is None:
        console.out(f"read it, then name it in {loaded.name}: data.schema_file: {shown(output)}")
    return ExitStatus.OK


def _output(options: argparse.Namespace, inputs: Inputs) -> Path:
    """Say where the schema goes: where the configuration looks for it, if nothing else is said."""
    if options.output:
        return Path(options.output)
    config = inputs.config
    if config is None:
        problem = Problem("where to is not said", next_step="name a file: -o schema.pbtxt")
        raise ConfigError([problem], UNUSABLE)
    return config.path(config.data.schema_file or f"schema/{config.name}/{SCHEMA_FILE}")
