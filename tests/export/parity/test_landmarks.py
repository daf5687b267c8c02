"""Where a description's operations and heads bend and jump, in raw numbers."""

import numpy as np
import pytest

from tests.export.parity.described import blend, description
from tfx_pipeline.export.parity.landmarks import landmarks


@pytest.fixture(scope="module")
def found():
    return landmarks(description(blend()))


def test_landmarks_of_a_scaled_number_are_its_boundaries_knots_and_thresholds(found):
    # Boundaries 5 and 12.5; knots at -1 and 1 standard deviations; the threshold 0.5.
    for number in (5.0, 12.5, 6.0, 14.0, 12.0, 10.0 + 4e6):
        assert np.isclose(found["fare"].numbers, number, rtol=1e-7).any()


def test_landmarks_of_a_logarithm_are_led_back_through_it(found):
    # Knots at 0 and 1, the threshold -0.25: log(1 + x) = 1, 1.5 and 0.875.
    for logarithm in (1.0, 1.5, 0.875):
        assert np.isclose(found["miles"].numbers, np.expm1(logarithm), rtol=1e-15).any()
    assert np.isfinite(found["miles"].numbers).all()


def test_landmarks_of_names_are_those_that_the_model_knows(found):
    assert found["area"].names == ("7", "33")
    assert found["way"].names == ("Cash", "Karte 7")


def test_landmarks_of_a_clock_are_moments(found):
    assert {0.0, 951_782_400.0} <= {*found["started"].numbers}  # 1970-01-01, 2000-02-29
