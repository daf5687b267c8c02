"""A run known by its traces alone: what its steps left, and ML Metadata."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.report.page.reading import parsed
from tfx_pipeline.config.loader import load_config
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.errors import Problem
from tfx_pipeline.report.cluster_run import run_from_its_traces
from tfx_pipeline.report.making import facts_of
from tfx_pipeline.report.page.rendering import render_page
from tfx_pipeline.runners.steps.step_outcome import Attempt, StepOutcome

BEGAN = datetime(2026, 1, 1, tzinfo=timezone.utc)


def outcome(node_id: str, begins_s: int, **values: Any) -> StepOutcome:
    attempt = Attempt(
        "pod",
        BEGAN + timedelta(seconds=begins_s),
        BEGAN + timedelta(seconds=begins_s + 10),
        0,
        5000,
    )
    return replace(StepOutcome(node_id, "run", "done", (attempt,), facts="made"), **values)


@pytest.fixture
def config(repository: Path, tmp_path: Path) -> PipelineConfig:
    places = (
        f"environment.pipeline_root={tmp_path}/root",
        f"environment.metadata.path={tmp_path}/metadata.db",
    )
    return load_config(repository / "configs/penguins.yaml", None, places).config


def test_steps_of_a_cluster_tell_of_a_refused_run(config: PipelineConfig) -> None:
    folder = config.pipeline_root / "runs/run"
    folder.mkdir(parents=True)
    problem = Problem("metric `accuracy` misses its threshold", None, "0.5", "at least 0.9")
    for each in (
        outcome("Trainer", 0),
        outcome("Evaluator", 10, is_cached=True),
        outcome("Pusher", 30, state="refused", title="refused", problems=(problem,)),
    ):
        (folder / f"{each.node_id}.json").write_text(each.to_json())
    facts = facts_of(config, "run")
    assert facts.run.status == "refused"
    assert [(x.id, x.state, x.seconds) for x in facts.steps] == [
        ("Trainer", "ran", 10.0),
        ("Evaluator", "cached", 10.0),
        ("Pusher", "refused", 10.0),
    ]
    assert facts.run.seconds == 40
    assert facts.steps[0].peak_memory_bytes == 5000
    assert "metric `accuracy` misses its threshold: 0.5" in facts.decision.sentence
    assert "ML Metadata cannot be read" in " ".join(facts.run.notes)
    assert "Refused" in parsed(render_page(facts)).all("h1")[0].text


def test_run_without_traces_is_none(config: PipelineConfig) -> None:
    assert run_from_its_traces(config, "run") is None


@pytest.mark.e2e
def test_run_of_this_machine_reads_the_same_with_and_without_its_summary(
    repository: Path, local_penguins: dict[str, str], tmp_path: Path
) -> None:
    root = Path(local_penguins["Trainer.model"]).parents[2]
    places = (
        f"environment.pipeline_root={root}",
        f"environment.metadata.path={root.parent}/metadata.db",
        f"push.base_directory={root.parent}/serving",
    )
    config = load_config(repository / "configs/penguins.yaml", None, places).config
    (folder,) = (root / "runs").iterdir()
    told = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    found = run_from_its_traces(config, folder.name)
    assert found is not None
    assert (found["status"], found["model"]) == ("pushed", told["model"])
    assert found["lineage"] == told["lineage"]
    assert found["artifacts"] == told["artifacts"]

    whole = facts_of(config, folder.name)
    assert whole.missing == ()
    page = parsed((folder / "report.html").read_text(encoding="utf-8"))
    assert "is not there" not in page.text
    assert "cannot be shown" not in page.text
    assert len(page.all("figure")) >= 12
    assert (folder / "report.html").stat().st_size < 300_000
    assert all(x.peak_memory_bytes for x in whole.steps if x.id != "smoke query")
    assert whole.training.curves[0].values[-1] < whole.training.curves[0].values[0]
    # Each artifact is made from one that is there, up to the table.
    keys = {x.key for x in whole.artifacts}
    assert all(set(x.made_from) <= keys for x in whole.artifacts)
    assert {x.key for x in whole.artifacts if not x.made_from} == {"CsvExampleGen.examples"}

    kept = tmp_path / "summary.json"
    shutil.move(folder / "summary.json", kept)
    try:
        traces = facts_of(config, folder.name)
    finally:
        shutil.move(kept, folder / "summary.json")
    assert traces.evaluation == whole.evaluation
    assert traces.metrics == whole.metrics
    assert traces.run.version == whole.run.version
