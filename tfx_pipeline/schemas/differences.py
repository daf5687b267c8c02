"""What differs between a curated schema and data, or another schema, sorted by what it means.

Terms:
    breaking: of data: it breaks a rule of the schema, other than by a column that the schema does
        not know, so that the gate refuses it, and a model made by the schema might misread it. Of
        another schema: a type differs, a column is gone, or callers must send other columns.
    widening: of data: a column that the schema does not know; no model reads it, and the gate
        refuses it until it is accepted. Of another schema: it allows more.
    narrowing: the schema allows what the data does not have; of another schema: it allows less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from tensorflow_metadata.proto.v0 import schema_pb2

from tfx_pipeline.ingestion.schema import allowed_strings
from tfx_pipeline.schemas.check import CheckResult
from tfx_pipeline.schemas.environments import is_in_environment, known_environments
from tfx_pipeline.schemas.evidence import Evidence
from tfx_pipeline.schemas.rules import ALL, Finding
from tfx_pipeline.wording import listed

Kind = Literal["breaking", "widening", "narrowing"]
KINDS: tuple[Kind, ...] = ("breaking", "widening", "narrowing")


@dataclass(frozen=True)
class Change:
    """One difference; `limit` is what the rule has to say after `schema accept`."""

    kind: Kind
    feature: str
    rule: str
    text: str
    evidence: Evidence = field(default_factory=Evidence)
    limit: Any = None

    @property
    def name(self) -> str:
        """As `schema accept` knows it."""
        return f"{self.rule}/{self.feature}"


def data_changes(result: CheckResult, schema: schema_pb2.Schema) -> list[Change]:
    """Sort what a check found."""
    known = {feature.name for feature in schema.feature} | {ALL}
    changes = [
        _of("breaking" if finding.feature in known else "widening", finding)
        for finding in result.findings
    ]
    return changes + [_of("narrowing", finding) for finding in result.spare]


def _of(kind: Kind, finding: Finding) -> Change:
    return Change(
        kind, finding.feature, finding.rule, finding.text, finding.evidence, finding.limit
    )


def schema_changes(old: schema_pb2.Schema, new: schema_pb2.Schema) -> list[Change]:
    """Sort what the second schema says otherwise than the first."""
    before = {feature.name: feature for feature in old.feature}
    after = {feature.name: feature for feature in new.feature}
    changes = [
        Change("breaking", name, "column", "the new schema does not know this column")
        for name in before
        if name not in after
    ]
    changes += [
        Change("widening", name, "column", "the old schema does not know this column")
        for name in after
        if name not in before
    ]
    for name in before:
        if name in after:
            changes += _of_feature(before[name], after[name], old, new)
    return changes


def _of_feature(
    before: schema_pb2.Feature,
    after: schema_pb2.Feature,
    old: schema_pb2.Schema,
    new: schema_pb2.Schema,
) -> Iterator[Change]:
    name = before.name
    if before.type != after.type:
        types = [schema_pb2.FeatureType.Name(each.type) for each in (before, after)]
        yield Change("breaking", name, "type", f"{types[0]} becomes {types[1]}")
    for environment in dict.fromkeys([*known_environments(old), *known_environments(new)]):
        was = is_in_environment(before, old, environment) or not known_environments(old)
        is_now = is_in_environment(after, new, environment) or not known_environments(new)
        if was != is_now:
            enters = "enters" if is_now else "leaves"
            yield Change("breaking", name, "environment", f"it {enters} {environment}")
    for rule in ("min_fraction", "min_count"):
        least = getattr(before.presence, rule), getattr(after.presence, rule)
        if least[0] != least[1]:
            kind: Kind = "widening" if least[1] < least[0] else "narrowing"
            yield Change(kind, name, rule, f"{least[0]:g} becomes {least[1]:g}")
    yield from _of_domain(name, allowed_strings(before, old), allowed_strings(after, new))
    yield from _of_range(before, after)


def _of_domain(
    name: str, before: frozenset[str] | None, after: frozenset[str] | None
) -> Iterator[Change]:
    if before is None or after is None:
        if before != after:
            kind: Kind = "widening" if after is None else "narrowing"
            text = "any value is allowed" if after is None else "only a list of values is allowed"
            yield Change(kind, name, "domain", text)
        return
    if more := sorted(after - before):
        text = f"also {listed([repr(value) for value in more])}"
        yield Change("widening", name, "domain", text, limit=more)
    if less := sorted(before - after):
        text = f"no more {listed([repr(value) for value in less])}"
        yield Change("narrowing", name, "domain", text, limit=less)


def _of_range(before: schema_pb2.Feature, after: schema_pb2.Feature) -> Iterator[Change]:
    for rule, sign in (("min", 1), ("max", -1)):
        bounds = [_bound(feature, rule) for feature in (before, after)]
        if bounds[0] == bounds[1]:
            continue
        texts = ["none" if bound is None else f"{bound:.9g}" for bound in bounds]
        is_wider = bounds[1] is None or (
            bounds[0] is not None and sign * (bounds[1] - bounds[0]) < 0
        )
        kind: Kind = "widening" if is_wider else "narrowing"
        yield Change(kind, before.name, rule, f"{texts[0]} becomes {texts[1]}", limit=bounds[1])


def _bound(feature: schema_pb2.Feature, rule: str) -> float | None:
    kind = feature.WhichOneof("domain_info")
    if kind not in ("int_domain", "float_domain"):
        return None
    domain = getattr(feature, kind)
    return getattr(domain, rule) if domain.HasField(rule) else None
