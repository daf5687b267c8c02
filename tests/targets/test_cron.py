"""Schedules: what is accepted is what robfig/cron v1.2.0 and Vertex AI accept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tfx_pipeline.targets.cron import with_seconds, wrong_for_kubeflow, wrong_for_vertex

# Recorded: what `cron.Parse` of github.com/robfig/cron v1.2.0 said to each of these.
_TABLE = json.loads(Path(__file__).with_name("cron_table.json").read_text(encoding="utf-8"))


def test_wrong_for_kubeflow_accepts_what_the_recorded_parser_did() -> None:
    assert [x for x in _TABLE["accepted"] if wrong_for_kubeflow(x) is not None] == []


def test_wrong_for_kubeflow_refuses_what_the_recorded_parser_did() -> None:
    assert [x for x in _TABLE["refused"] if wrong_for_kubeflow(x) is None] == []
    assert len(_TABLE["accepted"]) > 100 and len(_TABLE["refused"]) > 100


@pytest.mark.parametrize(("schedule", "why"), [
    ("0 99 * * * *", "minute `99`: 0 to 59, the smaller first"),
    ("0 0 5-3 * * *", "hour `5-3`: 0 to 23, the smaller first"),
    ("0 0 3 * FOO *", "month `FOO`: no number and no name"),
    ("0 */0 * * * *", "minute `*/0`: its step is no number above 0"),
    ("0 1-2-3 * * * *", "minute `1-2-3`: more than one `-`"),
    ("* * * *", "it has 4 fields"),
    ("@reboot", "`@reboot` is none of @yearly, @annually, @monthly, @weekly, @daily, @midnight,"
     " @hourly, `@every 6h`"),
])  # fmt: skip
def test_wrong_for_kubeflow_says_what_and_where(schedule: str, why: str) -> None:
    assert wrong_for_kubeflow(schedule) == why


@pytest.mark.parametrize(("schedule", "why"), [
    ("TZ=Europe/Berlin 0 6 * * MON-FRI", None),
    ("0 6 * * 7", None),
    ("99 6 * * *", "minute `99`: 0 to 59, the smaller first"),
    ("0 0 6 * * *", "it has 6 fields"),
    ("@daily", "it has 1 fields"),
])  # fmt: skip
def test_wrong_for_vertex_takes_five_fields_and_a_zone(schedule: str, why: str | None) -> None:
    assert wrong_for_vertex(schedule) == why


@pytest.mark.parametrize(("said", "sent"), [
    ("0 3 * * *", "0 0 3 * * *"),
    ("30 0 3 * * *", "30 0 3 * * *"),
    ("@daily", "@daily"),
    ("@every 6h", "@every 6h"),
])  # fmt: skip
def test_with_seconds_puts_them_first(said: str, sent: str) -> None:
    assert with_seconds(said) == sent
