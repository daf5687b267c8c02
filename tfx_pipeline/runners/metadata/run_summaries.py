"""The summaries that runs on this machine left behind; TFX is not imported."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.serving.versions.source import parse_version

SUMMARY = "summary.json"
_STEP = {"id", "state", "seconds"}
_MOST_RUNS = 5  # the last ones say how long a step takes


@dataclass(frozen=True)
class RunSummary:
    """What one run left behind.

    Attributes:
        folder: of its log and its summary.
        run_id: its id.
        status: `pushed`, `refused`, `partial`, `failed` or `interrupted`.
        began: local time, with its zone.
        seconds: that it took.
        rows: as `Outcome.rows`; the metrics likewise.
        version: of the model that it pushed; none: it pushed none.
        artifacts: folder of each, by `step.output`.
        steps: as they were shown: `id`, `state`, `seconds`, `reason`, `facts`.
    """

    folder: Path
    run_id: str
    status: str
    began: datetime
    seconds: float
    rows: Mapping[str, int] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    version: int | None = None
    artifacts: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[Mapping[str, Any]] = ()


def run_summaries(config: PipelineConfig) -> list[RunSummary]:
    """Read the summaries of a pipeline's runs, newest first; what is none is passed over."""
    files = (config.pipeline_root / "runs").glob(f"*/{SUMMARY}")
    read = [_read(file) for file in files]
    return sorted(filter(None, read), key=lambda each: each.began, reverse=True)


def usual_seconds(runs: Sequence[RunSummary], node_id: str) -> float | None:
    """Say how long a step takes: the median of the last runs in which it worked; None: none did."""
    taken = [
        float(step["seconds"])
        for run in runs
        for step in run.steps
        if step["id"] == node_id and step["state"] == "ran"
    ]
    return median(taken[:_MOST_RUNS]) if taken else None


def _read(file: Path) -> RunSummary | None:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        ended = file.stat().st_mtime
        seconds = float(values.get("seconds", 0))
        model = values.get("model")  # a path; the project may have been moved since
        return RunSummary(
            folder=file.parent,
            run_id=str(values["run_id"]),
            status=str(values["status"]),
            began=datetime.fromtimestamp(ended - seconds).astimezone(),
            seconds=seconds,
            rows=dict(values.get("rows", {})),
            metrics=dict(values.get("metrics", {})),
            artifacts=dict(values.get("artifacts", {})),
            version=parse_version(Path(model).name) if model else None,
            steps=[step for step in values.get("steps", ()) if {*step} >= _STEP],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
