"""The summary that a run leaves behind."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.ingestion.needs import TableNeeds
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.runners.local.run_record import Outcome, RunOptions, RunRecord


def test_write_summary_has_no_number_that_json_does_not_know(
    repository: Path, tmp_path: Path
) -> None:
    config = load_config(
        repository / "configs/penguins.yaml",
        overrides=[f"environment.pipeline_root={tmp_path}/root"],
    ).config
    table = Table(config.root, TableNeeds(), (), (), (), ())
    record = RunRecord(config, RunOptions(), table, "one")
    record.folder.mkdir(parents=True)
    record.outcome = Outcome(
        metrics={"mse": math.inf},
        infra_check={"largest_difference": math.nan, "rows": [1.5, -math.inf]},
    )
    text = record.write_summary().read_text(encoding="utf-8")
    summary = json.loads(text, parse_constant=pytest.fail)
    assert summary["metrics"] == {"mse": None}
    assert summary["infra_check"] == {"largest_difference": None, "rows": [1.5, None]}
