"""Say an anomaly of TFDV in the user's terms: feature, rule, share of rows, offending values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2

from tfx_pipeline.components.data_gate.acceptable import accept_words, allowing_rule
from tfx_pipeline.components.data_gate.anomaly_problem import AnomalyProblem, RefusedRule
from tfx_pipeline.components.example_batches import example_batches, first_values
from tfx_pipeline.errors import Problem
from tfx_pipeline.schemas.evidence import share
from tfx_pipeline.schemas.rules import ALL, allowing_step

_SHOWN_VALUES = 3

Values = Any
"""The first value of a feature in each row of a batch: an Arrow array, null where there is none."""
Offends = Callable[[Values], Any]
"""Gives where the values break a rule: an Arrow array of truth values, null counting as false."""


@dataclass
class Offence:
    """How often a feature breaks a rule, and with which values.

    `allowing` is the rule of `schema accept` that would let it pass, see `acceptable`.
    """

    feature: str
    rule: str
    offends: Offends
    allowing: str | None = None
    rows: int = 0
    values: list[str] = field(default_factory=list)

    def see(self, values: Values) -> None:
        """Count the values of a batch that break the rule."""
        import pyarrow.compute as pc

        offending = values.filter(self.offends(values))
        self.rows += len(offending)
        if len(self.values) < _SHOWN_VALUES and len(offending):
            found = map(_show, pc.unique(offending).to_pylist())
            self.values = list(dict.fromkeys([*self.values, *found]))[:_SHOWN_VALUES]

    def to_problem(
        self,
        split: str,
        total_rows: int,
        values: Sequence[str] = (),
        options: Sequence[str] = (),
        program: str = "tfx-pipeline",
    ) -> Problem:
        """Put the rule, its share of the split's rows, and what would allow it into words.

        `values` are those of the table, with file and line, where it is at hand, in place of those
        of the split; `options` and `program` belong to the command line that would allow it.
        """
        if self.rows:
            rows = share(self.rows, total_rows)
            received = f"{', '.join(values or self.values)} in {rows} of the {split} split"
        else:
            received = f"the {split} split as a whole ({total_rows:,} rows)"
        what = f"feature `{self.feature}`: {self.rule}"
        words = accept_words(self.allowing, self.feature, self.rows, total_rows)
        step = allowing_step([*words, *options], program) if words else None
        problem = Problem(what, received=received, next_step=step)
        return AnomalyProblem.of(problem, RefusedRule(self, split, total_rows))


def read_anomalies(anomalies: Path) -> Iterator[tuple[str, anomalies_pb2.Anomalies]]:
    """Give each split with its anomalies, from the folder of ExampleValidator's artifact."""
    for folder in sorted(anomalies.glob("Split-*"), reverse=True):
        content = (folder / "SchemaDiff.pb").read_bytes()
        yield folder.name.removeprefix("Split-"), anomalies_pb2.Anomalies.FromString(content)


def refused_anomalies(
    anomalies: anomalies_pb2.Anomalies, schema: schema_pb2.Schema, *, warnings_too: bool
) -> list[Offence]:
    """List the anomalies of a split that must stop a run, without their rows yet."""
    features = {feature.name: feature for feature in schema.feature}
    domains = {domain.name: domain for domain in schema.string_domain}
    lowest = anomalies_pb2.AnomalyInfo.WARNING if warnings_too else anomalies_pb2.AnomalyInfo.ERROR
    found: list[Offence] = []
    for key, info in sorted(anomalies.anomaly_info.items()):
        if info.severity < lowest:
            continue
        name = ".".join(info.path.step) or key  # the key of `a.b` is quoted: `'a.b'`
        feature = features.get(name, schema_pb2.Feature(name=name))
        found.extend(
            Offence(
                name,
                _rule_text(reason),
                _offends(reason, feature, domains),
                allowing_rule(reason, feature),
            )
            for reason in info.reason or [anomalies_pb2.AnomalyInfo.Reason()]
        )
    for reason in anomalies.dataset_anomaly_info.reason:
        if anomalies.dataset_anomaly_info.severity >= lowest:
            rule = allowing_rule(reason, schema_pb2.Feature())
            found.append(Offence(ALL, _rule_text(reason), _never, rule))
    return found


def count_offences(offences: list[Offence], files: Iterable[Path]) -> int:
    """Read the split's records, fill in the offences' rows and values; give the number of rows.

    Raises:
        StepError: a file is damaged.
    """
    total = 0
    for batch in example_batches(files):
        total += batch.num_rows
        for offence in offences:
            offence.see(first_values(batch, offence.feature))
    return total


def _rule_text(reason: anomalies_pb2.AnomalyInfo.Reason) -> str:
    return " ".join(filter(None, [reason.short_description + ":", reason.description])).rstrip(":")


def _offends(
    reason: anomalies_pb2.AnomalyInfo.Reason,
    feature: schema_pb2.Feature,
    domains: dict[str, schema_pb2.StringDomain],
) -> Offends:
    """Turn an anomaly's type and the schema's rule into a test of one value."""
    name = anomalies_pb2.AnomalyInfo.Type.Name(reason.type)
    if name == "ENUM_TYPE_UNEXPECTED_STRING_VALUES":
        domain = domains.get(feature.domain, feature.string_domain)
        return _outside_domain([value.encode() for value in domain.value])
    if name.endswith("_HAS_NAN"):
        return lambda values: _where(values, "is_nan")
    if name.endswith("_HAS_INF"):
        return lambda values: _where(values, "is_inf")
    if any(part in name for part in ("SMALL_INT", "BIG_INT", "SMALL_FLOAT", "BIG_FLOAT")):
        return _outside_range(feature)
    if any(part in name for part in ("PRESENT", "MISSING", "LOW_NUMBER_VALUES")):
        return lambda values: values.is_null()
    if "TYPE" in name or name == "SCHEMA_NEW_COLUMN":
        return lambda values: values.is_valid()
    return _never


def _where(values: Values, function: str) -> Any:
    """Apply a test that only floats can pass."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return getattr(pc, function)(values) if pa.types.is_floating(values.type) else _never(values)


def _outside_domain(allowed: list[bytes]) -> Offends:
    def offends(values: Values) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not pa.types.is_large_binary(values.type) and not pa.types.is_binary(values.type):
            return values.is_valid()
        among = pc.is_in(values, value_set=pa.array(allowed, values.type))
        return pc.and_(values.is_valid(), pc.invert(among))

    return offends


def _outside_range(feature: schema_pb2.Feature) -> Offends:
    kind = feature.WhichOneof("domain_info")
    domain = getattr(feature, kind) if kind in ("int_domain", "float_domain") else None

    def offends(values: Values) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        found = _never(values)
        if domain is None or not (
            pa.types.is_floating(values.type) or pa.types.is_integer(values.type)
        ):
            return found
        if domain.HasField("min"):
            found = pc.or_(found, pc.less(values, domain.min))
        if domain.HasField("max"):
            found = pc.or_(found, pc.greater(values, domain.max))
        return found

    return offends


def _never(values: Values) -> Any:
    import numpy as np
    import pyarrow as pa

    return pa.array(np.zeros(len(values), bool))


def _show(value: float | int | bytes | None) -> str:
    if value is None:
        return "(missing)"
    if isinstance(value, bytes):
        return repr(value.decode("utf-8", "backslashreplace"))
    return f"{value:.6g}" if isinstance(value, float) else str(value)
