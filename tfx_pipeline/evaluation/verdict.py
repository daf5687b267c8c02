"""What a model is asked for, what was measured of it, and what came of that: as plain values."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.metric_names import MetricName
from tfx_pipeline.evaluation.metrics import why_not
from tfx_pipeline.evaluation.scored_rows import Counts
from tfx_pipeline.storage.local_files import write_atomically

VERDICT_FILE = "verdict.json"
"""Beside the Evaluator's blessing: `Verdict` as JSON."""


@dataclass(frozen=True)
class Bounds:
    """What a metric must reach; see `config.sections.evaluation.ThresholdConfig`."""

    min: float | None = None
    max: float | None = None
    max_loss_against_baseline: float | None = None


@dataclass(frozen=True)
class Gates:
    """What is asked of a model.

    Attributes:
        task: its task.
        classes: names of the classes, in the order of their ids; none of regression.
        metrics: those that are shown.
        thresholds: by metric.
    """

    task: str
    classes: tuple[str, ...]
    metrics: tuple[MetricName, ...]
    thresholds: Mapping[MetricName, Bounds]

    def to_json(self) -> str:
        """Write it as one text, for an execution property."""
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Gates:
        """Read what `to_json` wrote."""
        values = json.loads(text)
        thresholds = {name: Bounds(**each) for name, each in values["thresholds"].items()}
        return cls(values["task"], tuple(values["classes"]), tuple(values["metrics"]), thresholds)


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
class TrivialFigures:
    """What the trivial answer reaches: its main metric, and what it says, in words."""

    loss: float
    words: str


@dataclass(frozen=True)
class Verdict:
    """Whether the model is blessed, and all that a reader needs to know of it.

    Attributes:
        blessed: whether it is.
        gate: what it had to reach, in a sentence.
        metrics: by name, over all eval rows; those that exist.
        has_baseline: whether a model was blessed before.
        baseline: the same of the last blessed model; empty when there is none.
        missing: by name, why a metric does not exist.
        notes: what was not compared, and why.
        refusals: why it is not blessed.
    """

    blessed: bool
    gate: str
    metrics: dict[str, float] = field(default_factory=dict)
    has_baseline: bool = False
    baseline: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    refusals: list[Problem] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write it beside the blessing; no number in it is NaN or infinite."""
        text = json.dumps(asdict(self), indent=1, allow_nan=False)
        write_atomically(folder / VERDICT_FILE, text)

    @classmethod
    def read(cls, folder: Path) -> Verdict:
        """Read what `write` wrote."""
        return cls.parse((folder / VERDICT_FILE).read_bytes())

    @classmethod
    def parse(cls, text: bytes) -> Verdict:
        """Read the text of the file."""
        values = json.loads(text)
        values["refusals"] = [Problem(**problem) for problem in values["refusals"]]
        return cls(**values)
