"""The verdict as a file: read back, and as its schema says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.risk.findings import (
    RISK_FILE,
    Acceptance,
    CheckResult,
    Finding,
    RiskVerdict,
)
from tfx_pipeline.evaluation.risk.json_schema import SCHEMA_FILE, render

STRANGE = '<script>"\n\u2028 🐧'


@pytest.fixture
def verdict() -> RiskVerdict:
    findings = (
        Finding(float("nan"), 0.1, Problem(STRANGE, "risk.shift", "x", "y", "z"), STRANGE),
        Finding(np.float64(3.0), np.float32(0.5), Problem("two")),
    )
    figures = {"table": [{"value": np.float32("inf"), "of": np.array([1, 2]), STRANGE: "\udcff"}]}
    taken = Acceptance("shift", STRANGE, "J. Doe", "2026-11-29")
    checks = (
        CheckResult("shift", "refused", "s", findings=findings, figures=figures, accepted=taken),
        CheckResult("rules", "refused", "s", findings=findings[1:]),
        CheckResult("attack", "not applicable", "why"),
    )
    return RiskVerdict("trips", 12, checks, ("a note",))


def test_write_then_read_gives_the_same(verdict: RiskVerdict, tmp_path: Path) -> None:
    verdict.write(tmp_path)
    read = RiskVerdict.read(tmp_path)
    assert math.isnan(read.checks[0].findings[0].figure)
    assert read.checks[0].findings[0].problem == verdict.checks[0].findings[0].problem
    assert read.checks[0].figures == {"table": [{"value": None, "of": [1, 2], STRANGE: "\\udcff"}]}
    assert read.checks[1:] == verdict.checks[1:]
    assert read.accepted == verdict.accepted
    assert read.notes == ("a note",)
    assert [problem.what for problem in read.refusals] == ["two"]


def test_written_file_is_as_the_schema_that_ships_says(
    verdict: RiskVerdict, tmp_path: Path
) -> None:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    assert render() == SCHEMA_FILE.read_text(encoding="utf-8"), "make schema"
    verdict.write(tmp_path)
    written = json.loads((tmp_path / RISK_FILE).read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(written, schema)
    for spoilt in (
        {**written, "rows": "many"},
        {**written, "more": 1},
        {**written, "checks": [{**written["checks"][0], "answer": "maybe"}]},
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(spoilt, schema)
