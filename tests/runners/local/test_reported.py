"""The report at the end of a run: a failure of it is said, and fails nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.report.making import report_at_the_end
from tfx_pipeline.runners.local.run_locally import reported
from tfx_pipeline.runners.local.run_record import RunRecord
from tfx_pipeline.runners.steps.console import RunConsole


@pytest.fixture
def finished(record: RunRecord) -> RunRecord:
    record.folder.mkdir(parents=True)
    record.write_summary()
    return record


def test_report_of_a_failed_run_is_written(finished: RunRecord) -> None:
    place = reported(finished, RunConsole(), report_at_the_end)
    assert place.endswith("runs/one/report.html")
    assert "Failed" in (finished.folder / "report.html").read_text(encoding="utf-8")
    assert (finished.folder / "report.json").is_file()


def test_report_that_fails_is_said_in_one_line_and_logged(
    finished: RunRecord, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(_record: RunRecord) -> Path:
        raise RuntimeError("no pen\nno paper")

    said = reported(finished, RunConsole(), breaks)
    assert said == "not written: RuntimeError: no pen (see the log)"
    assert "no paper" in caplog.text
