"""What each feature may hold, by the schema, the training rows, and the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.evaluation.risk.subject import Domain
from tfx_pipeline.ingestion.schema import allowed_strings

_MOST_VALUES = 500
_NUMBERS = ("float_domain", "int_domain")


def domain_of(
    feature: schema_pb2.Feature,
    column: NDArray[Any],
    feature_kind: str,
    schema: schema_pb2.Schema,
) -> Domain:
    """Say it of a column, `[rows]` of the training split.

    Bounds of a curated schema that the rows do not reach widen the range; values that it alone
    knows come last.
    """
    required = feature.presence.min_fraction >= 1
    if column.dtype == object:
        values = _most_frequent(column)
        curated = sorted((allowed_strings(feature, schema) or frozenset()) - set(values))
        kept = tuple([*values, *curated][:_MOST_VALUES])
        return Domain("text", values=kept, required=required, feature_kind=feature_kind)
    known = column[np.isfinite(column)]
    low, high = (known.min(), known.max()) if len(known) else (np.inf, -np.inf)
    domain = feature.WhichOneof("domain_info")
    if domain in _NUMBERS:
        said = getattr(feature, domain)
        low = min(low, said.min) if said.HasField("min") else low
        high = max(high, said.max) if said.HasField("max") else high
    low, high = (-np.inf if low == np.inf else low, np.inf if high == -np.inf else high)
    whole = feature.type == schema_pb2.INT
    return Domain("number", whole, float(low), float(high), (), required, feature_kind)


def _most_frequent(column: NDArray[Any]) -> list[str]:
    values, counts = np.unique(column[column != ""].astype(str), return_counts=True)
    order = np.lexsort((values, -counts))[:_MOST_VALUES]
    return [str(value) for value in values[order]]


def features_by_name(schema: schema_pb2.Schema) -> Mapping[str, schema_pb2.Feature]:
    """Give the schema's features by name, but for those that are deprecated."""
    gone = (schema_pb2.DEPRECATED, schema_pb2.PLANNED)
    return {x.name: x for x in schema.feature if x.lifecycle_stage not in gone}
