"""The file of a schema: the text proto that people curate, and that artifacts hold."""

from __future__ import annotations

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.errors import ConfigError, Problem

SCHEMA_FILE = "schema.pbtxt"
"""Its name in a Schema artifact."""


def parse_schema(content: bytes, place: str) -> schema_pb2.Schema:
    """Read a schema.

    Args:
        content: of the file.
        place: what the file is called in messages.

    Raises:
        ConfigError: it is none.
    """
    try:
        return text_format.Parse(content, schema_pb2.Schema())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        allowed = "a tensorflow_metadata Schema as text proto"
        problem = Problem("not a schema", place, str(error), allowed)
        raise ConfigError([problem], "the schema cannot be used") from error
