"""The end of a run's output: metrics that are missing, gates, and verdicts that are true."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.needs import TableNeeds
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.runners.local.outcome_message import show_closing
from tfx_pipeline.runners.steps.console import RunConsole
from tfx_pipeline.runners.steps.run_record import Outcome, RunOptions, RunRecord


@pytest.fixture
def record(repository: Path, tmp_path: Path) -> RunRecord:
    config = load_config(
        repository / "configs/penguins.yaml",
        overrides=[f"environment.pipeline_root={tmp_path}/root"],
    ).config
    table = Table(config.root, TableNeeds(), (), (), (), ())
    return RunRecord(config, RunOptions(), table, "one")


def closing(record: RunRecord, capfd: pytest.CaptureFixture[str], **values: object) -> str:
    record.outcome = Outcome(**values)  # type: ignore[arg-type]
    show_closing(RunConsole(), record)
    return capfd.readouterr().out


def test_show_closing_says_why_a_metric_has_no_value(
    record: RunRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    out = closing(
        record,
        capfd,
        status="refused",
        gate="thresholds on `auc`",
        metrics={"accuracy": 0.5},
        missing_metrics={"auc": "0 of 120 rows are positive"},
        refusals=[Problem("metric `auc` cannot be computed", received="0 of 120 rows")],
    )
    assert "auc cannot be computed: 0 of 120 rows are positive" in out
    assert "gate       thresholds on `auc`" in out
    assert "verdict    refused: nothing was pushed" in out
    assert "no baseline: no other model was blessed before" in out
    assert "nan" not in out


def test_show_closing_with_a_baseline_whose_metrics_are_missing_does_not_deny_it(
    record: RunRecord, capfd: pytest.CaptureFixture[str]
) -> None:
    out = closing(record, capfd, status="partial", metrics={"auc": 0.5}, has_baseline=True)
    assert "no baseline" not in out
    assert "the steps that push were left out, as was asked for" in out


def test_write_summary_has_no_number_that_json_does_not_know(record: RunRecord) -> None:
    record.folder.mkdir(parents=True)
    record.outcome = Outcome(
        metrics={"mse": math.inf},
        infra_check={"largest_difference": math.nan, "rows": [1.5, -math.inf]},
    )
    text = record.write_summary().read_text(encoding="utf-8")
    summary = json.loads(text, parse_constant=pytest.fail)
    assert summary["metrics"] == {"mse": None}
    assert summary["infra_check"] == {"largest_difference": None, "rows": [1.5, None]}
