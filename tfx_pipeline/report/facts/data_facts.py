"""What is known of the table of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfx_pipeline.errors import Problem


@dataclass(frozen=True)
class ColumnFacts:
    """A column of the table, as StatisticsGen counted it in the split `train`.

    Attributes:
        name: its name.
        kind: `whole numbers`, `numbers`, `texts`, or `bytes`.
        rows: of the split.
        missing: share of the rows without a value.
        missing_eval: the same of the split `eval`; None: it has none.
        mean: of numbers.
        deviation: of numbers, standard.
        median: of numbers.
        distinct: of texts: different values.
    """

    name: str
    kind: str
    rows: int
    missing: float
    missing_eval: float | None = None
    mean: float | None = None
    deviation: float | None = None
    median: float | None = None
    distinct: int | None = None


@dataclass(frozen=True)
class DriftFacts:
    """How far a column moved, see `evaluation.distances.compare.Comparison`.

    Attributes:
        bins: that moved most: `name`, `before`, `after`.
    """

    column: str
    distance: float | None = None
    chance_95: float | None = None
    moved: bool = False
    unjudged: str = ""
    bins: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True)
class Anomaly:
    """What ExampleValidator found against the schema."""

    split: str
    column: str
    what: str
    severity: str


@dataclass(frozen=True)
class DataFinding:
    """What the data gate found; `severity` is `error` (refused) or `warn`."""

    check: str
    severity: str
    problem: Problem


@dataclass(frozen=True)
class DataFacts:
    """The table.

    Attributes:
        place: where it was read, from the project's root.
        digest: of the table, hexadecimal.
        rows: read, of each split, left out; see `runners.local.run_record.Outcome.rows`.
        columns: in the table's order.
        reference_rows: of the data that drift was measured from; 0: there are none.
        drift: of the split `train` from that, most moved first.
        skew: of the split `eval` from the split `train`, likewise.
        anomalies: found against the schema.
        findings: of the data gate.
        tests: of `data.tests`: `name`, `severity`, `failed` …
        powers: by feature, what it alone tells of the label, 0 to 1.
        notes: what was not compared, and why.
    """

    place: str = ""
    digest: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)
    columns: tuple[ColumnFacts, ...] = ()
    reference_rows: int = 0
    drift: tuple[DriftFacts, ...] = ()
    skew: tuple[DriftFacts, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    findings: tuple[DataFinding, ...] = ()
    tests: tuple[Mapping[str, Any], ...] = ()
    powers: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
