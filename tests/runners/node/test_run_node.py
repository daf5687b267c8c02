"""One step in a process of its own: repeated, killed, ended, raced; real steps on the penguins."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest

from tests.runners.node.project import NodeProject

pytestmark = pytest.mark.slow

SEED = "environment.runtime_parameters=[data.split.seed, evaluation.thresholds]"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> NodeProject:
    """The project with one run, `first`, up to the schema; its tests take runs of their own."""
    project = NodeProject(tmp_path_factory.mktemp("nodes"), SEED, "environment.cache=false")
    project.run_all(["CsvExampleGen", "StatisticsGen", "SchemaGen"], "first")
    return project


def test_node_done_before_is_not_done_again(project: NodeProject) -> None:
    done = project.run("StatisticsGen", "first")
    assert done.status == 0
    assert "= StatisticsGen" in done.out and "done before in this run" in done.out
    assert "train 235 rows, eval 109 rows" in done.out
    assert project.states("StatisticsGen", "first") == ["COMPLETE"]


def test_node_before_its_upstream_steps_is_refused_naming_them(project: NodeProject) -> None:
    done = project.run("ExampleValidator", "empty")
    assert done.status == 1
    assert "ExampleValidator cannot run yet" in done.out
    assert "it needs SchemaGen, which is not done in run empty: not started" in done.out
    assert "--reuse latest" in done.out
    assert project.states("ExampleValidator", "empty") == []


def test_node_with_reuse_takes_what_it_lacks_from_the_latest_run(project: NodeProject) -> None:
    done = project.run("ExampleValidator", "reusing", "--reuse=latest")
    assert done.status == 0, done.out + done.err
    assert "taken from run first: CsvExampleGen, StatisticsGen, SchemaGen" in done.out
    assert "no anomalies" in done.out
    assert project.states("SchemaGen", "reusing") == ["CACHED"]
    again = project.run("ExampleValidator", "reusing", "--reuse=latest")
    assert again.status == 0 and "done before" in again.out
    assert project.states("ExampleValidator", "reusing") == ["COMPLETE"]


def test_node_with_reuse_of_a_run_that_lacks_a_step_is_refused(project: NodeProject) -> None:
    done = project.run("Trainer", "lacking", "--reuse=first")
    assert done.status == 2
    assert "run first has not finished all of these steps" in done.out


def test_node_killed_half_way_is_cleaned_up_and_done_again(project: NodeProject) -> None:
    project.run_all(["CsvExampleGen"], "killed")
    before = project.written("StatisticsGen", "statistics")
    job = project.start("StatisticsGen", "killed")
    wait_for_more(project, before)
    job.send(signal.SIGKILL)
    assert job.wait().status == -signal.SIGKILL
    assert project.states("StatisticsGen", "killed") == ["RUNNING"]
    (half,) = {*project.written("StatisticsGen", "statistics")} - {*before}
    done = project.run("StatisticsGen", "killed")
    assert done.status == 0, done.out + done.err
    assert "an earlier attempt was cut off: what it left was removed" in done.out
    assert project.states("StatisticsGen", "killed") == ["CANCELED", "COMPLETE"]
    assert not half.exists()
    assert len(project.written("StatisticsGen", "statistics")) == len(before) + 1


def test_node_ended_by_sigterm_at_any_moment_leaves_nothing_open(project: NodeProject) -> None:
    run = "terminated"
    project.run_all(["CsvExampleGen"], run)
    before = project.written("StatisticsGen", "statistics")
    statuses = set()
    for seconds in (0.02, 0.15, 0.3, 0.45, 0.6, 0.8):
        job = project.start("StatisticsGen", run)
        time.sleep(seconds)
        if not job.ended.is_set():
            job.send(signal.SIGTERM)
        done = job.wait()
        statuses.add(done.status)
        states = project.states("StatisticsGen", run)
        assert not {"RUNNING", "NEW"} & {*states}, done.out
        complete = states.count("COMPLETE")
        assert len(project.written("StatisticsGen", "statistics")) == len(before) + complete
        if complete:
            break
        if done.status == 143:
            assert "ended by SIGTERM; nothing half-done is left" in done.out
    assert statuses <= {143, -signal.SIGTERM, 0} and statuses != {0}
    assert project.run("StatisticsGen", run).status == 0
    assert project.states("StatisticsGen", run).count("COMPLETE") == 1


def test_node_run_twice_at_once_is_done_once(project: NodeProject) -> None:
    project.run_all(["CsvExampleGen"], "twice")
    jobs = [project.start("StatisticsGen", "twice") for _ in range(3)]
    ends = [job.wait() for job in jobs]
    assert sorted(end.status for end in ends)[0] == 0
    for end in ends:
        assert end.status in (0, 1), end.out + end.err
        if end.status == 1:
            assert "another process runs StatisticsGen of run twice now" in end.out
    assert project.states("StatisticsGen", "twice") == ["COMPLETE"]


def test_nodes_of_one_run_wait_for_each_other(project: NodeProject) -> None:
    jobs = [
        project.start(node, "waiting", "--wait-s=60")
        for node in ("SchemaGen", "StatisticsGen", "CsvExampleGen")
    ]
    for job in jobs:
        done = job.wait()
        assert done.status == 0, done.out + done.err
    assert project.states("SchemaGen", "waiting") == ["COMPLETE"]


def test_node_that_waits_in_vain_says_for_what(project: NodeProject) -> None:
    done = project.run("StatisticsGen", "vain", "--wait-s=0.2")
    assert done.status == 1
    assert "StatisticsGen cannot run yet, after 0.2 s" in done.out
    assert "it needs CsvExampleGen, which is not done in run vain: not started" in done.out
    assert project.states("StatisticsGen", "vain") == []


def test_node_with_a_declared_parameter_uses_its_value(project: NodeProject) -> None:
    done = project.run("CsvExampleGen", "seeded", "--set=data.split.seed=7")
    assert done.status == 0, done.out + done.err
    same = project.run("CsvExampleGen", "same", "--set=data.split.seed=0")
    assert same.status == 0
    first, *_, seeded, unchanged = project.written("CsvExampleGen", "examples")
    read = {name: (name / "Split-eval").glob("*") for name in (first, seeded, unchanged)}
    contents = {name: b"".join(x.read_bytes() for x in files) for name, files in read.items()}
    assert contents[first] == contents[unchanged] != contents[seeded]


def test_node_with_a_run_id_of_another_pipeline_is_refused(project: NodeProject) -> None:
    document = json.loads(project.ir.read_text(encoding="utf-8").replace("penguins", "puffins"))
    other = project.folder / "other.json"
    other.write_text(json.dumps(document), encoding="utf-8")
    url = f"--metadata-url=sqlite://{project.database}"
    done = project.run("CsvExampleGen", "first", f"--ir={other}", url)
    assert done.status == 2
    assert "this run id belongs to the pipeline `penguins`" in done.out
    assert "choose another run id" in done.out


def test_node_without_its_table_is_refused_before_it_begins(project: NodeProject) -> None:
    table = Path(project.document()["inputs"]["table_folder"])
    aside = table.rename(table.with_name("aside"))
    try:
        done = project.run("CsvExampleGen", "tableless")
    finally:
        aside.rename(table)
    assert done.status == 2
    assert f"{table}: what this step reads is not there" in done.out
    assert "tfx-pipeline compile --upload" in done.out
    assert project.states("CsvExampleGen", "tableless") == []


def test_node_that_fails_is_closed_and_can_be_repeated(project: NodeProject) -> None:
    file = Path(project.document()["inputs"]["table_folder"]) / "table.json"
    content = file.read_bytes()
    file.write_bytes(content.replace(b'"rows": 344', b'"rows": 345'))
    try:
        done = project.run("CsvExampleGen", "failing")
    finally:
        file.write_bytes(content)
    assert done.status == 1
    assert "✗ CsvExampleGen" in done.out and "the rows do not add up" in done.out
    assert "received 345 rows" in done.out and "remove it: it is written again" in done.out
    assert project.states("CsvExampleGen", "failing") == ["FAILED"]
    assert project.run("CsvExampleGen", "failing").status == 0
    assert project.states("CsvExampleGen", "failing") == ["FAILED", "COMPLETE"]


def test_node_writes_below_the_pipeline_root_that_is_asked_for(
    project: NodeProject, tmp_path: Path
) -> None:
    url = f"--metadata-url=sqlite://{tmp_path}/here.db"
    done = project.run("CsvExampleGen", "elsewhere", f"--pipeline-root={tmp_path}/root", url)
    assert done.status == 0, done.out + done.err
    assert (tmp_path / "root/CsvExampleGen/examples/1/Split-train").is_dir()
    assert (tmp_path / "here.db").is_file()
    assert project.states("CsvExampleGen", "elsewhere") == []


def wait_for_more(project: NodeProject, before: list[Path]) -> None:
    until = time.monotonic() + 60
    while len(project.written("StatisticsGen", "statistics")) == len(before):
        assert time.monotonic() < until
        time.sleep(0.005)
