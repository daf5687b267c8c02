"""Which words of `schema accept` would allow an anomaly of TFDV."""

from __future__ import annotations

import re

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from tfx_pipeline.schemas.allowances import rounded_fraction
from tfx_pipeline.schemas.environments import TRAINING
from tfx_pipeline.schemas.rules import ALL

_NUMBER = re.compile(r"\d+")
_OTHER_ENVIRONMENT = "Column missing in environment"
"""TFDV's word for a column that these rows should not have; its type is that of a new column."""


def allowing_rule(
    reason: anomalies_pb2.AnomalyInfo.Reason, feature: schema_pb2.Feature
) -> str | None:
    """Name the rule that an anomaly breaks; None: no change of one rule allows it.

    With a value where the anomaly itself says it: `unique_max=7`.
    """
    name = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
    if name == "SCHEMA_NEW_COLUMN":
        is_known = reason.short_description == _OTHER_ENVIRONMENT
        return f"environment={TRAINING}" if is_known else "column"
    if name in ("SCHEMA_MISSING_COLUMN", "FEATURE_TYPE_NOT_PRESENT"):
        return "absent"
    if name in ("FEATURE_TYPE_LOW_UNIQUE", "FEATURE_TYPE_HIGH_UNIQUE"):
        rule = "unique_min" if "LOW" in name else "unique_max"
        return f"{rule}={_NUMBER.findall(reason.description)[-1]}"
    is_text = feature.type == schema_pb2.BYTES
    for part, rule in _RULES.items():
        if part in name:
            return "domain" if is_text and rule in ("min", "max", "nan", "inf") else rule
    return None


def accept_words(rule: str | None, feature: str, rows: int, total_rows: int) -> list[str]:
    """Give the words; empty: none would do.

    A share that a split misses, or a number of rows, is said in them: the whole table may reach it.

    Args:
        rule: see `allowing_rule`.
        feature: that breaks it.
        rows: of a split that do; of a rule on presence, those without a value.
        total_rows: of the split.
    """
    if rule is None:
        return []
    if rule == "absent":
        return [f"min_fraction/{feature}=0", f"min_count/{feature}=0"]
    if rule == "rows":
        return [f"rows/{ALL}={total_rows}"]
    present = total_rows - rows
    if rule == "min_count":
        return [f"min_count/{feature}={present}"]
    if rule == "min_fraction":
        fraction = rounded_fraction(present / total_rows) if total_rows else 0
        return [f"min_fraction/{feature}={fraction:g}"]
    name, equals, value = rule.partition("=")
    return [f"{name}/{feature}{equals}{value}"]


_RULES = {
    "LOW_FRACTION_PRESENT": "min_fraction",
    "LOW_NUMBER_PRESENT": "min_count",
    "UNEXPECTED_DATA_TYPE": "type",
    "ENUM_TYPE_UNEXPECTED_STRING_VALUES": "domain",
    "BOOL_TYPE_": "domain",
    "NOT_INT_STRING": "domain",
    "STRING_NOT_FLOAT": "domain",
    "HAS_NAN": "nan",
    "HAS_INF": "inf",
    "SMALL_INT": "min",
    "SMALL_FLOAT": "min",
    "BIG_INT": "max",
    "BIG_FLOAT": "max",
    "NUMBER_VALUES": "value_count",
    "INVALID_FEATURE_SHAPE": "shape",
    "NUM_EXAMPLES": "rows",
}
"""By a part of the anomaly's type, the first that it has."""
