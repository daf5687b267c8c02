"""What ML Metadata says of the steps of a run, and how a step that was cut off is closed."""

from __future__ import annotations

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from tests.runners.node.conftest import Pushes
from tfx_pipeline.runners.node.run_steps import half_written

pytestmark = [pytest.mark.slow, pytest.mark.once]

COMPLETE, RUNNING, FAILED = pb.Execution.COMPLETE, pb.Execution.RUNNING, pb.Execution.FAILED


def test_run_steps_know_only_the_attempts_of_its_run(pushes: Pushes) -> None:
    first = pushes.add("one", FAILED, pushed=False, model=True, infra=True)
    second = pushes.add("one", COMPLETE, pushed=True, model=True, infra=True)
    pushes.add("two", RUNNING, pushed=False, model=True, infra=True)
    assert [x.id for x in pushes.steps("one").attempts("Pusher")] == [first, second]
    done = pushes.steps("one").done("Pusher")
    assert done is not None and done.id == second
    assert pushes.steps("two").missing(["Pusher", "Trainer"]) == {
        "Pusher": "running",
        "Trainer": "not started",
    }
    assert pushes.steps("never").missing(["Pusher"]) == {"Pusher": "not started"}


@pytest.mark.parametrize(("failed", "state"), [(True, "FAILED"), (False, "CANCELED")])
def test_close_open_removes_what_the_open_attempt_wrote_and_nothing_else(
    pushes: Pushes, failed: bool, state: str
) -> None:
    done = pushes.add("one", COMPLETE, pushed=True, model=True, infra=True)
    half = pushes.add("one", RUNNING, pushed=False, model=True, infra=True)
    kept, gone = (pushes.folder / f"Pusher/pushed_model/{number}" for number in (done, half))
    scratch = pushes.folder / f"Pusher/.system/executor_execution/{half}"
    for folder in (kept, gone, scratch):
        folder.mkdir(parents=True)
    run = pushes.steps("one")
    root = str(pushes.folder)
    assert run.close_open("Pusher", root, ["pushed_model"], failed=failed) == 1
    assert kept.is_dir() and not gone.exists() and not scratch.exists()
    states = [pb.Execution.State.Name(x.last_known_state) for x in run.attempts("Pusher")]
    assert states == ["COMPLETE", state]
    assert run.close_open("Pusher", root, ["pushed_model"]) == 0


def test_half_written_of_a_uri_are_uris() -> None:
    places = half_written("gs://bucket/root/Trainer", ["model"], pb.Execution(id=7))
    assert places == [
        "gs://bucket/root/Trainer/model/7",
        "gs://bucket/root/Trainer/.system/executor_execution/7",
    ]


def test_retire_missing_artifacts_of_a_step_marks_a_version_that_was_deleted(
    pushes: Pushes,
) -> None:
    (pushes.folder / "model/two").mkdir(parents=True)
    pushes.add("one", COMPLETE, pushed=True, model=True, infra=True)
    pushes.add("two", COMPLETE, pushed=True, model=True, infra=True)
    assert pushes.view.retire_missing_artifacts("Pusher") == 1
    assert pushes.view.retire_missing_artifacts("NoSuchStep") == 0
    pushed = pushes.mlmd.get_artifacts_by_type("pushed_model")
    states = [pb.Artifact.State.Name(artifact.state) for artifact in pushed]
    assert states == ["DELETED", "LIVE"]
