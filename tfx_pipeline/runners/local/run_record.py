"""One run as it goes on: its folder, its steps, and the summary that it leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.config.yaml_source import KeyPath
from tfx_pipeline.errors import Problem
from tfx_pipeline.runners.steps.console import StepLine
from tfx_pipeline.storage.local_files import write_json

if TYPE_CHECKING:
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
        metrics: over all eval rows, of the candidate.
        missing_metrics: by name, why a metric could not be computed.
        has_baseline: whether a model was blessed before.
        baseline_metrics: the same of the last blessed model; empty when there is none.
        refusals: why the model was not blessed.
        infra_check: what InfraCheck found; empty when another check, or none, was made.
        notes: things worth knowing that stop nothing.
        model: folder of the pushed version.
        smoke_rows: rows that the pushed model answered as in training.
        artifacts: folder of each artifact, by `step.output`.
    """

    status: str = "failed"
    rows: dict[str, int] = field(default_factory=dict)
    quarantine: str = ""
    data_tests: list[dict[str, Any]] = field(default_factory=list)
    gate: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    missing_metrics: dict[str, str] = field(default_factory=dict)
    has_baseline: bool = False
    baseline_metrics: dict[str, float] = field(default_factory=dict)
    refusals: list[Problem] = field(default_factory=list)
    infra_check: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    model: Path | None = None
    smoke_rows: int = 0
    artifacts: dict[str, str] = field(default_factory=dict)


@dataclass
class RunRecord:
    """One run of a pipeline on this machine.

    `place` gives `file:line` of a value of the configuration by its keys, where it is known.
    """

    config: PipelineConfig
    options: RunOptions
    table: Table
    run_id: str
    place: Callable[[KeyPath], str | None] = lambda keys: None
    steps: list[StepLine] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
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
            "seconds": round(self.seconds, 3),
            "steps": [asdict(step) for step in self.steps],
            **asdict(self.outcome),
        }
        file = self.folder / "summary.json"
        write_json(file, values)
        return file
