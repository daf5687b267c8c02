"""What was measured of the data of a run, and what came of that: as plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.distances.histograms import Histogram
from tfx_pipeline.storage.local_files import write_atomically

DATA_VERDICT_FILE = "data_verdict.json"
"""Beside the blessing of the data: `DataVerdict` as JSON."""

Severity = Literal["error", "warn", "off"]
Check = Literal["anomalies", "drift", "skew", "leaks"]


@dataclass(frozen=True)
class Finding:
    """Something about the data that a check has found.

    Attributes:
        check: which one.
        severity: `error`: it refuses the data; `warn`: it is said.
        problem: what it is, in the user's terms.
    """

    check: Check
    severity: Severity
    problem: Problem

    def note(self) -> str:
        """Say it in one line."""
        received = f": {self.problem.received}" if self.problem.received else ""
        return f"{self.check}: {self.problem.what}{received}"


@dataclass(frozen=True)
class SplitRows:
    """Rows of a split: all, those that were looked at, and these with copies counted once."""

    rows: int
    sampled: int
    effective: int


@dataclass(frozen=True)
class DataVerdict:
    """Whether the data are blessed, and all that was measured of them.

    Attributes:
        pipeline: whose data they are.
        findings: what was found, errors first.
        rows: by split.
        reference: what drift was measured from: the `rows` of the split `train` there; empty:
            nothing, `notes` say why.
        drift: by column, the split `train` against that of the reference: `compare.Comparison`.
        skew: by split, by column: against the split `train`.
        powers: by feature, what it alone tells of the label: `leaks.feature_powers`.
        rows_in_train_too: by split: rows of which the split `train` has a copy.
        notes: what was not compared, and why.
        histograms: by column, of the split `train`: what the next run is compared with.
    """

    pipeline: str
    findings: list[Finding] = field(default_factory=list)
    rows: dict[str, SplitRows] = field(default_factory=dict)
    reference: dict[str, int] = field(default_factory=dict)
    drift: list[dict[str, Any]] = field(default_factory=list)
    skew: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    powers: dict[str, float] = field(default_factory=dict)
    rows_in_train_too: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    histograms: Mapping[str, Histogram] = field(default_factory=dict)

    @property
    def refusals(self) -> list[Problem]:
        """Why the data are not blessed; empty: they are."""
        return [each.problem for each in self.findings if each.severity == "error"]

    @property
    def warnings(self) -> list[str]:
        """What is said, and stops nothing."""
        return [each.note() for each in self.findings if each.severity == "warn"]

    def to_json(self) -> str:
        """Write it as one JSON object."""
        return json.dumps(asdict(self), indent=1, allow_nan=False, ensure_ascii=False)

    def write(self, folder: Path) -> None:
        """Write it beside the blessing."""
        write_atomically(folder / DATA_VERDICT_FILE, self.to_json())

    @classmethod
    def read(cls, folder: Path) -> DataVerdict:
        """Read what `write` wrote."""
        values = json.loads((folder / DATA_VERDICT_FILE).read_bytes())
        values["rows"] = {name: SplitRows(**each) for name, each in values["rows"].items()}
        values["findings"] = [
            Finding(each["check"], each["severity"], Problem(**each["problem"]))
            for each in values["findings"]
        ]
        values["histograms"] = {
            name: Histogram.from_json(each) for name, each in values["histograms"].items()
        }
        return cls(**values)
