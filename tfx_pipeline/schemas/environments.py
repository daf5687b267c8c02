"""Environments: which columns a schema asks for where, by TensorFlow Metadata's rules.

Terms:
    TRAINING: the rows that a pipeline reads; they have the label.
    SERVING: the rows that callers send.
"""

from __future__ import annotations

from tensorflow_metadata.proto.v0 import schema_pb2

TRAINING = "TRAINING"
SERVING = "SERVING"

_PASSED_OVER = (
    schema_pb2.PLANNED,
    schema_pb2.ALPHA,
    schema_pb2.DEPRECATED,
    schema_pb2.DEBUG_ONLY,
    schema_pb2.DISABLED,
)


def known_environments(schema: schema_pb2.Schema) -> list[str]:
    """Name the environments that a schema knows: TFDV takes no other one."""
    return list(dict.fromkeys(schema.default_environment))


def is_in_environment(
    feature: schema_pb2.Feature, schema: schema_pb2.Schema, environment: str | None
) -> bool:
    """Say whether rows of an environment have a column; without one, all have it."""
    if environment is None or environment in feature.in_environment:
        return True
    if environment in feature.not_in_environment:
        return False
    return environment in schema.default_environment


def is_passed_over(feature: schema_pb2.Feature) -> bool:
    """Say whether nothing is asked of a column, by its stage of life."""
    return feature.deprecated or feature.lifecycle_stage in _PASSED_OVER


def is_required(
    feature: schema_pb2.Feature, schema: schema_pb2.Schema, environment: str | None
) -> bool:
    """Say whether an environment's rows must have a value of this column somewhere."""
    presence = feature.presence
    if is_passed_over(feature) or (presence.min_count <= 0 and presence.min_fraction <= 0):
        return False
    return is_in_environment(feature, schema, environment)


def training_environment(schema: schema_pb2.Schema) -> str | None:
    """Give `TRAINING` where the schema knows it; none: a pipeline's rows have all columns."""
    return TRAINING if TRAINING in known_environments(schema) else None
