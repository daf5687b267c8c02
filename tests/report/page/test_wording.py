"""How figures are written on the page."""

from __future__ import annotations

import math

import pytest

from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.report.page.drawing.canvas import short_number
from tfx_pipeline.report.page.wording import (
    duration,
    ends,
    moment,
    number,
    sentence,
    share,
    signed,
    size,
    value_text,
)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (duration(0.04), "0.0 s"),
        (duration(59.94), "59.9 s"),
        (duration(150), "2:30 min"),
        (duration(3723), "1:02 h"),
        (size(None), "–"),
        (size(1023), "1023 B"),
        (size(205_824), "201 KiB"),
        (size(5 << 20), "5 MiB"),
        (number(None), "–"),
        (number(math.nan), "–"),
        (number(-0.5), "−0.5000"),
        (signed(0.25), "+0.2500"),
        (signed(-0.25), "−0.2500"),
        (share(0), "0 %"),
        (share(0.1234), "12.3 %"),
        (ends(Interval(0.5, -0.1, 0.6, "t", 3)), "−0.1000 to 0.6000"),
        (ends(Interval(0.5, math.nan, math.nan, "none", 3)), "–"),
        (moment("2026-01-01T10:20:30+00:00"), "2026-01-01 10:20 +0000"),
        (moment("yesterday"), "yesterday"),
        (sentence("no finding in 3 % of `a`"), "No finding in 3 % of `a`."),
        (sentence("`fare` matters most."), "`fare` matters most."),
        (sentence(""), ""),
        (value_text([1, 2.5, None, True, "a" * 300]), f"1, 2.5000, –, yes, {'a' * 199}…"),
        (short_number(-20_000), "−20k"),
        (short_number(1.5e9), "1.5bn"),
        (short_number(0.25), "0.25"),
    ],
)
def test_figure_is_written_for_people(written: str, text: str) -> None:
    assert written.replace("\N{NO-BREAK SPACE}", " ") == text
