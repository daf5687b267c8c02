"""What is known of the model: its gate, its evaluation, its risks, its training, its serving."""

from __future__ import annotations

import math
import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import EVALUATION_FILE, EvaluationFacts
from tfx_pipeline.evaluation.risk.findings import RISK_FILE, RiskVerdict
from tfx_pipeline.evaluation.verdict import VERDICT_FILE
from tfx_pipeline.export.verdict import EXPORT_FILE, ExportVerdict
from tfx_pipeline.report.facts.artifact_files import ArtifactFiles
from tfx_pipeline.report.facts.model_facts import (
    GateFacts,
    ServingFacts,
    TrainingCurve,
    TrainingFacts,
)
from tfx_pipeline.storage import fileio

_MODEL, _MODEL_RUN = "Trainer.model", "Trainer.model_run"
_MOST_POINTS = 200
"""Of a training curve: more than a screen shows."""
_MOST_FILES = 10


def verdict_values(files: ArtifactFiles) -> Mapping[str, Any]:
    """Read the verdict of the Evaluator, see `evaluation.verdict.Verdict`; empty: there is none."""
    return files.json("Evaluator.blessing", VERDICT_FILE)


def gate_facts(verdict: Mapping[str, Any], summary: Mapping[str, Any]) -> GateFacts:
    """Say what the Evaluator's gate asked for."""
    return GateFacts(
        gate=str(verdict.get("gate", "")),
        decided=str(summary.get("decided") or verdict.get("decided") or ""),
        blessed=verdict.get("blessed"),
        has_baseline=bool(verdict.get("has_baseline")),
        refusals=tuple(Problem(**each) for each in verdict.get("refusals") or ()),
        notes=tuple(verdict.get("notes") or ()),
        missing=dict(verdict.get("missing") or {}),
        judged_models=int(summary.get("judged_models") or 0),
    )


def evaluation_facts(files: ArtifactFiles) -> EvaluationFacts | None:
    """Read what the Evaluator measured."""
    return files.typed(EvaluationFacts, "Evaluator.evaluation", EVALUATION_FILE)


def risk_verdict(files: ArtifactFiles) -> RiskVerdict | None:
    """Read what the risk checks found."""
    return files.typed(RiskVerdict, "ModelRiskAssessor.risk", RISK_FILE)


def export_verdict(files: ArtifactFiles) -> ExportVerdict | None:
    """Read what came of the model in other formats, without rows: they could name a person."""
    verdict = files.typed(ExportVerdict, "FormatExporter.exported_model", EXPORT_FILE)
    return verdict and replace(verdict, worst_rows=())


def training_facts(files: ArtifactFiles) -> TrainingFacts:
    """Read how the model was trained."""
    learned = files.json(_MODEL, "Format-Serving", "assets.extra", "learned.json")
    notes = files.rows(_MODEL_RUN, "notes.json")
    return TrainingFacts(
        family=str(learned.get("family", "")),
        learned=learned,
        curves=tuple(_curves(files)),
        notes=tuple(str(each["text"]) for each in notes),
    )


def _curves(files: ArtifactFiles) -> Iterator[TrainingCurve]:
    """Read the losses that the training left for TensorBoard."""
    folder = files.place(_MODEL_RUN)
    if folder is None:
        return
    try:
        names = [name for name in fileio.list_folder(folder) if ".tfevents." in name]
    except (fileio.PlaceError, OSError):
        return  # that it is gone is known already: it has no notes
    points: dict[str, dict[int, float]] = defaultdict(dict)
    for name in sorted(names):
        content = files.read(_MODEL_RUN, name)
        for tag, step, value in _scalars(content or b""):
            points[tag][step] = value
    for tag, values in points.items():
        steps = sorted(values)
        stride = math.ceil(len(steps) / _MOST_POINTS)
        shown = [
            step for place, step in enumerate(steps) if place % stride == 0 or step == steps[-1]
        ]
        yield TrainingCurve(tag, tuple(shown), tuple(values[step] for step in shown))


def _scalars(content: bytes) -> Iterator[tuple[str, int, float]]:
    """Read tags, steps and values from a file of TensorBoard's events; a torn end is no event.

    Format: TFRecord frames (length, its checksum, content, its checksum) of `tensorboard.Event`:
    https://www.tensorflow.org/tutorials/load_data/tfrecord
    """
    from tensorboard.compat.proto import event_pb2

    place = 0
    while place + 12 <= len(content):
        (length,) = struct.unpack_from("<Q", content, place)
        record = content[place + 12 : place + 12 + length]
        place += length + 16
        if len(record) < length:
            return
        event = event_pb2.Event.FromString(record)
        for each in event.summary.value:
            if each.WhichOneof("value") == "simple_value":
                yield each.tag, event.step, each.simple_value
            elif len(each.tensor.tensor_content) == 4:
                (value,) = struct.unpack("<f", each.tensor.tensor_content)
                yield each.tag, event.step, value
            elif each.tensor.float_val:
                yield each.tag, event.step, each.tensor.float_val[0]


def serving_facts(summary: Mapping[str, Any], files: ArtifactFiles) -> ServingFacts:
    """Read how the model is served: the pushed version, or the candidate that was not pushed."""
    findings = summary.get("infra_check") or files.json("InfraCheck.blessing", "findings.json")
    sizes = _sizes(summary, files)
    largest = sorted(sizes.items(), key=lambda each: -each[1])[:_MOST_FILES]
    return ServingFacts(
        model_bytes=sum(sizes.values()) if sizes else None,
        files=tuple({"name": name, "bytes": size} for name, size in largest),
        server=str(findings.get("server", "")),
        latencies_ms=dict(findings.get("latencies_ms") or {}),
        rows=int(findings.get("rows", 0)),
        largest_difference=findings.get("largest_difference"),
        smoke_rows=int(summary.get("smoke_rows") or 0),
    )


def _sizes(summary: Mapping[str, Any], files: ArtifactFiles) -> dict[str, int]:
    pushed = summary.get("model")
    trained = files.place(_MODEL)
    places = [pushed, trained and fileio.join(trained, "Format-Serving")]
    for place in filter(None, places):
        if sizes := sizes_below(place):
            return sizes
    if pushed:
        files.note("pushed model", str(pushed), "the version was deleted since")
    return {}


def sizes_below(place: str) -> dict[str, int]:
    """Give the bytes of all files below a folder or URI; none where it is not there."""
    try:
        return {name: facts.length for name, facts in fileio.list_files(place).items()}
    except (fileio.PlaceError, OSError):
        return {}
