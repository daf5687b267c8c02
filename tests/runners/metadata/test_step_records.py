"""What the records of steps say, and how they are kept true, in a real SQLite file."""

from __future__ import annotations

from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from tests.runners.metadata.executions import Executions, event_of
from tfx_pipeline.runners.metadata.step_records import StepRecord, StepRecords, custom_text
from tfx_pipeline.runners.steps.rerun_reason import rerun_reason


class Recorder(Executions):
    """Writes executions as TFX does: one per step and run, with their artifacts."""

    def execution(
        self, node: str, run: str, state: int, inputs: tuple[int, ...] = (), **properties: str
    ) -> tuple[int, int, Path]:
        """Give the ids of the execution and of its output, and the output's folder."""
        kind = self.mlmd.put_execution_type(pb.ExecutionType(name=f"type.{node}"))
        execution = pb.Execution(type_id=kind, last_known_state=state)
        for name, value in properties.items():
            execution.custom_properties[name].string_value = value
        events = [
            (self.mlmd.get_artifacts_by_id([x])[0], event_of(pb.Event.INPUT, "examples", x))
            for x in inputs
        ]
        artifact_kind = self.mlmd.put_artifact_type(pb.ArtifactType(name="Model"))
        artifact = pb.Artifact(type_id=artifact_kind, state=pb.Artifact.LIVE)
        events.append((artifact, event_of(pb.Event.OUTPUT, "model")))
        execution_id, ids, _ = self.mlmd.put_execution(execution, events, self.contexts(run, node))
        folder = self.folder / "root" / node / "model" / str(execution_id)
        folder.mkdir(parents=True)
        stored = self.mlmd.get_artifacts_by_id([ids[-1]])[0]
        stored.uri = str(folder)
        self.mlmd.put_artifacts([stored])
        return execution_id, ids[-1], folder


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


@pytest.fixture
def step_records(recorder: Recorder) -> StepRecords:
    return StepRecords(recorder.mlmd, "trips", recorder.folder / "root")


COMPLETE, CACHED = pb.Execution.COMPLETE, pb.Execution.CACHED
RUNNING, FAILED = pb.Execution.RUNNING, pb.Execution.FAILED


def test_step_gives_the_finished_execution_of_the_run(
    recorder: Recorder, step_records: StepRecords
) -> None:
    recorder.execution("Trainer", "one", COMPLETE)
    _, _, folder = recorder.execution("Trainer", "two", CACHED)
    recorder.execution("Pusher", "two", COMPLETE)
    recorder.execution("Trainer", "three", FAILED)
    record = step_records.step("Trainer", "two")
    assert record is not None
    assert record.output("model") == folder
    assert record.output("other") is None
    assert record.execution.last_known_state == CACHED
    assert step_records.step("Trainer", "three") is None
    assert step_records.step("Trainer", "never") is None


def test_previous_skips_failed_executions(recorder: Recorder, step_records: StepRecords) -> None:
    _, _, first = recorder.execution("Trainer", "one", COMPLETE)
    recorder.execution("Trainer", "two", FAILED)
    recorder.execution("Trainer", "three", COMPLETE)
    record = step_records.step("Trainer", "three")
    assert record is not None
    previous = step_records.previous("Trainer", record)
    assert previous is not None and previous.output("model") == first
    assert step_records.previous("Trainer", previous) is None


def test_cancel_unfinished_closes_executions_and_removes_their_files(
    recorder: Recorder, step_records: StepRecords
) -> None:
    done_id, _, done = recorder.execution("Trainer", "one", COMPLETE)
    cut_id, _, cut = recorder.execution("Evaluator", "one", RUNNING)
    scratch = recorder.folder / f"root/Evaluator/.system/executor_execution/{cut_id}"
    scratch.mkdir(parents=True)
    assert step_records.cancel_unfinished() == 1
    states = [x.last_known_state for x in recorder.mlmd.get_executions_by_id([done_id, cut_id])]
    assert states == [COMPLETE, pb.Execution.CANCELED]
    assert done.exists() and not cut.exists() and not scratch.exists()
    assert step_records.cancel_unfinished() == 0


