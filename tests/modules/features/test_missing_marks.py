from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.features.missing_marks import read_marks


def test_read_marks_texts_and_numbers_are_told_apart():
    marks = read_marks(["?", " N/A ", "9999", "-3.4e38", "9999", "007", "nan", "inf", "1_0", "٣"])
    assert marks.texts == ("?", "N/A", "9999", "-3.4e38", "007", "nan", "inf", "1_0", "٣")
    assert marks.numbers == (9999, -3.4e38, 7)
    assert marks.held == (9999, -3.4e38, 7)
    assert marks.unheld == ("?", "N/A", "nan", "inf", "1_0", "٣")


@pytest.mark.parametrize(
    ("cell", "whole"),
    [("9999.0", (9999,)), ("0.5", ()), ("-9223372036854775808", ()), ("1e18", (10**18,))],
)
def test_whole_marks_are_those_that_int64_holds(cell, whole):
    assert read_marks([cell]).whole == whole


@pytest.mark.parametrize("cell", ["3.4028234663852886e38", "3.4028235e38", "1e39", "-1e400", "1"])
def test_held_marks_are_those_that_float32_holds(cell):
    marks = read_marks([cell])
    with np.errstate(over="ignore"):
        is_finite = bool(np.isfinite(np.float32(float(cell))))
    assert bool(marks.held) == is_finite
    assert bool(marks.unheld) != is_finite
