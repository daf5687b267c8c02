"""The versions of the data that a pipeline read, and the models made of each.

Terms:
    version: of the data: a table by its digest. It begins with the first run whose CsvExampleGen
        was not reused; others may have read it again, with another split or other code.
    pushed: a place of the serving directory to which a model was brought.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto.metadata_store_pb2 import Artifact, Event, Execution

from tfx_pipeline.components.artifacts import PUSHED_DESTINATION, WITHDRAWN
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.ingestion.versions.manifest import DATA_DIGEST, SPANS
from tfx_pipeline.ingestion.versions.row_counts import ROW_COUNTS, RowCounts
from tfx_pipeline.runners.metadata.step_records import custom_text

_DONE = (Execution.COMPLETE, Execution.CACHED)


@dataclass(frozen=True)
class TrainedModel:
    """A model.

    Attributes:
        id: of its artifact.
        run_id: of the run that trained it.
        pushed: places of versions that are it; none: no gate let it through.
        is_withdrawn: it was pushed and taken back.
    """

    id: int
    run_id: str
    pushed: tuple[str, ...] = ()
    is_withdrawn: bool = False


@dataclass(frozen=True)
class DataVersion:
    """A version of the data.

    Attributes:
        digest: of the table, 16 hexadecimal digits.
        run_ids: of the runs that read it and did not reuse what was there, oldest first.
        created_ms: when the first of them had read it, since 1970.
        examples: place of the newest Examples artifact.
        statistics: place of its statistics; empty: there are none.
        counts: of its rows; None: an earlier release of this package read it.
        spans: as they are shown, oldest first; empty: it has none.
        models: trained from it, oldest first.
    """

    digest: str
    run_ids: tuple[str, ...]
    created_ms: int
    examples: str
    statistics: str
    counts: RowCounts | None
    spans: str
    models: tuple[TrainedModel, ...] = ()


@dataclass
class _Step:
    """Finished executions of a step, oldest first, with their artifacts by channel."""

    executions: list[Execution] = field(default_factory=list)
    inputs: dict[int, dict[str, list[int]]] = field(default_factory=dict)
    outputs: dict[int, dict[str, list[int]]] = field(default_factory=dict)


class _Reader:
    """Asks ML Metadata once a step, and remembers artifacts."""

    def __init__(self, metadata: MetadataStore, pipeline: str) -> None:
        self._metadata, self._pipeline = metadata, pipeline
        self.artifacts: dict[int, Artifact] = {}

    def step(self, node_id: str) -> _Step:
        step = _Step()
        node = self._metadata.get_context_by_type_and_name("node", f"{self._pipeline}.{node_id}")
        if node is None:
            return step
        executions = self._metadata.get_executions_by_context(node.id)
        done = [x for x in executions if x.last_known_state in _DONE]
        step.executions = sorted(done, key=lambda x: x.id)
        ids = [execution.id for execution in step.executions]
        for event in self._metadata.get_events_by_execution_ids(ids) if ids else ():
            side = step.inputs if event.type == Event.INPUT else step.outputs
            channels = side.setdefault(event.execution_id, {})
            channels.setdefault(event.path.steps[0].key, []).append(event.artifact_id)
        self._learn(
            x for side in (step.inputs, step.outputs) for y in side.values() for x in y.values()
        )
        return step

    def _learn(self, ids: Iterable[list[int]]) -> None:
        unknown = sorted({x for group in ids for x in group} - self.artifacts.keys())
        if unknown:
            found = self._metadata.get_artifacts_by_id(unknown)
            self.artifacts |= {artifact.id: artifact for artifact in found}

    def run_id(self, execution: Execution) -> str:
        """Name the run in which an execution is."""
        kind = self._metadata.get_context_type("pipeline_run").id
        contexts = self._metadata.get_contexts_by_execution(execution.id)
        return next((str(x.name) for x in contexts if x.type_id == kind), "")


def read_data_versions(metadata: MetadataStore, config: PipelineConfig) -> list[DataVersion]:
    """Find the versions of the data, oldest first."""
    reader = _Reader(metadata, config.name)
    example_gen, statistics_gen = reader.step("CsvExampleGen"), reader.step("StatisticsGen")
    statistics = dict(_made_of(statistics_gen, "examples", "statistics"))
    models: dict[int, list[TrainedModel]] = {}
    for examples, model in _models(reader):
        models.setdefault(examples, []).append(model)
    found: dict[str, DataVersion] = {}
    for execution in example_gen.executions:
        if execution.last_known_state != Execution.COMPLETE:
            continue
        for artifact_id in example_gen.outputs.get(execution.id, {}).get("examples", ()):
            artifact = reader.artifacts[artifact_id]
            digest = custom_text(artifact, DATA_DIGEST) or _folder_of(execution)
            earlier = found.get(digest)
            place = statistics.get(artifact_id)
            found[digest] = DataVersion(
                digest,
                (*(earlier.run_ids if earlier else ()), reader.run_id(execution)),
                earlier.created_ms if earlier else execution.last_update_time_since_epoch,
                artifact.uri,
                reader.artifacts[place].uri if place else "",
                _counts(artifact),
                custom_text(artifact, SPANS),
                (*(earlier.models if earlier else ()), *models.get(artifact_id, ())),
            )
    return list(found.values())


def _made_of(step: _Step, source: str, result: str) -> Iterator[tuple[int, int]]:
    """Give each input artifact of a step with what was made of it."""
    for execution in step.executions:
        for made_of in step.inputs.get(execution.id, {}).get(source, ()):
            for made in step.outputs.get(execution.id, {}).get(result, ()):
                yield made_of, made


def _models(reader: _Reader) -> Iterator[tuple[int, TrainedModel]]:
    """Give each model with the examples that it was trained from."""
    trainer, pusher = reader.step("Trainer"), reader.step("Pusher")
    pushed: dict[int, dict[str, None]] = {}
    for model, result in _made_of(pusher, "model", "pushed_model"):
        place = custom_text(reader.artifacts[result], PUSHED_DESTINATION)
        if place:
            pushed.setdefault(model, {})[place] = None
    for execution in trainer.executions:
        if execution.last_known_state != Execution.COMPLETE:
            continue
        examples = trainer.inputs.get(execution.id, {}).get("examples", ())
        for model in trainer.outputs.get(execution.id, {}).get("model", ()):
            withdrawn = custom_text(reader.artifacts[model], WITHDRAWN) == "1"
            places = tuple(pushed.get(model, ()))
            trained = TrainedModel(model, reader.run_id(execution), places, withdrawn)
            yield from ((each, trained) for each in examples)


def _folder_of(execution: Execution) -> str:
    """Name the staged folder, which is the digest of the table."""
    return PurePosixPath(custom_text(execution, "input_base")).name


def _counts(artifact: Any) -> RowCounts | None:
    try:
        return RowCounts.from_json(custom_text(artifact, ROW_COUNTS))
    except ValueError:
        return None
