"""Facts of steps, read from real files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.verdict import Verdict
from tfx_pipeline.export.verdict import ExportedFormat, ExportVerdict
from tfx_pipeline.runners.metadata.step_records import StepRecord
from tfx_pipeline.runners.steps.artifact_facts import describe_artifacts, verdict_of


def evaluator(folder: Path, *, blessed: bool, verdict: Verdict | None) -> StepRecord:
    (folder / ("BLESSED" if blessed else "NOT_BLESSED")).touch()
    if verdict:
        verdict.write(folder)
    blessing = SimpleNamespace(uri=str(folder))
    return StepRecord(None, {}, {"blessing": [blessing]})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("blessed", "verdict", "facts"),
    [
        (True, Verdict(True, "thresholds on `auc`"), "blessed"),
        (False, Verdict(False, "", refusals=[Problem("`auc` is low")]), "refused: `auc` is low"),
        (False, None, "refused"),  # of an older version
        (True, None, "blessed"),
    ],
)
def test_describe_artifacts_of_evaluator_says_why_it_refused(
    tmp_path: Path, blessed: bool, verdict: Verdict | None, facts: str
) -> None:
    record = evaluator(tmp_path, blessed=blessed, verdict=verdict)
    assert describe_artifacts("Evaluator", record) == facts
    assert verdict_of(record).blessed is blessed
    assert bool(verdict_of(record).refusals) is not blessed


def test_describe_artifacts_of_the_exporter_says_what_became_of_each_format(
    tmp_path: Path,
) -> None:
    exported = SimpleNamespace(uri=str(tmp_path))
    record = StepRecord(None, {}, {"exported_model": [exported]})  # type: ignore[dict-item]
    assert describe_artifacts("FormatExporter", record) == ""
    formats = (
        ExportedFormat("onnx", "model.onnx", 58_400, largest_difference=1.3e-7),
        ExportedFormat("tflite", "model.tflite", 19_000, "close", largest_difference=0.02,
                       kind="float16"),
        ExportedFormat("pmml", verdict="not exportable"),
    )  # fmt: skip
    ExportVerdict(False, formats).write(tmp_path)
    assert describe_artifacts("FormatExporter", record) == (
        "onnx 58 kB, largest difference 1e-07; tflite float16 19 kB, largest difference 0.02;"
        " pmml not exportable"
    )
    ExportVerdict(False, refusals=(Problem("no description"),)).write(tmp_path)
    assert describe_artifacts("FormatExporter", record) == "refused"
    ExportVerdict(False, note="nothing was exported").write(tmp_path)
    assert describe_artifacts("FormatExporter", record) == "nothing was exported"
