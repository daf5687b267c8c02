"""Tables and schemas that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.ingestion.needs import SchemaType, TableNeeds, Use
from tfx_pipeline.schemas.typed_columns import TypedTable, open_table

TYPES: dict[int, SchemaType] = {1: "BYTES", 2: "INT", 3: "FLOAT"}


def schema_of(text: str) -> schema_pb2.Schema:
    return text_format.Parse(text, schema_pb2.Schema())


def table_of(path: Path, schema: schema_pb2.Schema, **uses: Use) -> TypedTable:
    """Open a file with the types of a schema."""
    types = {x.name: TYPES[x.type] for x in schema.feature if x.type in TYPES}
    return open_table(path, TableNeeds(schema=types, uses=uses))
