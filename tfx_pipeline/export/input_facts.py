"""What a caller should know of each input: from the description, the schema, and people's words."""

from __future__ import annotations

from collections.abc import Mapping

from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.export.facts import InputFacts
from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.model_description import ModelDescription

_MOST_VALUES = 1000
_NUMBERS = ("float_domain", "int_domain")


def input_facts(
    description: ModelDescription,
    schema: schema_pb2.Schema | None = None,
    words: Mapping[str, tuple[str, str]] | None = None,
) -> tuple[InputFacts, ...]:
    """Give the facts of each column of a description.

    Args:
        description: of the model.
        schema: of the raw columns; None: it is not known.
        words: meaning and unit by column, each "" where nobody said it; None: nobody did.
    """
    features = {x.name: x for x in schema.feature} if schema is not None else {}
    said = words or {}
    return tuple(
        _facts(column, features.get(column.name), schema, *said.get(column.name, ("", "")))
        for column in description.columns
    )


def _facts(
    column: Column,
    feature: schema_pb2.Feature | None,
    schema: schema_pb2.Schema | None,
    meaning: str,
    unit: str,
) -> InputFacts:
    if feature is None or schema is None:
        return InputFacts(column.name, column.type, unit=unit, meaning=meaning)
    kind = feature.WhichOneof("domain_info")
    bounds = getattr(feature, kind) if kind in _NUMBERS else None
    return InputFacts(
        column.name,
        column.type,
        required=feature.presence.min_fraction >= 1,
        unit=unit,
        meaning=meaning,
        low=float(bounds.min) if bounds is not None and bounds.HasField("min") else None,
        high=float(bounds.max) if bounds is not None and bounds.HasField("max") else None,
        values=tuple(_values(feature, schema)[:_MOST_VALUES]) if column.type == "string" else (),
    )


def _values(feature: schema_pb2.Feature, schema: schema_pb2.Schema) -> list[str]:
    """List the texts that the schema allows, in its order."""
    if feature.WhichOneof("domain_info") == "string_domain":
        return list(feature.string_domain.value)
    shared = (each for each in schema.string_domain if each.name == feature.domain)
    return [text for domain in shared for text in domain.value]
