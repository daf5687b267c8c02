"""Where a version came from: the run, its metrics, its data and its code.

Terms:
    run: the first one that pushed the version; later runs may have found it up to date.
    data: digest of the table, the name of the folder that CsvExampleGen read.
    code: Trainer's `code_fingerprint`: sources and libraries of training.
    risks accepted: in words, by all runs that judged the model, so that no later one hides them.

Runs leave summaries; digests come from ML Metadata. TFX is not imported.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfx_pipeline.components.artifacts import CURRENT_MODEL_ID, MODEL_RISK, RISKS_ACCEPTED
from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.evaluation.risk.findings import Acceptance, words_of
from tfx_pipeline.runners.metadata.run_summaries import run_summaries
from tfx_pipeline.runners.metadata.sqlite_file import check_sqlite_file


@dataclass(frozen=True)
class Lineage:
    """What is known of a version; texts are empty where nothing is."""

    run_id: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    data: str = ""
    code: str = ""
    risks_accepted: tuple[str, ...] = ()


def find_lineage(config: PipelineConfig, versions: Iterable[int]) -> dict[int, Lineage]:
    """Find the lineage of versions, by number."""
    runs = {run.version: run for run in run_summaries(config) if run.version is not None}
    found = {version: Lineage() for version in versions}
    with _digests(config) as digests_of:
        for version in found.keys() & runs.keys():
            run = runs[version]
            found[version] = Lineage(run.run_id, dict(run.metrics), *digests_of(run.run_id))
    return found


@contextlib.contextmanager
def _digests(config: PipelineConfig) -> Iterator[Any]:
    """Give a function from a run's id to the digests of its data and its code."""
    database = config.path(config.environment.metadata.path)
    if not database.is_file():
        yield lambda _: ("", "", ())
        return
    check_sqlite_file(database)
    from ml_metadata.metadata_store import MetadataStore
    from ml_metadata.proto import metadata_store_pb2

    from tfx_pipeline.runners.metadata.step_records import StepRecords

    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = str(database)
    connection.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
    store = MetadataStore(connection)
    records = StepRecords(store, config.name, config.pipeline_root)
    accepted = accepted_risks(store)

    def digests(run_id: str) -> tuple[str, str, tuple[str, ...]]:
        base = _property(records, "CsvExampleGen", run_id, "input_base")
        code = _property(records, "Trainer", run_id, "code_fingerprint")
        pusher = records.step("Pusher", run_id)
        models = pusher.inputs.get("model", ()) if pusher else ()
        return (
            Path(base).name,
            code,
            tuple(x for model in models for x in accepted.get(model.id, ())),
        )

    with contextlib.closing(records):
        yield digests


def accepted_risks(metadata: Any) -> dict[int, tuple[str, ...]]:
    """Give the risks that were taken of models, in words, by the id of the model."""
    found: dict[int, dict[str, None]] = {}
    for artifact in metadata.get_artifacts_by_type(MODEL_RISK):
        properties = artifact.custom_properties
        if RISKS_ACCEPTED not in properties:
            continue
        model = int(properties[CURRENT_MODEL_ID].int_value)
        for each in json.loads(properties[RISKS_ACCEPTED].string_value):
            found.setdefault(model, {})[words_of(Acceptance(**each))] = None
    return {model: tuple(words) for model, words in found.items()}


def _property(records: Any, step: str, run_id: str, name: str) -> str:
    record = records.step(step, run_id)
    return str(record.execution.custom_properties[name].string_value) if record else ""
