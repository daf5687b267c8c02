"""A step whose process was silent for so long that another one took over, and comes back."""

from __future__ import annotations

import pytest

from tests.forked import Done, forked
from tests.runners.node.project import NodeProject

pytestmark = [pytest.mark.slow, pytest.mark.once]

NODE = "SchemaGen"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> NodeProject:
    project = NodeProject(tmp_path_factory.mktemp("taken"), "environment.cache=false")
    for run in ("done", "lost", "failed"):
        project.run_all(["CsvExampleGen", "StatisticsGen"], run)
    return project


def taken_over(project: NodeProject, how: str) -> Done:
    program = ["python", "-m", "tests.runners.node.taken_over_node", how]
    words = ["node", f"--ir={project.ir}", f"--node-id={NODE}", f"--run-id={how}"]
    return forked().start([*program, *words], cwd=project.folder).wait()


def test_node_that_comes_back_after_the_step_was_done_publishes_nothing(
    project: NodeProject,
) -> None:
    done = taken_over(project, "done")
    assert done.status == 0, done.out + done.err
    assert f"= {NODE}" in done.out and "done before in this run" in done.out
    assert project.states(NODE, "done") == ["CANCELED", "COMPLETE"]


@pytest.mark.parametrize("how", ["lost", "failed"])
def test_node_that_comes_back_while_another_is_at_it_leaves_the_records_alone(
    project: NodeProject, how: str
) -> None:
    done = taken_over(project, how)
    assert done.status == 1
    assert f"{NODE} is not finished by this process" in done.out
    assert "another process took over the step" in done.out and "CANCELED" in done.out
    assert project.states(NODE, how) == ["CANCELED"]
