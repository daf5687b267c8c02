"""What is known of the table: from the summary, statistics, anomalies and the data gate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.data_verdict import DATA_VERDICT_FILE
from tfx_pipeline.report.facts.artifact_files import ArtifactFiles
from tfx_pipeline.report.facts.data_facts import (
    Anomaly,
    ColumnFacts,
    DataFacts,
    DataFinding,
    DriftFacts,
)
from tfx_pipeline.report.facts.lineage import REFUSED_DATA
from tfx_pipeline.report.facts.rare_values import unexpected_hidden, without_values

_STATISTICS, _ANOMALIES, _GATE = (
    "StatisticsGen.statistics",
    "ExampleValidator.anomalies",
    "DataGate.blessing",
)
_SPLITS = ("train", "eval", "test")
_KINDS = ("whole numbers", "numbers", "texts", "bytes")
"""In the order of TFDV's `FeatureNameStatistics.Type`."""


def data_facts(summary: Mapping[str, Any], files: ArtifactFiles, min_rows: int) -> DataFacts:
    """Read all that is known of the table."""
    described = summary.get("data") or {}
    verdict = files.json(_GATE, DATA_VERDICT_FILE) or files.json(REFUSED_DATA, DATA_VERDICT_FILE)
    reference = verdict.get("reference") or {}
    return DataFacts(
        place=str(described.get("place", "")),
        digest=str(described.get("digest", "")),
        rows=dict(summary.get("rows") or _rows(verdict)),
        columns=tuple(_columns(files, min_rows)),
        reference_rows=int(reference.get("rows", 0)),
        drift=_drift(verdict.get("drift") or ()),
        skew=_drift((verdict.get("skew") or {}).get("eval") or ()),
        anomalies=tuple(_anomalies(files)),
        findings=tuple(_findings(verdict.get("findings") or ())),
        tests=tuple(summary.get("data_tests") or ()),
        powers=dict(verdict.get("powers") or {}),
        notes=tuple(verdict.get("notes") or ()),
    )


def _rows(verdict: Mapping[str, Any]) -> dict[str, int]:
    """Count the rows of the splits, where nobody counted those that were read."""
    return {split: int(each["rows"]) for split, each in (verdict.get("rows") or {}).items()}


def _drift(found: Iterable[Mapping[str, Any]]) -> tuple[DriftFacts, ...]:
    drift = [
        DriftFacts(
            each["feature"],
            each.get("distance"),
            each.get("chance_95"),
            bool(each.get("moved")),
            each.get("unjudged", ""),
            tuple(each.get("bins") or ()),
        )
        for each in found
    ]
    return tuple(sorted(drift, key=lambda each: (not each.moved, -(each.distance or 0.0))))


def _findings(found: Iterable[Mapping[str, Any]]) -> Iterator[DataFinding]:
    for each in found:
        problem = without_values(Problem(**each["problem"]))
        yield DataFinding(each["check"], each["severity"], problem)


def _columns(files: ArtifactFiles, min_rows: int) -> Iterator[ColumnFacts]:
    """Read what StatisticsGen counted in the split `train`."""
    train, evaluated = (_statistics(files, split) for split in ("train", "eval"))
    if train is None:
        return
    others = {_name(each): each for each in evaluated.features} if evaluated else {}
    for feature in train.features:
        rows = int(train.num_examples)
        other = others.get(_name(feature))
        missing = _missing(feature, rows)
        is_text = feature.HasField("string_stats")
        known = rows * (1 - missing)
        numbers = feature.num_stats if feature.HasField("num_stats") and known >= min_rows else None
        yield ColumnFacts(
            _name(feature),
            _KINDS[feature.type] if feature.type < len(_KINDS) else "other",
            rows,
            missing,
            _missing(other, int(evaluated.num_examples)) if other is not None else None,
            _number(numbers and numbers.mean),
            _number(numbers and numbers.std_dev),
            _number(numbers and numbers.median),
            int(feature.string_stats.unique) if is_text else None,
        )


def _statistics(files: ArtifactFiles, split: str) -> Any:
    def parse(content: bytes) -> Any:
        from tensorflow_metadata.proto.v0 import statistics_pb2

        return statistics_pb2.DatasetFeatureStatisticsList.FromString(content).datasets[0]

    return files.parse(_STATISTICS, (f"Split-{split}", "FeatureStats.pb"), parse)


def _name(feature: Any) -> str:
    return feature.name or ".".join(feature.path.step)


def _missing(feature: Any, rows: int) -> float:
    """Give the share of the rows without a value."""
    kind = "string_stats" if feature.HasField("string_stats") else "num_stats"
    common = getattr(feature, kind).common_stats
    return 1 - int(common.num_non_missing) / rows if rows else 0.0


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _anomalies(files: ArtifactFiles) -> Iterator[Anomaly]:
    def parse(content: bytes) -> Any:
        from tensorflow_metadata.proto.v0 import anomalies_pb2

        return anomalies_pb2.Anomalies.FromString(content)

    for split in _SPLITS:
        name = (f"Split-{split}", "SchemaDiff.pb")
        if split == "test" and files.read(_ANOMALIES, *name, expected=False) is None:
            continue
        found = files.parse(_ANOMALIES, name, parse)
        if found is None:
            continue
        infos = [(".".join(x.path.step) or key, x) for key, x in sorted(found.anomaly_info.items())]
        if found.dataset_anomaly_info.reason:
            infos.append(("the table", found.dataset_anomaly_info))
        for column, info in infos:
            severity = info.Severity.Name(info.severity).lower()
            for reason in info.reason:
                what = unexpected_hidden(f"{reason.short_description}: {reason.description}")
                yield Anomaly(split, column, what.removesuffix(": "), severity)
