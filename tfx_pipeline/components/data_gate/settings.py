"""What DataGate is told: the checks of the configuration, and what features and label are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tfx_pipeline.evaluation.data_verdict import Check, Severity
from tfx_pipeline.evaluation.distances.compare import Bounds


@dataclass(frozen=True)
class CheckSettings:
    """Settings of the gate; see `config.sections.data_checks`.

    Attributes:
        pipeline: its name.
        severities: by check.
        columns: by column, by check, where they differ.
        refuse_warnings: what TFDV calls a warning counts as an error.
        drift: what makes a difference one.
        skew: likewise.
        max_power: of one feature.
        features: kind of each feature, by column.
        timestamp_units: of features of the kind `timestamp`, by column: `s` or `ms`.
        read: by column, what a feature says of its cells, see `read_columns`.
        label: `config.sections.label`.
        label_time: column of the label's moment, and its unit; empty: none.
        sample_rows: rows of a split that are looked at, at most.
        split_columns: what the splits are divided by, in which they differ of themselves.
    """

    pipeline: str
    severities: Mapping[Check, Severity]
    drift: Bounds
    skew: Bounds
    max_power: float
    columns: Mapping[str, Mapping[Check, Severity | None]] = field(default_factory=dict)
    refuse_warnings: bool = False
    features: Mapping[str, str] = field(default_factory=dict)
    timestamp_units: Mapping[str, str] = field(default_factory=dict)
    read: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    label: Mapping[str, Any] = field(default_factory=dict)
    label_time: tuple[str, str] | tuple[()] = ()
    sample_rows: int = 50_000
    split_columns: tuple[str, ...] = ()

    def severity(self, check: Check, column: str) -> Severity:
        """Say what happens when a check finds something in a column."""
        return self.columns.get(column, {}).get(check) or self.severities[check]

    def switched_off(self, check: Check, columns: Mapping[str, Any]) -> set[str]:
        """Name the columns that a check says nothing of."""
        return {name for name in columns if self.severity(check, name) == "off"}

    def to_json(self) -> str:
        """Write it as one text, for an execution property."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> CheckSettings:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        bounds = {name: Bounds(**values[name]) for name in ("drift", "skew")}
        tuples = {name: tuple(values[name]) for name in ("label_time", "split_columns")}
        return cls(**{**values, **bounds, **tuples})
