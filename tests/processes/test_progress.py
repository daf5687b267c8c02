"""A line of progress: only while someone watches, and of what takes long."""

from __future__ import annotations

import logging

import pytest

from tfx_pipeline.processes import progress as module
from tfx_pipeline.processes.progress import (
    progress,
    progress_adds,
    progress_begins,
    progress_words,
    watched,
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the clock shows; the test moves it."""
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(
    ("done", "total", "seconds", "words"),
    [
        (30_000, 300_000, 2, "30,000 of 300,000 rows, 15,000 rows/s, 18 s left"),
        (10, 1000, 1, "10 of 1,000 rows, 10 rows/s, 1 min 39 s left"),
        (300, 300, 3, "300 of 300 rows, 100 rows/s, 0 s left"),
        (9, 1000, 30, "9 of 1,000 rows, 0 rows/s"),
        (5000, None, 2, "5,000 rows, 2,500 rows/s"),
        (0, 10, 2, "0 of 10 rows"),
    ],
)
def test_progress_words_say_how_much_how_fast_and_how_long(
    done: int, total: int | None, seconds: float, words: str
) -> None:
    assert progress_words(done, total, seconds, "rows") == words


def test_progress_is_shown_after_two_seconds_and_not_too_often(clock: list[float]) -> None:
    shown: list[str] = []
    with watched(shown.append, every_s=1.0):
        for second in (0, 1, 2, 2.5, 3.5):
            clock[0] = 100.0 + second
            progress(second * 100, 1000)
    assert shown == [
        "200 of 1,000 rows, 100 rows/s, 8 s left",
        "350 of 1,000 rows, 100 rows/s, 6 s left",
    ]
    progress(1000, 1000)  # nobody watches any more
    assert len(shown) == 2


def test_progress_of_other_work_begins_anew(clock: list[float]) -> None:
    shown: list[str] = []
    with watched(shown.append):
        progress(0, 10)
        clock[0] += 5
        progress(10, 10)
        progress(0, 400)
        clock[0] += 4
        progress(200, 400, "batches")
    assert shown[1:] == ["200 of 400 batches, 50 batches/s, 4 s left"]


def test_progress_is_logged_every_ten_seconds(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO), watched(lambda words: None):
        for second in range(25):
            clock[0] = 100.0 + second
            progress(second, 100)
    assert [record.message.partition(" rows,")[0] for record in caplog.records] == [
        "10 of 100",
        "20 of 100",
    ]


def test_progress_of_parts_adds_up_until_other_work_begins(clock: list[float]) -> None:
    shown: list[str] = []
    with watched(shown.append):
        progress_begins(1000)
        clock[0] += 4
        progress_adds(100)
        progress_adds(100)  # too soon after the line before
        clock[0] += 4
        progress_adds(200)
        progress_begins(60, "batches")
        clock[0] += 3
        progress_adds(30)
    progress_adds(1)  # nobody watches any more
    assert shown == [
        "100 of 1,000 rows, 25 rows/s, 36 s left",
        "400 of 1,000 rows, 50 rows/s, 12 s left",
        "30 of 60 batches, 10 batches/s, 3 s left",
    ]
