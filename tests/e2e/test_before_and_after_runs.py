"""What a run would do, and what old runs leave: `run --dry-run`, `runs`, `clean`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.project import NO_RISK, ROWS, Project, run_forked

pytestmark = [pytest.mark.e2e, pytest.mark.once, pytest.mark.slow]
CONFIG = "--config=configs/taxi.yaml"


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Give the size and the time of every file below a folder."""
    found = (file for file in folder.rglob("*") if file.is_file())
    states = {str(file.relative_to(folder)): file.stat() for file in found}
    return {
        name: (state.st_size, state.st_mtime_ns)
        for name, state in states.items()
        if not name.endswith((".pyc", ".lock", "file_fingerprints.json"))
    }


def ask(project: Project, *words: str) -> Any:
    """Run a command of `tfx-pipeline`, and give its JSON document."""
    done = run_forked(["-m", "tfx_pipeline.cli", *words, CONFIG, "--json"], project.folder)
    return json.loads(done.stdout)


def planned(project: Project, *words: str) -> dict[str, str]:
    """Give the reasons of the steps that a run would not take from the cache, resolvers aside."""
    plan = json.loads(project.run("--dry-run", "--json", *words))
    return {
        step["id"]: step["reason"]
        for step in plan["steps"]
        if step["works"] and step["reason"] != "always does"
    }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "project", ROWS)


def test_dry_run_says_what_the_next_run_then_does_and_writes_nothing(project: Project) -> None:
    first = planned(project)
    assert (first["CsvExampleGen"], first["StatisticsGen"]) == (
        "the rows are new",
        "after CsvExampleGen",
    )
    assert not list(project.folder.glob("tfx_*"))
    project.run()
    before = files_of(project.folder)
    assert "nothing changed since run" in project.run("--dry-run")
    epochs = "--set=model.epochs=2"
    foreseen = planned(project, epochs)
    assert foreseen == {
        "Trainer": "model changed",
        "Evaluator": "after Trainer, latest_blessed_model_resolver",
        "ModelRiskAssessor": "after Trainer, Evaluator",
        "InfraCheck": "after Trainer",
        "Pusher": "after Trainer, ModelRiskAssessor, InfraCheck",
        "latest_blessed_model_resolver": "after Trainer",
    }
    only = planned(project, "--from=Evaluator", "--no-cache")
    assert only == dict.fromkeys(only, "caching is off") | {
        "ModelRiskAssessor": "after Evaluator",
        "Pusher": "after ModelRiskAssessor, InfraCheck",
    }
    lines = project.table.read_text(encoding="utf-8").splitlines(keepends=True)
    project.table.write_text("".join(lines[:-1]), encoding="utf-8")
    assert planned(project).keys() > {"CsvExampleGen", "Trainer"}
    project.table.write_text("".join(lines), encoding="utf-8")
    after = files_of(project.folder)
    del before["data/taxi/data.csv"], after["data/taxi/data.csv"]
    assert after == before
    project.run(epochs)
    steps = json.loads((project.latest_run / "summary.json").read_text())["steps"]
    ran = {step["id"] for step in steps if step["state"] == "ran"}
    assert ran - {"smoke query", "latest_blessed_data_resolver"} == foreseen.keys()


def test_clean_keeps_what_is_served_and_what_kept_runs_use(tmp_path: Path) -> None:
    project = Project(tmp_path / "project", ROWS, NO_RISK)
    project.run("--run-id=first")
    project.run("--run-id=second", "--set=model.seed=1")
    project.run("--run-id=third", "--set=evaluation.thresholds.auc={min: 0.9999}", status=3)
    root = project.folder / "tfx_pipeline_output/taxi"
    models = sorted((root / "Trainer/model").iterdir())
    versions = files_of(project.folder / "serving_model")
    before = files_of(project.folder)
    dry = ask(project, "clean", "--keep=1", "--dry-run")
    assert (dry["kept_runs"], dry["removed_runs"]) == (["third", "second"], ["first"])
    assert files_of(project.folder) == before
    done = ask(project, "clean", "--keep=1")
    assert {**done, "dry_run": True} == dry
    assert done["removed_bytes"] > 1000
    # The third run took the first one's model from the cache.
    assert sorted((root / "Trainer/model").iterdir()) == models
    assert files_of(project.folder / "serving_model") == versions
    left = root / "runs/first"
    assert [file.name for file in left.iterdir()] == ["summary.json"]
    assert [run["run_id"] for run in ask(project, "runs")["runs"]] == ["third", "second", "first"]
    project.run("--run-id=fourth", "--set=model.seed=2")
    ask(project, "clean", "--keep=1")
    # Its own, and the second run's, which it was compared with.
    left = sorted((root / "Trainer/model").iterdir(), key=lambda each: int(each.name))
    assert len(left) == 2
    assert left[0] in models
    # What is kept is reused, and what was removed is made again.
    project.run("--run-id=fifth")
    steps = json.loads((root / "runs/fifth/summary.json").read_text())["steps"]
    states = {step["id"]: step["state"] for step in steps}
    assert (states["Transform"], states["Trainer"]) == ("cached", "ran")


def test_clean_while_a_run_works_is_refused(project: Project) -> None:
    process = project.start("--run-id=long")
    try:
        lock = project.folder / "tfx_metadata/taxi/metadata.db.lock"
        for _ in range(600):
            if lock.is_file() and "long" in lock.read_text():
                break
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        words = ["-m", "tfx_pipeline.cli", "clean", "--keep=1", CONFIG]
        done = run_forked(words, project.folder, 2)
        assert "another run is writing to this metadata store: run long" in done.stderr
    finally:
        process.terminate()
        process.communicate()
