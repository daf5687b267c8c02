"""The shipped taxi pipeline by `tfx-pipeline node`: a process for each step, metadata in SQLite."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.project import ROWS, Project
from tests.emulators.same_results import assert_same_results
from tests.forked import Job, forked
from tfx_pipeline.runners.node.ir_file import read_ir

pytestmark = [pytest.mark.e2e, pytest.mark.once]

AT_ONCE = 3  # a step, and those that wait for it


class NodeProcesses:
    """A compiled copy of the project that the other end-to-end tests run as a whole."""

    def __init__(self, folder: Path) -> None:
        self.project = Project(folder, ROWS)
        settings = self.project.command()[2:]
        words = ["compile", *settings, "--target=ir", "--upload", "--output=ir.json"]
        done = forked().run(words, cwd=folder)
        assert done.status == 0, done.out + done.err
        self.steps = read_ir(str(folder / "ir.json")).node_ids

    def start(self, step: str, run_id: str = "one") -> Job:
        """Start a step; it waits for those before it."""
        words = ["node", "--ir=ir.json", f"--node-id={step}", f"--run-id={run_id}"]
        return forked().start([*words, "--wait-s=300"], cwd=self.project.folder)

    def run(self) -> dict[str, str]:
        """Run all steps, several at once; give what each printed."""
        outputs: dict[str, str] = {}
        running: list[tuple[str, Job]] = []
        waiting = [*self.steps]
        while running or waiting:
            while waiting and len(running) < AT_ONCE:
                step = waiting.pop(0)
                running.append((step, self.start(step)))
            step, job = running.pop(0)
            done = job.wait(600)
            assert done.status == 0, done.out + done.err
            outputs[step] = done.out
        return outputs

    def artifacts(self) -> dict[str, str]:
        """Give the folder of each output, as the summary of a local run does."""
        root = self.project.folder / "tfx_pipeline_output/taxi"
        folders = [x for x in root.glob("*/*/*") if x.name.isdecimal()]
        return {f"{x.parents[1].name}.{x.parent.name}": str(x) for x in folders}


def test_taxi_by_nodes_is_pushed_and_equals_the_run_in_one_process(
    first_run: tuple[Project, str], tmp_path: Path
) -> None:
    nodes = NodeProcesses(tmp_path)
    outputs = nodes.run()
    for step, out in outputs.items():
        assert f"✓ {step}" in out and "Traceback" not in out
    assert "blessed" in outputs["Evaluator"]
    assert "32 rows by REST and gRPC" in outputs["InfraCheck"]
    (version,) = [x for x in nodes.project.versions if x.name.isdecimal()]
    assert f"version {version.name}" in outputs["Pusher"]
    assert (version / "saved_model.pb").is_file()
    local, _ = first_run
    first = min((local.folder / "tfx_pipeline_output/taxi/runs").iterdir())
    summary = json.loads((first / "summary.json").read_text(encoding="utf-8"))
    assert_same_results(nodes.artifacts(), summary["artifacts"], slack=1e-4)
