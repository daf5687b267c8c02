"""`tfx-pipeline runs`: what runs left behind, newest first."""

from __future__ import annotations

import json
import os

from tests.commands.conftest import CommandLine, ServedProject


def add_run(project: ServedProject, run_id: str, ended: float, **values: object) -> None:
    """Leave a summary that ended at this moment, in seconds since 1970."""
    folder = project.folder / "tfx_pipeline_output/taxi/runs" / run_id
    folder.mkdir(parents=True)
    summary = {"run_id": run_id, "status": "pushed", "seconds": 10.0, **values}
    (folder / "summary.json").write_text(json.dumps(summary), encoding="utf-8")
    os.utime(folder / "summary.json", (ended, ended))


STEPS = [
    {"id": "Trainer", "state": "ran", "seconds": 3.0},
    {"id": "Pusher", "state": "cached", "seconds": 0.1},
]


def test_runs_lists_the_newest_first(project: ServedProject, tfx_pipeline: CommandLine) -> None:
    model = str(project.base / "17")
    add_run(project, "old", 1e9, model=model, rows={"read": 300}, metrics={"auc": 0.9})
    add_run(project, "new", 2e9, status="refused", steps=STEPS, metrics={"auc": 0.5})
    status, out, _ = tfx_pipeline("runs")
    head, names, newest, oldest = (line.split() for line in out.splitlines())
    assert status == 0
    assert " ".join(head) == "taxi: 2 runs in tfx_pipeline_output/taxi"
    assert names == ["run", "began", "seconds", "status", "ran", "rows", "auc", "version"]
    assert newest[0] == "new"
    assert newest[3:] == ["10.0", "refused", "1", "of", "2", "steps", "–", "0.5000", "–"]
    assert oldest[0] == "old"
    assert oldest[3:] == ["10.0", "pushed", "–", "300", "0.9000", "17"]


def test_runs_as_json_has_all_of_the_steps(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    add_run(project, "one", 1e9, steps=STEPS, metrics={"auc": float("nan")})
    add_run(project, "two", 2e9)
    status, out, _ = tfx_pipeline("runs", "--json", "--limit=1")
    assert (status, [run["run_id"] for run in json.loads(out)["runs"]]) == (0, ["two"])
    document = json.loads(tfx_pipeline("runs", "--json")[1])["runs"][1]
    assert document["steps"] == STEPS
    assert document["metrics"] == {"auc": None}
    assert document["folder"].endswith("runs/one")


def test_runs_passes_over_what_is_no_summary(
    project: ServedProject, tfx_pipeline: CommandLine
) -> None:
    for name, text in (("cut", '{"run_id": "cut"'), ("list", "[1]"), ("other", '{"status": "x"}')):
        folder = project.folder / "tfx_pipeline_output/taxi/runs" / name
        folder.mkdir(parents=True)
        (folder / "summary.json").write_text(text, encoding="utf-8")
    assert tfx_pipeline("runs")[:2] == (0, "taxi: 0 runs in tfx_pipeline_output/taxi\n")
