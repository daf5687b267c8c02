"""What a run came to, and the exit status that says it."""

from __future__ import annotations

from typing import Any

import pytest

from tfx_pipeline.errors import ExitStatus
from tfx_pipeline.runners.cluster.run_report import (
    StepReport,
    exit_status,
    run_message,
    run_status,
)


def test_run_status_is_refused_only_when_nothing_else_failed() -> None:
    refused = StepReport("Trainer", "refused", title="no")
    failed = StepReport("Other", "failed")
    assert run_status("failed", [refused]) == "refused"
    assert run_status("failed", [refused, failed]) == "failed"
    assert run_status("succeeded", []) == "succeeded"
    assert run_message([refused, failed], "the run") == "the run; Trainer: no; Other failed"


@pytest.mark.parametrize(("status", "expected"), [
    ("succeeded", ExitStatus.OK), ("submitted", ExitStatus.OK), ("scheduled", ExitStatus.OK),
    ("failed", ExitStatus.STEP_FAILED), ("stopped", ExitStatus.STEP_FAILED),
    ("refused", ExitStatus.REFUSED),
])  # fmt: skip
def test_exit_status_is_that_of_the_run(status: Any, expected: ExitStatus) -> None:
    assert exit_status(status) is expected
