"""Change a schema so that it allows what it refused: one rule of one column at a time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from tensorflow_metadata.proto.v0 import schema_pb2

_FRACTION_DIGITS = 4


def allow(
    schema: schema_pb2.Schema,
    rule: str,
    name: str,
    limit: Any,
    inferred: schema_pb2.Schema | None = None,
) -> None:
    """Let a rule say no more than `limit`, see `rules.Finding`.

    Args:
        schema: that is changed.
        rule: of the column.
        name: of the column; for `rows` it does not matter.
        limit: a number, or the values that the domain needs.
        inferred: what the data shows; for a new column, and a type.

    Raises:
        ValueError: no change of the schema allows that.
    """
    if rule == "rows":
        _allow_rows(schema, int(limit))
        return
    known = {feature.name: feature for feature in schema.feature}
    if name not in known:
        _add_column(schema, name, inferred)
        return
    change = _CHANGES.get(rule)
    if change is not None:
        change(known[name], limit)
    elif rule == "domain":
        _allow_values(schema, known[name], limit)
    elif rule == "type":
        _take_type(schema, known[name], inferred)
    else:
        raise ValueError(f"`{rule}` is mended by hand: the schema contradicts itself")


def rounded_fraction(fraction: float) -> float:
    """Round a share down, so that what was counted still reaches it."""
    scale = 10**_FRACTION_DIGITS
    return math.floor(fraction * scale) / scale


def _make_optional(feature: schema_pb2.Feature, _limit: Any) -> None:
    feature.presence.min_count = 0
    feature.presence.min_fraction = 0


def _lower_fraction(feature: schema_pb2.Feature, limit: float) -> None:
    wanted = feature.presence
    wanted.min_fraction = min(wanted.min_fraction, rounded_fraction(limit))


def _lower_count(feature: schema_pb2.Feature, limit: int) -> None:
    feature.presence.min_count = min(feature.presence.min_count, int(limit))


def _lower_min(feature: schema_pb2.Feature, limit: float) -> None:
    _set_bound(feature, "min", limit, min)


def _raise_max(feature: schema_pb2.Feature, limit: float) -> None:
    _set_bound(feature, "max", limit, max)


def _set_bound(
    feature: schema_pb2.Feature, bound: str, limit: float, wider: Callable[[Any, Any], Any]
) -> None:
    kind = feature.WhichOneof("domain_info")
    if kind not in ("int_domain", "float_domain"):
        return  # any number is allowed, by another change perhaps
    domain = getattr(feature, kind)
    if not math.isfinite(limit):
        domain.ClearField(bound)
    elif domain.HasField(bound):
        whole = isinstance(domain, schema_pb2.IntDomain)
        setattr(domain, bound, wider(getattr(domain, bound), int(limit) if whole else limit))


def _allow_nan(feature: schema_pb2.Feature, _limit: Any) -> None:
    feature.float_domain.ClearField("disallow_nan")


def _allow_infinite(feature: schema_pb2.Feature, _limit: Any) -> None:
    feature.float_domain.ClearField("disallow_inf")


def _lower_unique(feature: schema_pb2.Feature, limit: int) -> None:
    feature.unique_constraints.min = min(feature.unique_constraints.min, int(limit))


def _raise_unique(feature: schema_pb2.Feature, limit: int) -> None:
    feature.unique_constraints.max = max(feature.unique_constraints.max, int(limit))


def _clear_shape(feature: schema_pb2.Feature, _limit: Any) -> None:
    feature.ClearField("shape")


def _take_value_count(feature: schema_pb2.Feature, _limit: Any) -> None:
    feature.ClearField("value_count")
    feature.value_count.max = 1


def _add_environment(feature: schema_pb2.Feature, limit: str) -> None:
    if limit in feature.not_in_environment:
        feature.not_in_environment.remove(limit)
    elif limit not in feature.in_environment:
        feature.in_environment.append(limit)


_CHANGES: dict[str, Callable[[schema_pb2.Feature, Any], None]] = {
    "column": _make_optional,
    "environment": _add_environment,
    "min_fraction": _lower_fraction,
    "min_count": _lower_count,
    "min": _lower_min,
    "max": _raise_max,
    "nan": _allow_nan,
    "inf": _allow_infinite,
    "unique_min": _lower_unique,
    "unique_max": _raise_unique,
    "shape": _clear_shape,
    "value_count": _take_value_count,
}


def _allow_rows(schema: schema_pb2.Schema, rows: int) -> None:
    wanted = schema.dataset_constraints
    if rows < wanted.min_examples_count:
        wanted.min_examples_count = rows
    else:
        wanted.max_examples_count = rows


def _allow_values(schema: schema_pb2.Schema, feature: schema_pb2.Feature, values: Any) -> None:
    """Add values to the column's own domain, or to the shared one that it names."""
    kind = feature.WhichOneof("domain_info")
    if kind == "string_domain":
        domain = feature.string_domain
    elif kind == "domain":
        domain = next(each for each in schema.string_domain if each.name == feature.domain)
    else:  # of numbers written as text, or of two values: there is no list to add to
        if kind:
            feature.ClearField(kind)
        return
    domain.value.extend(value for value in values if value not in domain.value)