def test_retire_missing_artifacts_marks_what_left_the_disk(
    recorder: Recorder, step_records: StepRecords
) -> None:
    _, kept_id, _ = recorder.execution("Trainer", "one", COMPLETE)
    _, gone_id, gone = recorder.execution("Trainer", "two", COMPLETE)
    _, pushed_id, _ = recorder.execution("Pusher", "two", COMPLETE)
    gone.rmdir()
    pushed = recorder.mlmd.get_artifacts_by_id([pushed_id])[0]
    pushed.custom_properties["pushed_destination"].string_value = str(recorder.folder / "none")
    recorder.mlmd.put_artifacts([pushed])
    assert custom_text(pushed, "pushed_destination").endswith("none")
    assert custom_text(pushed, "unset") == ""
    assert step_records.retire_missing_artifacts() == 2
    found = recorder.mlmd.get_artifacts_by_id([kept_id, gone_id, pushed_id])
    live, deleted = pb.Artifact.LIVE, pb.Artifact.DELETED
    assert [x.state for x in found] == [live, deleted, deleted]
    assert step_records.retire_missing_artifacts() == 0


def test_retire_missing_artifacts_marks_a_push_whose_formats_are_gone(
    recorder: Recorder, step_records: StepRecords
) -> None:
    _, pushed_id, _ = recorder.execution("Pusher", "one", COMPLETE)
    pushed = recorder.mlmd.get_artifacts_by_id([pushed_id])[0]
    formats = recorder.folder / "formats"
    formats.mkdir()
    pushed.custom_properties["pushed_formats"].string_value = str(formats)
    recorder.mlmd.put_artifacts([pushed])
    assert step_records.retire_missing_artifacts() == 0
    formats.rmdir()
    assert step_records.retire_missing_artifacts() == 1


def records(
    recorder: Recorder, step_records: StepRecords, now: dict, then: dict
) -> tuple[StepRecord, ...]:
    recorder.execution("Trainer", "one", COMPLETE, **then)
    recorder.execution("Trainer", "two", COMPLETE, **now)
    found = step_records.step("Trainer", "two"), step_records.step("Trainer", "one")
    assert found[0] is not None and found[1] is not None
    return found[0], found[1]


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ({"code_fingerprint": "a"}, {"code_fingerprint": "b"}, "ran: code or libraries changed"),
        ({"input_base": "a"}, {"input_base": "b"}, "ran: data changed"),
        ({"eval_config": "a"}, {"eval_config": "b"}, "ran: eval_config changed"),
        (
            {"custom_config": '{"model": 1, "label": 2}'},
            {"custom_config": '{"model": 2, "label": 2}'},
            "ran: model changed",
        ),
        ({"a": "1"}, {"a": "1"}, "ran: no earlier result fits"),
    ],
)
def test_rerun_reason_names_what_changed(
    recorder: Recorder, step_records: StepRecords, then: dict, now: dict, expected: str
) -> None:
    record, previous = records(recorder, step_records, now, then)
    assert rerun_reason(record, previous, cache=True) == expected


def test_rerun_reason_with_new_inputs_names_them(
    recorder: Recorder, step_records: StepRecords
) -> None:
    _, old, _ = recorder.execution("Transform", "one", COMPLETE)
    _, new, _ = recorder.execution("Transform", "two", COMPLETE)
    recorder.execution("Trainer", "one", COMPLETE, inputs=(old,))
    recorder.execution("Trainer", "two", COMPLETE, inputs=(new,))
    record = step_records.step("Trainer", "two")
    assert record is not None
    assert (
        rerun_reason(record, step_records.step("Trainer", "one"), cache=True) == "ran: new examples"
    )
    assert rerun_reason(record, None, cache=True) == "ran: first time"
    assert rerun_reason(record, None, cache=False) == "ran: caching is off"
