"""What old runs left on disk and nobody needs any more.

Terms:
    kept run: one of the newest, or the newest that pushed a model: what the next run is compared
        with comes from there.
    used: made, or read, by a step of a kept run; also where the step was reused from an older run.

What is served is no artifact: the versions in the push destination are never touched.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto.metadata_store_pb2 import Artifact

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.runners.metadata.run_summaries import SUMMARY, RunSummary, run_summaries
from tfx_pipeline.storage.local_files import files_below


@dataclass(frozen=True)
class Cleaning:
    """What would be removed.

    Attributes:
        kept: ids of the kept runs.
        runs: those that are removed.
        artifacts: to be marked as deleted in ML Metadata, so that no cache gives them out.
        folders: that are removed.
        size_bytes: of what is in them.
    """

    kept: Sequence[str]
    runs: Sequence[RunSummary]
    artifacts: Sequence[Artifact]
    folders: Sequence[Path]
    size_bytes: int


def plan_cleaning(config: PipelineConfig, metadata: MetadataStore, keep: int) -> Cleaning:
    """Find what the newest `keep` runs, at least one, and the newest that pushed do not use."""
    runs = run_summaries(config)
    pushed = [run for run in runs if run.status == "pushed"][:1]
    kept = dict.fromkeys(run.run_id for run in (*runs[:keep], *pushed))
    removed = [run for run in runs if run.run_id not in kept]
    gone = {run.run_id for run in removed}
    of_kept, of_gone = _Used(metadata), _Used(metadata)
    for context in metadata.get_contexts_by_type("pipeline_run"):
        if context.name in gone:
            of_gone.add_run(context.id)
        else:  # of a run without a summary, and of other pipelines in this store
            of_kept.add_run(context.id)
    unused = of_gone.artifacts.keys() - of_kept.artifacts.keys()
    artifacts = [of_gone.artifacts[each] for each in sorted(unused)]
    places = [Path(x.uri) for x in of_kept.artifacts.values() if "://" not in x.uri]
    folders = [
        *_removable(config, (Path(x.uri) for x in artifacts), places),
        *_traces(config, of_gone.executions - of_kept.executions),
    ]
    size = sum(file.stat().st_size for folder in folders for file in files_below(folder))
    return Cleaning([*kept], removed, artifacts, folders, size)


def clean(config: PipelineConfig, metadata: MetadataStore, cleaning: Cleaning) -> None:
    """Remove what was planned; the run's summary stays while a version that it pushed does.

    ML Metadata comes first: whatever ends this half-way, no run takes up what is gone.
    """
    for artifact in cleaning.artifacts:
        artifact.state = Artifact.DELETED
    if cleaning.artifacts:
        metadata.put_artifacts(list(cleaning.artifacts))
    for folder in cleaning.folders:
        shutil.rmtree(folder, ignore_errors=True)
    for run in cleaning.runs:
        is_served = (config.serving_directory / str(run.version)).is_dir()
        for file in files_below(run.folder):
            if not (is_served and file == run.folder / SUMMARY):
                file.unlink(missing_ok=True)
        if not is_served:
            shutil.rmtree(run.folder, ignore_errors=True)


class _Used:
    """The executions of some runs, and the artifacts that these made or read, by id."""

    def __init__(self, metadata: MetadataStore) -> None:
        self._metadata = metadata
        self.executions: set[int] = set()
        self.artifacts: dict[int, Artifact] = {}

    def add_run(self, context_id: int) -> None:
        """Take the steps of one more run."""
        executions = [x.id for x in self._metadata.get_executions_by_context(context_id)]
        if not executions:
            return
        self.executions.update(executions)
        events = self._metadata.get_events_by_execution_ids(executions)
        unknown = {event.artifact_id for event in events} - self.artifacts.keys()
        if unknown:
            found = self._metadata.get_artifacts_by_id(list(unknown))
            self.artifacts |= {artifact.id: artifact for artifact in found}


def _removable(
    config: PipelineConfig, places: Iterable[Path], kept: Sequence[Path]
) -> Iterator[Path]:
    """Give the folders that lie where artifacts of this pipeline do, and hold nothing kept."""
    root = config.pipeline_root.resolve()
    held = [each.resolve() for each in (*kept, config.serving_directory)]
    for place in places:
        folder = place.resolve()
        is_ours = folder.is_dir() and root in folder.parents
        if is_ours and not any(each == folder or folder in each.parents for each in held):
            yield folder


def _traces(config: PipelineConfig, executions: set[int]) -> Iterator[Path]:
    """Give the folders in which TFX noted what executions did."""
    for folder in config.pipeline_root.glob("*/.system/*/*"):
        if folder.name.isdecimal() and int(folder.name) in executions and folder.is_dir():
            yield folder
