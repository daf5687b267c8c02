"""What the local runner reads from ML Metadata, and how it keeps that true.

Terms:
    execution: one attempt at a step; it is COMPLETE, CACHED, FAILED, or RUNNING.
    live: state of an artifact that later runs may reuse.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto.metadata_store_pb2 import Artifact, Context, Event, Execution

from tfx_pipeline.components.artifacts import PUSHED_DESTINATION, PUSHED_FORMATS, WITHDRAWN
from tfx_pipeline.runners.metadata.eval_reuse import judged_models

_DONE = (Execution.COMPLETE, Execution.CACHED)
_BLESSING = "ModelBlessing"  # TFX's name of the type


@dataclass(frozen=True)
class StepRecord:
    """A step's execution with its artifacts, by the names of their channels."""

    execution: Execution
    inputs: dict[str, list[Artifact]]
    outputs: dict[str, list[Artifact]]

    @property
    def is_live(self) -> bool:
        """Whether all that the step wrote is still there."""
        artifacts = [artifact for x in self.outputs.values() for artifact in x]
        return all(artifact.state == Artifact.LIVE for artifact in artifacts)

    def output(self, name: str) -> Path | None:
        """Give the folder of the first artifact of an output, if it has one."""
        artifacts = self.outputs.get(name)
        return Path(artifacts[0].uri) if artifacts else None


class StepRecords:
    """The records of one pipeline's steps in ML Metadata."""

    def __init__(self, metadata: MetadataStore, pipeline: str, pipeline_root: Path) -> None:
        self._metadata, self._pipeline, self._root = metadata, pipeline, pipeline_root

    def close(self) -> None:
        """Let go of the database."""
        del self._metadata

    def retire_missing_artifacts(self, node_id: str | None = None) -> int:
        """Mark live artifacts as deleted whose files are gone, so that no cache gives them out.

        A pushed model counts as gone when its version has left the serving directory. With a
        `node_id`, only what that step made is looked at.
        """
        if node_id is None:
            known = self._metadata.get_artifacts()
        else:
            node = self._node(node_id)
            known = self._metadata.get_artifacts_by_context(node.id) if node else ()
        gone = [x for x in known if x.state == Artifact.LIVE and not _is_there(x)]
        for artifact in gone:
            artifact.state = Artifact.DELETED
        if gone:
            self._metadata.put_artifacts(gone)
        return len(gone)

    def mark_withdrawn(self, model_id: int, *, withdrawn: bool) -> None:
        """Note that a pushed model was withdrawn, so that it is no baseline; or take that back."""
        (model,) = self._metadata.get_artifacts_by_id([model_id])
        if (custom_text(model, WITHDRAWN) == "1") != withdrawn:
            model.custom_properties[WITHDRAWN].int_value = int(withdrawn)
            self._metadata.put_artifacts([model])

    def cancel_unfinished(self) -> int:
        """Close the executions of a run that was killed, and remove what they half wrote."""
        unfinished = [
            execution
            for execution in self._metadata.get_executions()
            if execution.last_known_state in (Execution.NEW, Execution.RUNNING)
        ]
        for execution in unfinished:
            for pattern in (f"*/*/{execution.id}", f"*/.system/*/{execution.id}"):
                for folder in self._root.glob(pattern):
                    shutil.rmtree(folder, ignore_errors=True)
            execution.last_known_state = Execution.CANCELED
        if unfinished:
            self._metadata.put_executions(unfinished)
        return len(unfinished)

    def step(self, node_id: str, run_id: str) -> StepRecord | None:
        """Give the finished execution of a step in a run, reused ones included."""
        run = self._metadata.get_context_by_type_and_name("pipeline_run", run_id)
        in_run = {x.id for x in self._executions(run)}
        mine = [x for x in self._finished(node_id) if x.id in in_run]
        return self._record(mine[-1]) if mine else None

    def latest(self, node_id: str) -> StepRecord | None:
        """Give the newest execution of a step, whatever its state is."""
        executions = self._executions(self._node(node_id))
        return self._record(max(executions, key=lambda x: x.id)) if executions else None

    def previous(self, node_id: str, record: StepRecord) -> StepRecord | None:
        """Give the finished execution of the same step before this one."""
        earlier = [x for x in self._finished(node_id) if x.id < record.execution.id]
        return self._record(earlier[-1]) if earlier else None

    def latest_run_with(self, node_ids: Sequence[str], run_id: str | None = None) -> str | None:
        """Name the latest run in which these steps finished and still have their artifacts.

        With a `run_id`, that is the only run that will do.
        """
        for run in sorted(self._metadata.get_contexts_by_type("pipeline_run"), key=lambda x: -x.id):
            if run_id not in (None, run.name):
                continue
            steps = (self.step(node_id, run.name) for node_id in node_ids)
            if all(step is not None and step.is_live for step in steps):
                return str(run.name)
        return None

    def judged_models(self, eval_rows: str) -> int:
        """Count the models that eval rows with this digest have judged, in any pipeline."""
        known = {each.name for each in self._metadata.get_artifact_types()}
        if _BLESSING not in known:
            return 0
        return judged_models(self._metadata.get_artifacts_by_type(_BLESSING), eval_rows)

    def _finished(self, node_id: str) -> list[Execution]:
        executions = self._executions(self._node(node_id))
        done = [x for x in executions if x.last_known_state in _DONE]
        return sorted(done, key=lambda x: x.id)

    def _node(self, node_id: str) -> Context | None:
        return self._metadata.get_context_by_type_and_name("node", f"{self._pipeline}.{node_id}")

    def _executions(self, context: Context | None) -> list[Execution]:
        return list(self._metadata.get_executions_by_context(context.id)) if context else []

    def _record(self, execution: Execution) -> StepRecord:
        inputs: dict[str, list[Artifact]] = {}
        outputs: dict[str, list[Artifact]] = {}
        events = self._metadata.get_events_by_execution_ids([execution.id])
        ids = [event.artifact_id for event in events]
        artifacts = {x.id: x for x in self._metadata.get_artifacts_by_id(ids)} if ids else {}
        for event in events:
            side = inputs if event.type == Event.INPUT else outputs
            side.setdefault(event.path.steps[0].key, []).append(artifacts[event.artifact_id])
        return StepRecord(execution, inputs, outputs)


def custom_text(thing: Artifact | Execution, name: str) -> str:
    """Give a custom property as text; empty when it is not set."""
    value = thing.custom_properties.get(name)
    return str(getattr(value, value.WhichOneof("value"))) if value is not None else ""


def _is_there(artifact: Artifact) -> bool:
    """Say whether what an artifact stands for exists; of a URI, that is taken for granted."""
    places = [artifact.uri]
    places += [custom_text(artifact, name) for name in (PUSHED_DESTINATION, PUSHED_FORMATS)]
    return all("://" in place or Path(place).exists() for place in places if place)
