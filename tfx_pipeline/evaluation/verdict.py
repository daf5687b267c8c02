"""What a model is asked for, what was measured of it, and what came of that: as plain values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import Change
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.metric_names import MetricName
from tfx_pipeline.evaluation.metrics import why_not
from tfx_pipeline.evaluation.scored_rows import Counts
from tfx_pipeline.storage.local_files import write_json

VERDICT_FILE = "verdict.json"
"""Beside the Evaluator's blessing: `Verdict` as JSON."""


@dataclass(frozen=True)
class Bounds:
    """What a metric must reach; see `config.sections.evaluation.ThresholdConfig`."""

    min: float | None = None
    max: float | None = None
    max_loss_against_baseline: float | None = None


Unsure = Literal["accept", "point", "refuse"]
"""What is done where an interval cannot tell: bless, let the figure itself decide, or refuse."""


@dataclass(frozen=True)
class Gates:
    """What is asked of a model.

    Attributes:
        task: its task.
        classes: names of the classes, in the order of their ids; none of regression.
        metrics: those that are shown.
        thresholds: by metric.
        slices: groups of columns; the values of several are crossed.
        confidence: of all intervals.
        resamples: of a bootstrap.
        min_slice_rows: a slice of fewer has no figures.
        margin: share of the last blessed model's main metric that a model may be worse by; it is
            asked for where no threshold is configured.
        unsure_bounds: what is done where the interval of a metric cannot tell of a bound.
        unsure_changes: likewise, of a change against the last blessed model.
        at_thresholds: from which probabilities on classes are answered too, to be shown.
        costs: of answering the second class for a row of the first, as a matrix; empty: unknown.
        cost_unit: theirs.
    """

    task: str
    classes: tuple[str, ...]
    metrics: tuple[MetricName, ...]
    thresholds: Mapping[MetricName, Bounds]
    slices: tuple[tuple[str, ...], ...] = ()
    confidence: float = 0.95
    resamples: int = 1000
    min_slice_rows: int = 30
    margin: float = 0.01
    unsure_bounds: Unsure = "point"
    unsure_changes: Unsure = "accept"
    at_thresholds: tuple[float, ...] = ()
    costs: tuple[tuple[float, ...], ...] = ()
    cost_unit: str = ""

    def to_json(self) -> str:
        """Write it as one text, for an execution property."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Gates:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        values["thresholds"] = {name: Bounds(**each) for name, each in values["thresholds"].items()}
        for name in ("slices", "costs"):
            values[name] = tuple(map(tuple, values[name]))
        for name in ("classes", "metrics", "at_thresholds"):
            values[name] = tuple(values[name])
        return cls(**values)


@dataclass(frozen=True)
class Figures:
    """What was measured of one model over all eval rows.

    Attributes:
        task: its task.
        values: metrics by name; NaN where there is none.
        counts: see `scored_rows.counts_of`.
    """

    task: str
    values: Mapping[str, float]
    counts: Counts

    def missing(self, name: MetricName) -> str | None:
        """Say why a metric has no value; None when it has one."""
        reason = why_not(name, self.task, self.counts)
        if reason is None and not math.isfinite(self.values.get(name, math.nan)):
            return "it is too large for a float64"
        return reason


@dataclass(frozen=True)
class Verdict:
    """Whether the model is blessed, and all that a reader needs to know of it.

    Attributes:
        blessed: whether it is.
        gate: what it had to reach, in a sentence.
        decided: the figure that decided, in a sentence.
        rows: that have a label.
        confidence: of the intervals.
        metrics: by name, over all eval rows; those that exist and are shown.
        intervals: of these.
        has_baseline: whether a model was blessed before.
        baseline: the same of the last blessed model; empty when there is none.
        changes: against that, by name.
        linear: the same of a linear model of the same training rows.
        trivial: the same of the trivial answer.
        missing: by name, why a metric does not exist.
        notes: what was not compared or cannot be told, and why.
        refusals: why it is not blessed.
    """

    blessed: bool
    gate: str
    decided: str = ""
    rows: int = 0
    confidence: float = 0.95
    metrics: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    has_baseline: bool = False
    baseline: dict[str, float] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    linear: dict[str, float] = field(default_factory=dict)
    trivial: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refusals: list[Problem] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write it beside the blessing; an interval that is not there has null for its ends."""
        write_json(folder / VERDICT_FILE, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> Verdict:
        """Read what `write` wrote."""
        return cls.parse((folder / VERDICT_FILE).read_bytes())

    @classmethod
    def parse(cls, text: bytes) -> Verdict:
        """Read the text of the file."""
        values = json.loads(text)
        values["refusals"] = [Problem(**problem) for problem in values["refusals"]]
        for name in ("intervals", "changes"):
            parse = _interval if name == "intervals" else _change
            values[name] = {key: parse(each) for key, each in values.get(name, {}).items()}
        return cls(**values)


def _interval(values: dict[str, Any]) -> Interval:
    ends = {end: math.nan if values[end] is None else values[end] for end in ("low", "high")}
    return Interval(**{**values, **ends})


def _change(values: dict[str, Any]) -> Change:
    return Change(**{**values, "loss": _interval(values["loss"])})
