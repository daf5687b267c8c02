"""Read what the steps of a run wrote of themselves beside its artifacts."""

from __future__ import annotations

from collections.abc import Iterable

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.runners.cluster.volumes import volume_not_here
from tfx_pipeline.runners.steps.step_outcome import StepOutcome, outcome_place, outcomes_folder
from tfx_pipeline.storage.fileio import NoSuchPlaceError, PlaceError, read_bytes


class OutcomeFiles:
    """Those of one run.

    Attributes:
        hint: why they cannot be read from here, and what reads them; empty: they can be.
        damaged: the places of those that hold something else.
    """

    def __init__(self, config: PipelineConfig, root: str, run_id: str) -> None:
        self._root, self._run_id = root, run_id
        self.hint = _not_mounted(config, root, run_id)
        self.damaged: set[str] = set()
        self._done: dict[str, StepOutcome] = {}

    @property
    def hints(self) -> tuple[str, ...]:
        """Say what cannot be read."""
        what = "is not what a step of this release writes of its end: look into it"
        return (*filter(None, [self.hint]), *(f"{place} {what}" for place in sorted(self.damaged)))

    def read(self, node_ids: Iterable[str]) -> dict[str, StepOutcome]:
        """Read those that are there; what went well is read once."""
        found: dict[str, StepOutcome] = {}
        for node_id in node_ids:
            outcome = self._done.get(node_id) or self._read_one(node_id)
            if outcome is None:
                continue
            found[node_id] = outcome
            if outcome.state == "done":
                self._done[node_id] = outcome
        return found

    def _read_one(self, node_id: str) -> StepOutcome | None:
        if self.hint:
            return None
        place = outcome_place(self._root, self._run_id, node_id)
        self.damaged.discard(place)
        try:
            return StepOutcome.from_json(read_bytes(place).decode("utf-8"))
        except NoSuchPlaceError:
            return None
        except ValueError:  # or of another version
            self.damaged.add(place)
            return None
        except PlaceError as error:
            problem = error.problems[0]
            self.hint = f"why steps end cannot be read: {problem.place}: {problem.what}"
            if problem.next_step:
                self.hint += f"; {problem.next_step}"
            return None


def _not_mounted(config: PipelineConfig, root: str, run_id: str) -> str:
    """Say of a volume of the cluster that it is not on this machine."""
    if volume_not_here(config.environment, root) is None:
        return ""
    folder = outcomes_folder(root, run_id)
    namespace = config.environment.kubeflow.namespace
    return (
        f"why steps end stands in {folder}, on a volume that is not mounted here; to read"
        f" it: kubectl exec -n {namespace} tfx-pipeline-toolbox -- sh -c 'cat {folder}/*'"
    )
