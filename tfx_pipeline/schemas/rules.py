"""The rules that a schema may have for a column, and a finding that one is broken.

Terms:
    rule: what `schema accept RULE/FEATURE` names, see `RULES`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.schemas.evidence import Evidence

RULES = (
    *("column", "environment", "type", "min_fraction", "min_count", "domain", "min", "max"),
    *("nan", "inf", "unique_min", "unique_max", "value_count", "shape", "schema", "rows"),
)
"""`column`: is there, or is known; `environment`: rows of this environment have it; `type`: holds
all cells; `min_fraction`, `min_count`: of rows with a value; `domain`: the values that are allowed;
`min`, `max`, `nan`, `inf`: of numbers; `unique_min`, `unique_max`: number of different values;
`value_count`, `shape`: number of values in a row; `schema`: the rules agree with one another;
`rows`: number of rows."""
ALL = "(all)"
"""Stands for the column where a rule is about the whole table."""


@dataclass
class Finding:
    """A rule that a table breaks.

    Attributes:
        feature: the column.
        rule: which.
        text: what is wrong.
        evidence: the rows, where there are some that break it.
        limit: what the rule would have to say for this table to pass: a number, or values.
    """

    feature: str
    rule: str
    text: str
    evidence: Evidence = field(default_factory=Evidence)
    limit: Any = None

    @property
    def name(self) -> str:
        """As `schema accept` knows it."""
        return f"{self.rule}/{self.feature}"


def schema_faults(feature: schema_pb2.Feature) -> Iterator[str]:
    """Say how the rules for a column contradict one another, as TFDV finds when it has rows."""
    kind = feature.WhichOneof("domain_info")
    if not feature.HasField("type"):
        yield "no type is given"
        return
    allowed = _TYPES_OF_DOMAIN.get(kind or "")
    if allowed and feature.type not in allowed:
        yield f"{kind} does not go with the type {schema_pb2.FeatureType.Name(feature.type)}"
    if feature.HasField("distribution_constraints") and kind not in ("domain", "string_domain"):
        yield "distribution_constraints go with a string_domain alone"
    if not 0 <= feature.presence.min_fraction <= 1:
        yield f"min_fraction is {feature.presence.min_fraction:g}, and not from 0 to 1"
    count = feature.value_count
    if count.min < 0 or (count.HasField("max") and count.max < count.min):
        yield "value_count has no number between min and max"


_INT, _FLOAT, _BYTES = schema_pb2.INT, schema_pb2.FLOAT, schema_pb2.BYTES
_TYPES_OF_DOMAIN = {
    "domain": {_BYTES},
    "string_domain": {_BYTES},
    "bool_domain": {_INT, _FLOAT, _BYTES},
    "int_domain": {_INT, _BYTES},
    "float_domain": {_FLOAT, _BYTES},
    "struct_domain": {schema_pb2.STRUCT},
    "natural_language_domain": {_BYTES, _INT},
    "image_domain": {_BYTES},
    "mid_domain": {_BYTES},
    "url_domain": {_BYTES},
    "time_domain": {_INT, _BYTES},
}


def domain_kind(feature: schema_pb2.Feature) -> str | None:
    """Name the domain that a feature has; None: there is none that goes with its type."""
    kind: str | None = feature.WhichOneof("domain_info")
    return kind if feature.type in _TYPES_OF_DOMAIN.get(kind or "", ()) else None


def string_domain_of(
    feature: schema_pb2.Feature, domains: dict[str, schema_pb2.StringDomain]
) -> frozenset[str] | None:
    """Give the allowed strings of a feature, its own or those it shares; None: any."""
    kind = domain_kind(feature)
    if kind == "string_domain":
        return frozenset(feature.string_domain.value)
    if kind == "domain" and feature.domain in domains:
        return frozenset(domains[feature.domain].value)
    return None


def range_of(feature: schema_pb2.Feature) -> tuple[Any, Any]:
    """Give the lowest and the highest number that is allowed; None: any."""
    kind = domain_kind(feature)
    if kind not in ("int_domain", "float_domain"):
        return None, None
    domain = getattr(feature, kind)
    low, high = (getattr(domain, x) if domain.HasField(x) else None for x in ("min", "max"))
    return low, high


def accept_command(words: Sequence[str], program: str = "tfx-pipeline") -> str:
    """Write the command that accepts what the words name; who runs it has to say why."""
    return f"{shlex.join([program, 'schema', 'accept', *words])} --why '…'"


def allowing_step(words: Sequence[str], program: str = "tfx-pipeline") -> str:
    """Say what to do about a broken rule."""
    return f"mend the data, or allow it: {accept_command(words, program)}"
