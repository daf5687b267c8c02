"""Number texts of responses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_pipeline.serving.json.numbers import decimals

# Texts of the tests of TensorFlow Serving, and of the contract.
FLOAT32 = {
    9000000: "9e+06",
    999999: "999999.0",
    0.5: "0.5",
    0.0003: "0.0003",
    0.00003: "3e-05",
    555557.5: "555557.5",
    0.2: "0.2",
    16777216: "16777216.0",
    1 / 3: "0.333333343",
    0: "0.0",
    -7: "-7.0",
    1e6: "1e+06",
    123456.7: "123456.703",
    1e-30: "1e-30",
    math.nan: "NaN",
    math.inf: "Infinity",
    -math.inf: "-Infinity",
}
FLOAT64 = {0.1: "0.1", 1 / 3: "0.33333333333333331", 8: "8.0", 1e300: "1e+300", 2**53: None}


@pytest.mark.parametrize("times", [1, 100])
def test_decimals_float32_is_six_digits_or_nine(times: int) -> None:
    array = np.array(list(FLOAT32) * times, np.float32)
    assert decimals(array) == list(FLOAT32.values()) * times


def test_decimals_float64_is_six_digits_or_seventeen() -> None:
    expected = [text or "9007199254740992.0" for text in FLOAT64.values()]
    assert decimals(np.array(list(FLOAT64), np.float64)) == expected


def test_decimals_minus_zero_keeps_its_sign() -> None:
    assert decimals(np.array([-0.0], np.float32)) == ["-0.0"]
    assert decimals(np.array([-0.0] * 50, np.float32)) == ["-0.0"] * 50


def test_decimals_no_numbers_no_texts() -> None:
    assert decimals(np.zeros((0, 3), np.float32)) == []


def _by_the_rule(number: np.floating, digits: int) -> str:
    if not np.isfinite(number):
        return {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(float(number))]
    text = f"{number:.6g}"
    if type(number)(text) != number:
        text = f"{number:.{digits}g}"
    return text if "." in text or "e" in text else text + ".0"


@given(
    st.lists(
        st.floats(width=32)
        | st.floats(2**-17, 2**24, width=32)
        | st.integers(-(10**7), 10**7).map(lambda n: n / 1000),
        min_size=40,
        max_size=80,
    )
)
@settings(max_examples=60, deadline=None)
def test_decimals_many_at_once_follow_the_rule_and_round_trip(numbers: list[float]) -> None:
    for dtype, digits in ((np.float32, 9), (np.float64, 17)):
        array = np.array(numbers, dtype)
        texts = decimals(array)
        assert texts == [_by_the_rule(number, digits) for number in array]
        np.testing.assert_array_equal(np.array(list(map(float, texts)), dtype), array)
