"""Moments of many countries are read, and what is ambiguous is said."""

from __future__ import annotations

import datetime
import random

import pytest

from tests.tables.written_tables import column_of
from tfx_pipeline.tables.kinds.column_kind import plan_column
from tfx_pipeline.tables.plan import ColumnPlan

_FIRST = datetime.datetime(2021, 1, 1, tzinfo=datetime.timezone.utc)


def planned(pattern: str, *, most_days: int = 700, day: int | None = None) -> ColumnPlan:
    """Plan a column of moments that are written by a pattern."""
    rng = random.Random(3)
    moments = [
        _FIRST + datetime.timedelta(days=rng.randrange(most_days), minutes=rng.randrange(1440))
        for _ in range(500)
    ]
    if day:
        moments = [moment.replace(day=1 + moment.day % day) for moment in moments]
    return plan_column(column_of("x", [moment.strftime(pattern) for moment in moments]))


@pytest.mark.parametrize(
    "pattern",
    [
        *("%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%Y/%m/%d %H:%M"),
        *("%d.%m.%Y", "%d.%m.%y %H:%M", "%d/%m/%Y", "%m/%d/%Y", "%m/%d/%y %H:%M"),
        *("%d-%b-%Y", "%b %d, %Y", "%d %B %Y", "%m/%d/%Y %I:%M %p", "%b-%Y", "%Y%m%d"),
    ],
)
def test_plan_column_of_moments_finds_the_pattern(pattern: str) -> None:
    plan = planned(pattern)
    assert plan.feature is not None
    assert plan.feature.setting["kind"] == "timestamp"
    assert plan.feature.setting["parse"] == pattern
    assert plan.feature.setting["linear"] is True
    assert ("hour" in plan.feature.setting["parts"]) == ("%H" in pattern or "%I" in pattern)
    assert ("weekday" in plan.feature.setting["parts"]) == ("%d" in pattern)
    assert str(plan.statistics["smallest"]).startswith("2021-01-0")


def test_plan_column_whose_days_could_be_months_offers_the_other_order() -> None:
    plan = planned("%d/%m/%Y", day=12)
    assert plan.feature is not None
    assert "no number above 12" in plan.feature.reason
    assert plan.feature.alternatives[0].setting["parse"] == "%m/%d/%Y"


def test_plan_column_whose_days_go_beyond_12_says_which_number_is_the_day() -> None:
    plan = planned("%m/%d/%Y")
    assert plan.feature is not None
    assert "the second number goes beyond 12" in plan.feature.reason
    assert plan.feature.alternatives == ()


@pytest.mark.parametrize(("unit", "size"), [("s", 1), ("ms", 1000)])
def test_plan_column_of_seconds_since_1970_needs_the_name_of_a_time(unit: str, size: int) -> None:
    rng = random.Random(5)
    cells = [str(size * (1_600_000_000 + rng.randrange(10**7))) for _ in range(300)]
    told = plan_column(column_of("created_at", cells)).feature
    assert told is not None
    assert (told.setting["kind"], told.setting["unit"]) == ("timestamp", unit)
    other = plan_column(column_of("turnover", cells)).feature
    assert other is not None
    assert other.setting["kind"] == "numeric"


def test_plan_column_of_ordinary_numbers_is_no_packed_date() -> None:
    rng = random.Random(5)
    cells = [str(rng.randint(20_000_000, 22_000_000)) for _ in range(300)]
    found = plan_column(column_of("turnover", cells)).feature
    assert found is not None
    assert found.setting["kind"] == "numeric"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("%Y-01-01", {"parts": [], "linear": True}),
        ("%Y-%m-01", {"parts": ["month"], "linear": True, "periodic": True}),
        ("%Y-%m-%d", {"parts": ["weekday", "month"], "linear": True, "periodic": True}),
    ],
)
def test_plan_column_of_dates_takes_parts_that_differ(
    pattern: str, expected: dict[str, object]
) -> None:
    plan = planned(pattern, most_days=4000)
    assert plan.feature is not None
    assert plan.feature.setting == {"kind": "timestamp", "parse": "%Y-%m-%d", **expected}


@pytest.mark.parametrize("pattern", ["%H:%M", "%H:%M:%S", "%I:%M %p"])
def test_plan_column_of_times_of_day_takes_hours(pattern: str) -> None:
    plan = planned(pattern)
    assert plan.feature is not None
    parts = {"parts": ["hour"], "linear": True, "periodic": True}
    assert plan.feature.setting == {"kind": "timestamp", "parse": pattern, **parts}
    assert plan.meaning.startswith("times of day from 00:0")


def test_plan_column_of_minutes_and_seconds_takes_their_length() -> None:
    rng = random.Random(5)
    cells = [f"{rng.randrange(60):02d}:{rng.randrange(60):02d}" for _ in range(300)]
    plan = plan_column(column_of("duration", [*cells, "59:59", "00:01"]))
    assert plan.feature is not None
    setting = {"kind": "timestamp", "parse": "%M:%S", "parts": [], "linear": True}
    assert plan.feature.setting == setting
    assert plan.meaning == "minutes and seconds from 00:01 to 59:59"
