"""The text proto of a schema, shipped and broken, and how a schema differs from another."""

from __future__ import annotations

from pathlib import Path

import pytest
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.errors import ConfigError
from tfx_pipeline.ingestion.schema import parse_schema, schema_differences

CURATED = """
feature { name: "fare" type: FLOAT float_domain { min: 0 max: 100 disallow_nan: true } }
feature { name: "pay" type: BYTES domain: "pay" presence { min_fraction: 1 } }
string_domain { name: "pay" value: "Cash" value: "Card" }
"""


def schema(text: str) -> schema_pb2.Schema:
    return parse_schema(text.encode(), "schema.pbtxt")


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


def test_schema_differences_names_columns_types_and_values() -> None:
    inferred = schema(
        'feature { name: "fare" type: INT } feature { name: "new" type: INT }'
        'feature { name: "pay" type: BYTES domain: "pay" }'
        'string_domain { name: "pay" value: "Cash" value: "Gold" }'
    )
    curated = schema(CURATED + 'feature { name: "old" type: INT }')
    assert list(schema_differences(inferred, curated)) == [
        "`new` is in the data, not in the curated schema",
        "`old` is in the curated schema, without any value in the data",
        "`fare` looks like INT, the curated schema says FLOAT",
        "`pay` has values that the curated schema does not allow: 'Gold'",
        "`pay` never has these values that the curated schema allows: 'Card'",
    ]


def test_schema_differences_of_equal_schemas_are_none() -> None:
    assert list(schema_differences(schema(CURATED), schema(CURATED))) == []
