"""What a comparison of runs holds, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tfx_pipeline.evaluation.intervals.interval import Interval


@dataclass(frozen=True)
class ComparedRun:
    """One of the runs.

    Attributes:
        run_id: its id.
        began: ISO 8601, with the zone.
        status: what came of it.
        version: of the model that it pushed; empty: none.
        sentence: its verdict.
        metrics: over its own eval rows.
    """

    run_id: str
    began: str
    status: str
    version: str
    sentence: str
    metrics: Mapping[str, Interval] = field(default_factory=dict)


@dataclass(frozen=True)
class Differing:
    """A value that is not the same in all runs.

    Attributes:
        name: of the value: a key of the configuration, a step, a library.
        values: in the order of the runs, as texts.
    """

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class SliceChange:
    """How much worse than the first run's model another one is, in a slice."""

    columns: tuple[str, ...]
    values: tuple[str, ...]
    rows: int
    losses: Mapping[str, Interval]


@dataclass(frozen=True)
class RunChange:
    """How much worse than the first run's model that of another run is, on the same eval rows.

    Attributes:
        run_id: of the other run.
        rows: that both kept.
        of: rows of the other run's eval split.
        losses: by metric, in its own unit: positive where the other run's model is worse.
        slices: largest first; intervals hold for all of them at once.
        note: why nothing is measured, or of what it is; empty: of all eval rows.
    """

    run_id: str
    rows: int = 0
    of: int = 0
    losses: Mapping[str, Interval] = field(default_factory=dict)
    slices: tuple[SliceChange, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Comparison:
    """Runs beside each other.

    Attributes:
        pipeline: its name.
        runs: as they were named; the others are compared with the first.
        config: values of the configuration that are not the same in all.
        data: of the table.
        code: digests, by step.
        libraries: versions.
        changes: of each run but the first.
        notes: what cannot be compared, and why.
    """

    pipeline: str
    runs: tuple[ComparedRun, ...]
    config: tuple[Differing, ...] = ()
    data: tuple[Differing, ...] = ()
    code: tuple[Differing, ...] = ()
    libraries: tuple[Differing, ...] = ()
    changes: tuple[RunChange, ...] = ()
    notes: tuple[str, ...] = ()