def _add_column(schema: schema_pb2.Schema, name: str, inferred: schema_pb2.Schema | None) -> None:
    found = {feature.name: feature for feature in (inferred.feature if inferred else ())}
    if inferred is None or name not in found:
        raise ValueError(f"`{name}` is in neither the schema nor the data")
    feature = schema.feature.add()
    feature.CopyFrom(found[name])
    if not schema.default_environment:
        feature.ClearField("not_in_environment")
    _take_domain(schema, feature, inferred)


def _take_type(
    schema: schema_pb2.Schema, feature: schema_pb2.Feature, inferred: schema_pb2.Schema | None
) -> None:
    """Take the type that the cells have; a range stays, another domain goes with the type."""
    found = {each.name: each for each in (inferred.feature if inferred else ())}
    if inferred is None or feature.name not in found:
        raise ValueError(f"the data does not have `{feature.name}`")
    kind = feature.WhichOneof("domain_info")
    feature.type = found[feature.name].type
    if kind == "int_domain" and feature.type == schema_pb2.FLOAT:
        low, high = feature.int_domain.min, feature.int_domain.max
        has_low, has_high = (feature.int_domain.HasField(x) for x in ("min", "max"))
        feature.float_domain.SetInParent()
        if has_low:
            feature.float_domain.min = low
        if has_high:
            feature.float_domain.max = high
    elif kind:
        feature.ClearField(kind)


def _take_domain(
    schema: schema_pb2.Schema, feature: schema_pb2.Feature, inferred: schema_pb2.Schema
) -> None:
    """Bring the shared domain of an inferred column along, under a name that is not taken."""
    domains = {domain.name: domain for domain in inferred.string_domain}
    if feature.domain not in domains:
        return
    taken = {domain.name for domain in schema.string_domain}
    name = feature.domain
    while name in taken:
        name += "_values"
    domain = schema.string_domain.add()
    domain.CopyFrom(domains[feature.domain])
    domain.name = feature.domain = name


def narrow(schema: schema_pb2.Schema, rule: str, name: str, limit: Any) -> None:
    """Let a rule allow no more than the data has, see `rules.ColumnRules.spare`.

    Raises:
        ValueError: there is no such column, or the rule cannot be narrowed.
    """
    feature = next((each for each in schema.feature if each.name == name), None)
    if feature is None:
        raise ValueError(f"the schema does not know `{name}`")
    if rule == "domain":
        kind = feature.WhichOneof("domain_info")
        domains = {each.name: each for each in schema.string_domain}
        domain = feature.string_domain if kind == "string_domain" else domains[feature.domain]
        kept = [value for value in domain.value if value not in limit]
        del domain.value[:]
        domain.value.extend(kept)
    elif rule in ("min", "max"):
        setattr(getattr(feature, feature.WhichOneof("domain_info") or ""), rule, limit)
    elif rule == "min_fraction":
        feature.presence.min_fraction = rounded_fraction(limit)
    else:
        raise ValueError(f"`{rule}` cannot be narrowed")
