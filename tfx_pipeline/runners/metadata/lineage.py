"""Where a version came from: the run, its metrics, its data and its code.

Terms:
    run: the first one that pushed the version; later runs may have found it up to date.
    data: digest of the table, the name of the folder that CsvExampleGen read.
    code: Trainer's `code_fingerprint`: sources and libraries of training.

Runs leave summaries; digests come from ML Metadata. TFX is not imported.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tfx_pipeline.config.root import PipelineConfig
from tfx_pipeline.runners.metadata.sqlite_file import check_sqlite_file
from tfx_pipeline.serving.versions.source import parse_version


@dataclass(frozen=True)
class Lineage:
    """What is known of a version; texts are empty where nothing is."""

    run_id: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    data: str = ""
    code: str = ""


def find_lineage(config: PipelineConfig, versions: Iterable[int]) -> dict[int, Lineage]:
    """Find the lineage of versions, by number."""
    runs: dict[int, dict[str, Any]] = {}
    for summary in _summaries(config.pipeline_root / "runs"):
        number = parse_version(Path(summary["model"]).name)  # the project may have been moved
        if number is not None:
            runs.setdefault(number, summary)
    found = {version: Lineage() for version in versions}
    with _digests(config) as digests_of:
        for version in found.keys() & runs.keys():
            run_id = str(runs[version].get("run_id", ""))
            metrics = dict(runs[version].get("metrics", {}))
            found[version] = Lineage(run_id, metrics, *digests_of(run_id))
    return found


def _summaries(folder: Path) -> Iterator[dict[str, Any]]:
    """Read the summaries of runs that pushed, oldest first."""
    files = sorted(folder.glob("*/summary.json"), key=lambda file: file.stat().st_mtime)
    for file in files:
        try:
            summary = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(summary, dict) and summary.get("model"):
            yield summary


@contextlib.contextmanager
def _digests(config: PipelineConfig) -> Iterator[Any]:
    """Give a function from a run's id to the digests of its data and its code."""
    database = config.path(config.environment.metadata.path)
    if not database.is_file():
        yield lambda _: ("", "")
        return
    check_sqlite_file(database)
    from ml_metadata.metadata_store import MetadataStore
    from ml_metadata.proto import metadata_store_pb2

    from tfx_pipeline.runners.metadata.step_records import StepRecords

    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = str(database)
    connection.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
    records = StepRecords(MetadataStore(connection), config.name, config.pipeline_root)

    def digests(run_id: str) -> tuple[str, str]:
        base = _property(records, "CsvExampleGen", run_id, "input_base")
        return Path(base).name, _property(records, "Trainer", run_id, "code_fingerprint")

    with contextlib.closing(records):
        yield digests


def _property(records: Any, step: str, run_id: str, name: str) -> str:
    record = records.step(step, run_id)
    return str(record.execution.custom_properties[name].string_value) if record else ""
