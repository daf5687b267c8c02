"""What a done step says of itself; executions as TFX writes them, on a real SQLite store."""

from __future__ import annotations

from pathlib import Path

import pytest
from ml_metadata import metadata_store
from ml_metadata.proto import metadata_store_pb2 as pb

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.verdict import Verdict
from tfx_pipeline.runners.metadata.step_records import StepRecords
from tfx_pipeline.runners.node.outcome_line import line_of, line_of_done, push_refusals
from tfx_pipeline.runners.node.run_state import RunState, half_written, retire_gone

pytestmark = pytest.mark.slow


class Pushes:
    """Writes executions of a Pusher."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        connection = pb.ConnectionConfig()
        connection.sqlite.filename_uri = str(folder / "metadata.db")
        connection.sqlite.connection_mode = pb.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.mlmd = metadata_store.MetadataStore(connection)
        self.view = StepRecords.of(self.mlmd, "trips", folder)

    def context(self, kind: str, name: str) -> pb.Context:
        known = self.mlmd.get_context_by_type_and_name(kind, name)
        if known is None:
            type_id = self.mlmd.put_context_type(pb.ContextType(name=kind))
            self.mlmd.put_contexts([pb.Context(type_id=type_id, name=name)])
            known = self.mlmd.get_context_by_type_and_name(kind, name)
        return known

    def add(self, run: str, state: int, *, pushed: bool, model: bool, infra: bool) -> int:
        """Add an execution whose gates said so; give its id."""
        kind = self.mlmd.put_execution_type(pb.ExecutionType(name="Pusher"))
        pairs = []
        for name, number, event_type in (
            ("model_blessing", ("blessed", model), pb.Event.INPUT),
            ("infra_blessing", ("blessed", infra), pb.Event.INPUT),
            ("pushed_model", ("pushed", pushed), pb.Event.OUTPUT),
        ):
            type_id = self.mlmd.put_artifact_type(pb.ArtifactType(name=name))
            artifact = pb.Artifact(type_id=type_id, uri=str(self.folder), state=pb.Artifact.LIVE)
            artifact.custom_properties[number[0]].int_value = int(number[1])
            if name == "pushed_model" and pushed:
                destination = str(self.folder / "model" / run)
                artifact.custom_properties["pushed_destination"].string_value = destination
            event = pb.Event(type=event_type)
            event.path.steps.add().key = name
            pairs.append((artifact, event))
        execution = pb.Execution(type_id=kind, last_known_state=state)
        contexts = [self.context("pipeline_run", run), self.context("node", "trips.Pusher")]
        number_of, _, _ = self.mlmd.put_execution(execution, pairs, contexts)
        return int(number_of)

    def state(self, run: str) -> RunState:
        return RunState(self.mlmd, "trips", run, {})


@pytest.fixture
def pushes(tmp_path: Path) -> Pushes:
    return Pushes(tmp_path)


COMPLETE, RUNNING, FAILED = pb.Execution.COMPLETE, pb.Execution.RUNNING, pb.Execution.FAILED


def test_push_refusals_of_a_pushed_model_are_none(pushes: Pushes) -> None:
    pushes.add("one", COMPLETE, pushed=True, model=True, infra=True)
    assert push_refusals(pushes.view, "Pusher", "one") == []
    line = line_of(pushes.view, "Pusher", "one", 1.5, cache=True)
    assert (line.state, line.seconds, line.facts) == ("ran", 1.5, "version one")


@pytest.mark.parametrize(
    ("model", "infra", "said"),
    [
        (False, True, ["the Evaluator refused the model"]),
        (True, False, ["the infrastructure check refused the model"]),
        (
            False,
            False,
            ["the Evaluator refused the model", "the infrastructure check refused the model"],
        ),
    ],
)
def test_push_refusals_name_the_gates(
    pushes: Pushes, model: bool, infra: bool, said: list[str]
) -> None:
    pushes.add("one", COMPLETE, pushed=False, model=model, infra=infra)
    refusals = push_refusals(pushes.view, "Pusher", "one")
    assert [refusal.what for refusal in refusals] == said
    assert line_of_done(pushes.view, "Pusher", "one", 0.1).facts == "nothing pushed"


def test_push_refusals_give_the_verdict_of_the_evaluator(pushes: Pushes) -> None:
    pushes.add("one", COMPLETE, pushed=False, model=False, infra=True)
    Verdict(False, "", refusals=[Problem("`auc` is too low", received="0.5")]).write(pushes.folder)
    refusals = push_refusals(pushes.view, "Pusher", "one")
    assert [x.what for x in refusals] == ["the Evaluator refused the model", "`auc` is too low"]
    assert refusals[1].received == "0.5"


def test_line_of_a_step_that_is_not_done_is_an_error(pushes: Pushes) -> None:
    pushes.add("one", FAILED, pushed=False, model=True, infra=True)
    with pytest.raises(LookupError, match="inputs could not be found"):
        line_of(pushes.view, "Pusher", "one", 1, cache=True)


def test_run_state_knows_only_the_attempts_of_its_run(pushes: Pushes) -> None:
    first = pushes.add("one", FAILED, pushed=False, model=True, infra=True)
    second = pushes.add("one", COMPLETE, pushed=True, model=True, infra=True)
    pushes.add("two", RUNNING, pushed=False, model=True, infra=True)
    assert [x.id for x in pushes.state("one").attempts("Pusher")] == [first, second]
    done = pushes.state("one").done("Pusher")
    assert done is not None and done.id == second
    assert pushes.state("two").missing(["Pusher", "Trainer"]) == {
        "Pusher": "running",
        "Trainer": "not started",
    }
    assert pushes.state("never").missing(["Pusher"]) == {"Pusher": "not started"}


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
    run = pushes.state("one")
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


def test_retire_gone_marks_a_version_that_was_deleted(pushes: Pushes) -> None:
    (pushes.folder / "model/two").mkdir(parents=True)
    pushes.add("one", COMPLETE, pushed=True, model=True, infra=True)
    pushes.add("two", COMPLETE, pushed=True, model=True, infra=True)
    retire_gone(pushes.mlmd, "trips", "Pusher")
    retire_gone(pushes.mlmd, "trips", "NoSuchStep")
    pushed = pushes.mlmd.get_artifacts_by_type("pushed_model")
    states = [pb.Artifact.State.Name(artifact.state) for artifact in pushed]
    assert states == ["DELETED", "LIVE"]
