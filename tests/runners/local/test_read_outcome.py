"""What came of a run, read from its steps."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.verdict import Verdict
from tfx_pipeline.export.verdict import ExportedFormat, ExportVerdict
from tfx_pipeline.ingestion.needs import TableNeeds
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.runners.local.read_outcome import read_outcome
from tfx_pipeline.runners.local.run_record import RunOptions, RunRecord
from tfx_pipeline.runners.steps import artifact_facts


@pytest.mark.parametrize(("setting", "said"), [("true", 0), ("false", 1)])
def test_read_outcome_says_that_no_risk_was_examined_where_none_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, said: int
) -> None:
    """What is then pushed looks, else, like what was examined and found good."""
    (tmp_path / "c.yaml").write_text(
        "name: c\ndata: d\nlabel: {column: x, task: regression}\nfeatures: {f: numeric}\n"
        f"risk: {{enabled: {setting}}}\n"
    )
    loaded = load_config(tmp_path / "c.yaml")
    table = Table(tmp_path, TableNeeds(), (), (), (), ())
    record = RunRecord(loaded.config, RunOptions(), table, "r")
    monkeypatch.setattr(artifact_facts, "verdict_of", lambda step: Verdict(True, "thresholds"))

    nothing = SimpleNamespace(custom_properties={})
    evaluated = SimpleNamespace(outputs={"blessing": [nothing]}, output=lambda key: None)

    def step_of(name: str) -> Any:
        return evaluated if name == "Evaluator" else None

    read_outcome(record, step_of, lambda rows: 1)
    assert sum("no risk was examined" in note for note in record.outcome.notes) == said


def exported(record: RunRecord, folder: Path, verdict: ExportVerdict | None) -> object:
    """Read the outcome of a run whose Evaluator blessed the model, and whose export said so."""
    if verdict:
        verdict.write(folder)
    exporter = SimpleNamespace(outputs={}, output=lambda key: folder)
    steps = {"FormatExporter": exporter}
    return read_outcome(record, steps.get, lambda rows: 1)


def test_read_outcome_of_a_refused_export_refuses_and_says_why(
    record: RunRecord, tmp_path: Path
) -> None:
    formats = (ExportedFormat("onnx", "model.onnx", 9), ExportedFormat("pmml", verdict="refused"))
    why, row = Problem("pmml is refused"), Problem("differs by 0.1")
    verdict = ExportVerdict(False, formats, (why,), (row,))
    assert exported(record, tmp_path, verdict) is None
    outcome = record.outcome
    assert (outcome.status, outcome.refusals, outcome.worst_rows) == ("refused", [why], [row])
    assert (outcome.decided, outcome.formats) == ("pmml is refused", list(formats))
    record.folder.mkdir(parents=True)
    summary = json.loads(record.write_summary().read_text(encoding="utf-8"))
    assert [x["format"] for x in summary["formats"]] == ["onnx", "pmml"]


def test_read_outcome_of_an_export_that_is_gone_refuses(record: RunRecord, tmp_path: Path) -> None:
    exported(record, tmp_path, None)
    (problem,) = record.outcome.refusals
    assert "--from FormatExporter" in str(problem.next_step)


def test_read_outcome_of_an_export_of_a_model_that_was_not_blessed_adds_no_reason(
    record: RunRecord, tmp_path: Path
) -> None:
    exported(record, tmp_path, ExportVerdict(False, note="nothing was exported"))
    assert record.outcome.refusals == []
