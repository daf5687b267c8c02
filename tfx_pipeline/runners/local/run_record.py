"""One run as it goes on: its folder, its steps, and the summary that it leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.runners.local.surroundings import clean_command, resolved, surroundings
from tfx_pipeline.runners.steps.console import StepLine
from tfx_pipeline.runners.steps.step_lineage import StepLineage
from tfx_pipeline.storage.local_files import write_json

if TYPE_CHECKING:
    from tfx_pipeline.evaluation.evaluation_facts import Change
    from tfx_pipeline.evaluation.intervals.interval import Interval
    from tfx_pipeline.export.verdict import ExportedFormat
    from tfx_pipeline.ingestion.table import Table


def input_folder(config: PipelineConfig) -> Path:
    """Say where the copy of the table is that the steps read."""
    return config.pipeline_root / "input"


@dataclass(frozen=True)
class RunOptions:
    """What the command line says about one run.

    The `command` are the words that started it, without `--from`, `--to` and `--only`. Steps before
    `from_node` are taken from the latest run; without a `run_id`, one is made from the time.
    """

    run_id: str | None = None
    from_node: str | None = None
    to_node: str | None = None
    command: Sequence[str] = ("python", "run_local.py")

    @property
    def is_partial(self) -> bool:
        """Whether some steps are left out."""
        return self.from_node is not None or self.to_node is not None


@dataclass
class Outcome:
    """What came of a run, filled in while it goes on.

    Attributes:
        status: `pushed`, `refused`, `partial` (some steps were left out), `failed`,
            or `interrupted`.
        rows: rows read, of each split, without a label, dropped by the rule, and quarantined.
        quarantine: file of the rows that were put aside; empty: none were.
        data_tests: what came of the tests of the data.
        gate: what the model had to reach in the evaluation, in a sentence.
        decided: the figure that decided, in a sentence.
        metrics: over all eval rows, of the candidate.
        intervals: of these.
        confidence: of the intervals.
        missing_metrics: by name, why a metric could not be computed.
        has_baseline: whether a model was blessed before.
        baseline_metrics: the same of the last blessed model; empty when there is none.
        changes: against that, by metric.
        linear_metrics: the same of a linear model of the same training rows.
        trivial_metrics: the same of the trivial answer.
        judged_models: how many models these eval rows have judged; 0: that is not known.
        refusals: why the model was not blessed.
        risk: what came of each risk check, by its name; empty: none was made.
        risks_accepted: risks that somebody took: `check`, `reason`, `by` and `on`, a date.
        infra_check: what InfraCheck found; empty when another check, or none, was made.
        formats: other formats that were asked for, and how each was proven.
        worst_rows: that a refused format answers worst, as they stand in the table.
        notes: things worth knowing that stop nothing.
        model: folder of the pushed version.
        smoke_rows: rows that the pushed model answered as in training.
        artifacts: folder of each artifact, by `step.output`.
        lineage: of each step that is done: what it read, and by which code.
        title: one line about why a step failed, or why the data were refused; empty: none did.
        problems: why, in detail.
    """

    status: str = "failed"
    rows: dict[str, int] = field(default_factory=dict)
    quarantine: str = ""
    data_tests: list[dict[str, Any]] = field(default_factory=list)
    gate: str = ""
    decided: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    confidence: float = 0.95
    missing_metrics: dict[str, str] = field(default_factory=dict)
    has_baseline: bool = False
    baseline_metrics: dict[str, float] = field(default_factory=dict)
    changes: dict[str, Change] = field(default_factory=dict)
    linear_metrics: dict[str, float] = field(default_factory=dict)
    trivial_metrics: dict[str, float] = field(default_factory=dict)
    judged_models: int = 0
    refusals: list[Problem] = field(default_factory=list)
    risk: dict[str, str] = field(default_factory=dict)
    risks_accepted: list[dict[str, str]] = field(default_factory=list)
    infra_check: dict[str, Any] = field(default_factory=dict)
    formats: list[ExportedFormat] = field(default_factory=list)
    worst_rows: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    model: Path | None = None
    smoke_rows: int = 0
    artifacts: dict[str, str] = field(default_factory=dict)
    lineage: list[StepLineage] = field(default_factory=list)
    title: str = ""
    problems: list[Problem] = field(default_factory=list)

    def remember(self, error: PipelineError) -> None:
        """Keep why the run ended."""
        self.title, self.problems = error.title, list(error.problems)


@dataclass
class RunRecord:
    """One run of a pipeline on this machine.

    `place` gives `file:line` of a value of the configuration by its keys, where it is known;
    `report` says where the page of the run is, or why it is not there.
    """

    config: PipelineConfig
    options: RunOptions
    table: Table
    run_id: str
    place: Callable[[KeyPath], str | None] = lambda keys: None
    steps: list[StepLine] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    report: str = ""
    began: datetime = field(default_factory=lambda: datetime.now().astimezone())
    started: float = field(default_factory=time.monotonic)

    @property
    def folder(self) -> Path:
        """Where the log and the summary of this run go."""
        return self.config.pipeline_root / "runs" / self.run_id

    @property
    def log_file(self) -> Path:
        """Where everything goes that TFX, Beam and TensorFlow print."""
        return self.folder / "run.log"

    @property
    def seconds(self) -> float:
        """Wall time so far."""
        return time.monotonic() - self.started

    def write_summary(self) -> Path:
        """Write `summary.json` for programs to read; give its path."""
        values: dict[str, Any] = {
            "pipeline": self.config.name,
            "run_id": self.run_id,
            "began": self.began.isoformat(timespec="seconds"),
            "seconds": round(self.seconds, 3),
            "command": clean_command(self.options.command),
            "data": {"place": self.config.data.name, "digest": self.table.digest},
            "config": resolved(self.config),
            "surroundings": surroundings(),
            "steps": [asdict(step) for step in self.steps],
            **asdict(self.outcome),
        }
        file = self.folder / "summary.json"
        write_json(file, values)
        return file
