"""Executions of a Pusher as TFX writes them, on a real SQLite store."""

from __future__ import annotations

from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as pb

from tests.runners.metadata.executions import Executions, event_of
from tfx_pipeline.runners.metadata.step_records import StepRecords
from tfx_pipeline.runners.node.run_steps import RunSteps


class Pushes(Executions):
    """Writes executions of a Pusher."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.view = StepRecords(self.mlmd, "trips", folder)

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
            pairs.append((artifact, event_of(event_type, name)))
        execution = pb.Execution(type_id=kind, last_known_state=state)
        number_of, _, _ = self.mlmd.put_execution(execution, pairs, self.contexts(run, "Pusher"))
        return int(number_of)

    def steps(self, run: str) -> RunSteps:
        return RunSteps(self.mlmd, "trips", run, {})


@pytest.fixture
def pushes(tmp_path: Path) -> Pushes:
    return Pushes(tmp_path)
