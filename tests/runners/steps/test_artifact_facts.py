"""Facts of steps, read from real files."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.verdict import Verdict
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
