"""The summary that a run leaves behind."""

from __future__ import annotations

import json
import math

import pytest

from tfx_pipeline.runners.local.run_record import Outcome, RunRecord


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
