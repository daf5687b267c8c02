"""The text proto of a schema, shipped and broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.ingestion.schema_file import parse_schema


def test_parse_schema_of_the_shipped_file_gives_its_columns(repository: Path) -> None:
    content = (repository / "schema/taxi/schema.pbtxt").read_bytes()
    schema = parse_schema(content, "schema.pbtxt")
    assert len(schema.feature) == 18
    assert {feature.name for feature in schema.feature} >= {"fare", "tips", "company"}


@pytest.mark.parametrize("content", [b"name: taxi\n", b"\xff\xfe", b"feature { nome: 1 }"])
def test_parse_schema_of_another_file_names_it(content: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_schema(content, "gs://bucket/schema.pbtxt")
    assert "gs://bucket/schema.pbtxt: not a schema" in str(caught.value)
    assert "allowed  a tensorflow_metadata Schema as text proto" in str(caught.value)
