"""What ML Metadata says of the steps of one run, and how a step that was cut off is closed.

Terms:
    attempt: one execution of a step in a run. A run may hold several of a step; one at most of
        them is done.
    done: COMPLETE or CACHED.
    open: NEW or RUNNING: somebody works on it, or was killed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto.metadata_store_pb2 import Execution

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.storage.fileio import join, remove_tree

NOT_STARTED = "not started"
"""How a step stands that has no attempt in the run."""

_DONE = (Execution.COMPLETE, Execution.CACHED)
OPEN = (Execution.NEW, Execution.RUNNING)


class RunSteps:
    """The steps of one run.

    Args:
        metadata: ML Metadata, open.
        pipeline: name of the pipeline.
        run_id: of the run.
        known: node contexts of executions, by id; filled in on the way: each is asked once.
    """

    def __init__(
        self, metadata: MetadataStore, pipeline: str, run_id: str, known: dict[int, str]
    ) -> None:
        self._metadata, self._pipeline, self._run_id, self._known = (
            metadata,
            pipeline,
            run_id,
            known,
        )

    def check_owner(self) -> None:
        """Refuse a run id that another pipeline used in the same metadata.

        Raises:
            ConfigError: it did.
        """
        run = self._metadata.get_context_by_type_and_name("pipeline_run", self._run_id)
        if run is None:
            return
        pipeline_type = self._metadata.get_context_type("pipeline").id
        parents = self._metadata.get_parent_contexts_by_context(run.id)
        owners = sorted(parent.name for parent in parents if parent.type_id == pipeline_type)
        if owners and self._pipeline not in owners:
            problem = Problem(
                f"this run id belongs to the pipeline `{owners[0]}`",
                "--run-id",
                self._run_id,
                f"an id that no other pipeline than `{self._pipeline}` used",
                "choose another run id",
            )
            raise ConfigError([problem], "the run id cannot be used")

    def attempts(self, node_id: str) -> list[Execution]:
        """List the executions of a step in this run, the newest last."""
        run = self._metadata.get_context_by_type_and_name("pipeline_run", self._run_id)
        in_run = self._metadata.get_executions_by_context(run.id) if run else ()
        name = f"{self._pipeline}.{node_id}"
        found = [execution for execution in in_run if self._node_context(execution.id) == name]
        return sorted(found, key=lambda execution: int(execution.id))

    def _node_context(self, execution_id: int) -> str:
        """Name the context of the step that an execution is of; those of a run are few."""
        if execution_id not in self._known:
            node_type = self._metadata.get_context_type("node").id
            contexts = self._metadata.get_contexts_by_execution(execution_id)
            names = (context.name for context in contexts if context.type_id == node_type)
            self._known[execution_id] = next(names, "")
        return self._known[execution_id]

    def done(self, node_id: str) -> Execution | None:
        """Give the execution that did a step, if it is done."""
        return next((x for x in self.attempts(node_id) if x.last_known_state in _DONE), None)

    def missing(self, node_ids: Sequence[str]) -> dict[str, str]:
        """Name the steps that are not done, each with how it stands."""
        result = {}
        for node_id in node_ids:
            attempts = self.attempts(node_id)
            if not any(attempt.last_known_state in _DONE for attempt in attempts):
                result[node_id] = _standing(attempts)
        return result

    def close_open(
        self, node_id: str, pipeline_root: str, outputs: Sequence[str], *, failed: bool = False
    ) -> int:
        """Close the open attempts at a step, and remove what they wrote; give their number.

        The caller holds the step: nobody works on it. Unless the step itself `failed`, it was cut
        off.
        """
        state = Execution.FAILED if failed else Execution.CANCELED
        unfinished = [x for x in self.attempts(node_id) if x.last_known_state in OPEN]
        for execution in unfinished:
            for place in half_written(join(pipeline_root, node_id), outputs, execution):
                remove_tree(place)
            execution.last_known_state = state
        if unfinished:
            self._metadata.put_executions(unfinished)
        return len(unfinished)


def half_written(node_root: str, outputs: Sequence[str], execution: Any) -> list[str]:
    """List the places where TFX lets an execution write."""
    number = str(execution.id)
    places = [join(node_root, name, number) for name in outputs]
    return [*places, join(node_root, ".system", "executor_execution", number)]


def _standing(attempts: Sequence[Execution]) -> str:
    if not attempts:
        return NOT_STARTED
    state = str(Execution.State.Name(attempts[-1].last_known_state))
    return {"NEW": "running"}.get(state, state.lower())
