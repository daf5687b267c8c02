"""The schema of the table, read as a run of its configuration will read it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.config.loader import LoadedConfig
from tfx_pipeline.errors import DataError
from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.ingestion.needs import SchemaType
from tfx_pipeline.runners.input_table import check_rows, table_needs
from tfx_pipeline.schemas.conversions import NotPlainError
from tfx_pipeline.schemas.typed_columns import TypedTable, open_table, read_before
from tfx_pipeline.tables.plan import TablePlan
from tfx_pipeline.tables.sample_file import write_sample
from tfx_pipeline.tables.table_sample import TableSample
from tfx_pipeline.tables.writing.schema_text import planned_schema, schema_text

_MOST_CELLS = 8_000_000
"""Of a table that is read to its end: about 5 s on an idle core."""
_SAMPLE_CELLS = 1_000_000
_SCHEMA_TYPES: dict[ColumnType, SchemaType] = {
    "int64": "INT",
    "float32": "FLOAT",
    "string": "BYTES",
}


def schema_of(loaded: LoadedConfig, plan: TablePlan, sample: TableSample) -> str:
    """Write the schema of a table; one that is small is checked as well, as a run checks it.

    Args:
        loaded: the configuration, which names no curated schema yet.
        plan: what was decided.
        sample: rows of the table, which will do where it is large.

    Raises:
        DataError: the table is one that a run refuses.
    """
    if plan.rows * len(plan.columns) <= _MOST_CELLS:
        try:
            table = check_rows(loaded).table
        except DataError as error:
            raise DataError(error.problems, "nothing was written") from error
        schema = _inferred(read_before(table), loaded, is_sample=False)
        return schema_text(schema, plan.table, table.rows, is_sample=False)
    with tempfile.TemporaryDirectory() as folder:
        file = write_sample(sample, Path(folder), _SAMPLE_CELLS)
        needs = table_needs(loaded)
        csv = replace(needs.csv, delimiter=",", quote='"', encoding="utf-8", comment=None, names=())
        rows = open_table(file, replace(needs, label=None, csv=csv)).careful()
        schema = _inferred(rows, loaded, is_sample=True)
        return schema_text(schema, plan.table, rows.rows or 0, is_sample=True)


def _inferred(table: TypedTable, loaded: LoadedConfig, *, is_sample: bool) -> schema_pb2.Schema:
    """Infer the schema, from plain columns where the cells are plain: that is far faster."""
    needs = table.needs
    types = {name: _SCHEMA_TYPES[type_] for name, type_ in table.types.items()}
    plain = replace(table, needs=replace(needs, schema=types), read=None)
    try:
        return planned_schema(plain, loaded.config, needs.uses, is_sample=is_sample)
    except (NotPlainError, DataError):  # such as rows that are put aside
        return planned_schema(table, loaded.config, needs.uses, is_sample=is_sample)
