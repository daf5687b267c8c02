"""A schema as the data shows it: what SchemaGen would infer, where both speak.

What this one says besides: environments, one value a row at most instead of a fixed shape (any
value may be missing when a model is asked), columns without any value, and ranges if asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.ingestion.columns.types import ColumnType
from tfx_pipeline.schemas.conversions import Values
from tfx_pipeline.schemas.environments import SERVING, TRAINING
from tfx_pipeline.schemas.typed_columns import TypedTable

MAX_DOMAIN = 100
"""Different values of a category, at most, to be listed: as in TFDV."""
_TRUE = {"TRUE", "true", "SET", "set", "1"}
_FALSE = {"FALSE", "false", "CLEAR", "clear", "0"}
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*", re.ASCII)
_FEATURE_TYPES: dict[ColumnType, int] = {
    "int64": schema_pb2.INT,
    "float32": schema_pb2.FLOAT,
    "string": schema_pb2.BYTES,
}


@dataclass
class _Facts:
    """What a column holds; `texts` are its different strings, none where there are too many."""

    rows: int = 0
    present: int = 0
    lowest: Any = None
    highest: Any = None
    texts: set[str] | None = field(default_factory=set)

    def see(self, values: Values) -> None:
        """Take in the values of a block."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self.rows += len(values)
        self.present += len(values) - values.null_count
        if not pa.types.is_string(values.type):
            found = pc.min_max(values).as_py()
            if found["min"] is not None:
                self.lowest = (
                    found["min"] if self.lowest is None else min(self.lowest, found["min"])
                )
                self.highest = (
                    found["max"] if self.highest is None else max(self.highest, found["max"])
                )
        elif self.texts is not None:
            self.texts.update(pc.unique(values.drop_null()).to_pylist())
            if len(self.texts) > MAX_DOMAIN:
                self.texts = None


def infer_schema(
    table: TypedTable, unsent: Collection[str] | None = None, *, with_ranges: bool = False
) -> schema_pb2.Schema:
    """Say what the columns of a table are, in their order.

    Args:
        table: whose types are those of its cells, see `TypedTable.careful`.
        unsent: columns that callers of a model do not send; none: environments are not spoken of.
        with_ranges: also bound numbers by the smallest and the largest one.
    """
    facts = {name: _Facts() for name in table.header}
    for block in table.blocks():
        for name, each in facts.items():
            each.see(block.columns[name].values)
    schema = schema_pb2.Schema()
    if unsent is not None:
        schema.default_environment.extend([TRAINING, SERVING])
    for name, each in facts.items():
        feature = schema.feature.add(name=name, type=_FEATURE_TYPES[table.types[name]])
        feature.value_count.max = 1
        feature.presence.min_count = int(each.present > 0)
        if each.present == each.rows > 0:
            feature.presence.min_fraction = 1
        elif not each.present:
            feature.presence.min_fraction = 0
        if name in (unsent or ()):
            feature.not_in_environment.append(SERVING)
        if table.needs.uses.get(name) != "text":  # words, or what is parsed, are new in each row
            _add_domain(schema, feature, each, with_ranges=with_ranges)
    return schema


def _add_domain(
    schema: schema_pb2.Schema, feature: schema_pb2.Feature, facts: _Facts, *, with_ranges: bool
) -> None:
    """Add what the values have in common, in TFDV's order: two values, whole numbers, a list."""
    if feature.type == schema_pb2.INT and facts.highest == 1 and facts.lowest >= 0:
        feature.bool_domain.SetInParent()
    elif feature.type != schema_pb2.BYTES:
        if with_ranges and facts.present:
            _add_range(feature, facts)
    elif facts.texts and _is_truth(facts.texts):
        true, false = facts.texts & _TRUE, facts.texts & _FALSE
        if true:
            feature.bool_domain.true_value = min(true)
        if false:
            feature.bool_domain.false_value = min(false)
    elif facts.texts and all(map(_WHOLE.fullmatch, facts.texts)):
        feature.int_domain.SetInParent()
    elif facts.texts:
        feature.domain = feature.name
        schema.string_domain.add(name=feature.name, value=sorted(facts.texts))


def _is_truth(texts: set[str]) -> bool:
    return (
        len(texts) <= 2
        and len(texts & _TRUE) <= 1
        and len(texts & _FALSE) <= 1
        and not (texts - _TRUE - _FALSE)
    )


def _add_range(feature: schema_pb2.Feature, facts: _Facts) -> None:
    if feature.type == schema_pb2.INT:
        feature.int_domain.min, feature.int_domain.max = facts.lowest, facts.highest
    else:
        domain = feature.float_domain
        domain.min, domain.max = facts.lowest, facts.highest
        domain.disallow_nan = domain.disallow_inf = True
