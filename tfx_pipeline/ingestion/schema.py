"""Schemas: the text proto that people curate and artifacts hold, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.wording import listed

SCHEMA_FILE = "schema.pbtxt"
"""Its name in a Schema artifact."""


def parse_schema(content: bytes, place: str) -> schema_pb2.Schema:
    """Read the content of a file, which is called `place` in messages.

    Raises:
        ConfigError: it is none.
    """
    try:
        return text_format.Parse(content, schema_pb2.Schema())
    except (text_format.ParseError, UnicodeDecodeError) as error:
        allowed = "a tensorflow_metadata Schema as text proto"
        problem = Problem("not a schema", place, str(error), allowed)
        raise ConfigError([problem], "the schema cannot be used") from error


def schema_differences(inferred: schema_pb2.Schema, curated: schema_pb2.Schema) -> Iterator[str]:
    """Say where a curated schema asks for something else than the data shows."""
    in_data = {feature.name: feature for feature in inferred.feature}
    in_file = {feature.name: feature for feature in curated.feature}
    for name in sorted(in_data.keys() - in_file.keys()):
        yield f"`{name}` is in the data, not in the curated schema"
    for name in sorted(in_file.keys() - in_data.keys()):
        yield f"`{name}` is in the curated schema, without any value in the data"
    for name in sorted(in_data.keys() & in_file.keys()):
        here, there = in_data[name], in_file[name]
        if here.type != there.type:
            kinds = [schema_pb2.FeatureType.Name(feature.type) for feature in (here, there)]
            yield f"`{name}` looks like {kinds[0]}, the curated schema says {kinds[1]}"
        allowed, known = allowed_strings(there, curated), allowed_strings(here, inferred)
        if allowed is None or known is None:
            continue
        if found := [repr(value) for value in sorted(known - allowed)]:
            yield f"`{name}` has values that the curated schema does not allow: {listed(found)}"
        if found := [repr(value) for value in sorted(allowed - known)]:
            yield f"`{name}` never has these values that the curated schema allows: {listed(found)}"


def allowed_strings(
    feature: schema_pb2.Feature, schema: schema_pb2.Schema
) -> frozenset[str] | None:
    """Give the strings that a feature may have, its own or those it shares; None: any."""
    if feature.WhichOneof("domain_info") == "string_domain":
        return frozenset(feature.string_domain.value)
    for domain in schema.string_domain:
        if domain.name == feature.domain:
            return frozenset(domain.value)
    return None
