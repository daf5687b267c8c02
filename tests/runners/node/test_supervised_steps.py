"""Real steps on the penguins under a supervisor, several in one process, and what they leave."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from pathlib import Path

import pytest

from tests.forked import Done, Job, forked
from tests.runners.node.project import NodeProject
from tfx_pipeline.runners.node.outcome_file import read_outcome
from tfx_pipeline.runners.steps.step_outcome import StepOutcome

pytestmark = [pytest.mark.slow, pytest.mark.once]

LIGHT = (
    *("StatisticsGen", "SchemaGen", "ExampleValidator"),
    *("latest_blessed_data_resolver", "DataGate"),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> NodeProject:
    return NodeProject(tmp_path_factory.mktemp("nodes"), "environment.cache=false")


def start(project: NodeProject, run: str, *words: str, nodes: tuple[str, ...] = LIGHT) -> Job:
    ids = [f"--node-id={node}" for node in nodes]
    program = ["python", "-m", "tests.runners.node.quick_node", "node", f"--ir={project.ir}"]
    return forked().start([*program, *ids, f"--run-id={run}", *words], cwd=project.folder)


def outcome(project: NodeProject, run: str, node: str) -> StepOutcome | None:
    root = project.folder / "tfx_pipeline_output/penguins/runs"
    return read_outcome(str(root / run / f"{node}.json"))


def states(project: NodeProject, run: str, nodes: tuple[str, ...] = LIGHT) -> list[str | None]:
    found = [outcome(project, run, node) for node in nodes]
    return [x and x.state for x in found]


def lines(done: Done) -> list[str]:
    """Give the steps of the lines of steps, each with its mark."""
    return re.findall(r"^  ([✓=✗] \w+)", done.out, re.MULTILINE)


def test_node_writes_what_came_of_the_step_without_a_supervisor(project: NodeProject) -> None:
    assert project.run("CsvExampleGen", "alone").status == 0
    written = outcome(project, "alone", "CsvExampleGen")
    assert written and written.state == "done" and written.max_attempts == 1
    assert "--node-id=CsvExampleGen" in written.command
    assert written.facts in project.run("CsvExampleGen", "alone").out
    (attempt,) = written.attempts
    assert attempt.ended and attempt.exit_status == 0
    assert attempt.peak_memory_bytes and attempt.peak_memory_bytes > 50e6
    assert outcome(project, "alone", "CsvExampleGen") == written


def test_nodes_of_one_process_run_in_the_pipelines_order(project: NodeProject) -> None:
    project.run_all(["CsvExampleGen"], "together")
    done = start(project, "together", "--attempts=2", nodes=LIGHT[::-1]).wait()
    assert done.status == 0, done.out + done.err
    assert lines(done) == [f"✓ {node}" for node in LIGHT]
    assert [project.states(node, "together") for node in LIGHT] == [["COMPLETE"]] * 5
    assert states(project, "together") == ["done"] * 5
    again = start(project, "together", "--attempts=2").wait()
    assert lines(again) == [f"= {node}" for node in LIGHT] and again.status == 0


def test_nodes_of_one_process_that_is_killed_go_on_where_they_were(project: NodeProject) -> None:
    project.run_all(["CsvExampleGen"], "killed")
    job = start(project, "killed", "--attempts=2")
    until = time.monotonic() + 120
    while (seen := outcome(project, "killed", "SchemaGen")) is None or seen.state != "running":
        assert time.monotonic() < until, job.text("out")
        time.sleep(0.005)
    children = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    done = job.wait()
    assert done.status == 0, done.out + done.err
    assert "SchemaGen failed\n  its process was killed by SIGKILL" in done.out
    assert lines(done)[:2] == ["✓ StatisticsGen", "= StatisticsGen"]
    assert lines(done)[-4:] == [f"✓ {node}" for node in LIGHT[1:]]
    assert project.states("StatisticsGen", "killed") == ["COMPLETE"]
    assert project.states("SchemaGen", "killed")[-1] == "COMPLETE"
    first, second = (outcome(project, "killed", node) for node in LIGHT[:2])
    assert first and [x.exit_status for x in first.attempts] == [0]
    assert second and [x.exit_status for x in second.attempts] == [-signal.SIGKILL, 0]


def test_nodes_of_one_process_stop_after_a_failure_and_use_up_their_attempts(
    project: NodeProject,
) -> None:
    done = start(project, "early", "--attempts=2").wait()
    assert done.status == 1
    assert done.out.count("it needs CsvExampleGen, which is not done") == 2
    assert "2 attempts are used up" in done.out
    assert states(project, "early") == ["failed", None, None, None, None]
    failed = outcome(project, "early", "StatisticsGen")
    assert failed and [x.exit_status for x in failed.attempts] == [1, 1]
    assert failed.title == "StatisticsGen cannot run yet"


def test_node_that_is_refused_says_why_and_is_not_tried_again(tmp_path: Path) -> None:
    project = NodeProject(tmp_path)
    project.run_all(["CsvExampleGen", "StatisticsGen", "SchemaGen"], "one")
    (schema,) = tmp_path.glob("tfx_pipeline_output/penguins/SchemaGen/schema/*/schema.pbtxt")
    extra = 'feature { name: "weight_kg" type: FLOAT presence { min_fraction: 1 min_count: 1 } }\n'
    schema.write_text(schema.read_text(encoding="utf-8") + extra, encoding="utf-8")
    nodes = ("ExampleValidator", "latest_blessed_data_resolver", "DataGate")
    done = start(project, "one", "--attempts=3", nodes=nodes).wait()
    assert done.status == 3, done.out + done.err
    assert "again in" not in done.out
    assert states(project, "one", nodes) == ["done", "done", "refused"]
    refused = outcome(project, "one", "DataGate")
    assert refused and [x.exit_status for x in refused.attempts] == [3]
    assert refused.title and refused.title.startswith("the data breaks the schema; nothing was")
    assert any("weight_kg" in str(problem) for problem in refused.problems)
    assert all(str(problem.what) in done.out for problem in refused.problems)


def test_node_ended_at_its_deadline_leaves_nothing_open(project: NodeProject) -> None:
    words = ("--attempts=1", "--timeout-s=3", "--wait-s=60")
    done = start(project, "late", *words, nodes=("StatisticsGen",)).wait()
    assert done.status == 1, done.out + done.err
    assert "StatisticsGen failed: out of time" in done.out
    assert project.states("StatisticsGen", "late") == []
    late = outcome(project, "late", "StatisticsGen")
    assert late and late.state == "failed" and late.attempts[0].exit_status == 143


def test_node_that_gets_sigterm_under_a_supervisor_ends_with_143(project: NodeProject) -> None:
    job = start(project, "ended", "--attempts=3", "--wait-s=60", nodes=("StatisticsGen",))
    until = time.monotonic() + 60
    while outcome(project, "ended", "StatisticsGen") is None:
        assert time.monotonic() < until
        time.sleep(0.01)
    time.sleep(0.5)
    os.kill(job.pid, signal.SIGTERM)
    done = job.wait()
    assert done.status == 143, done.out
    assert done.out.count("ended by SIGTERM; nothing half-done is left") == 1
    assert states(project, "ended", ("StatisticsGen",)) == ["stopped"]


def test_node_of_an_ir_of_another_version_says_so_where_the_run_is(
    project: NodeProject, tmp_path: Path
) -> None:
    ir = tmp_path / "ir.json"
    text = project.ir.read_text(encoding="utf-8")
    ir.write_text(re.sub(r'"package": "[^"]*"', '"package": "0.0.1"', text), encoding="utf-8")
    words = ["node", f"--ir={ir}", "--node-id=Trainer", "--run-id=other", "--attempts=2"]
    done = forked().run(words, cwd=project.folder)
    assert done.status == 2
    written = outcome(project, "other", "Trainer")
    assert written and written.state == "failed" and written.attempts[0].exit_status == 2
    assert "made by another version: package 0.0.1" in written.problems[0].what


def test_node_sets_its_umask_before_anything_is_written(project: NodeProject) -> None:
    root = project.folder / "umask"
    url = f"--metadata-url=sqlite://{root}/metadata.db"
    words = (f"--pipeline-root={root}", url, "--umask=027", "--attempts=1")
    job = start(project, "one", *words, nodes=("CsvExampleGen",))
    assert job.wait().status == 0, job.text("out")
    modes = {path: path.stat().st_mode & 0o777 for path in [root, *root.rglob("*")]}
    assert len(modes) > 8
    assert not {str(path): oct(mode) for path, mode in modes.items() if mode & 0o027}
    shutil.rmtree(root)
