"""Average precision: its influences are its derivatives by the rows' weights."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tfx_pipeline.evaluation.intervals.methods.average_precision import (
    average_precision,
    precision_difference,
    precision_interval,
)


@pytest.mark.parametrize("decimals", [9, 1])
def test_influences_are_the_derivatives_of_scikit_learns(decimals: int) -> None:
    random = np.random.default_rng(0)
    positive = random.random(60) < 0.3
    answers = (random.normal(size=60) + positive).round(decimals)
    value, influence = average_precision(answers, positive)
    assert value == pytest.approx(average_precision_score(positive, answers), abs=1e-12)
    for row in range(60):
        weights = np.ones(60)
        weights[row] += 1e-6
        moved = average_precision_score(positive, answers, sample_weight=weights)
        assert influence[row] == pytest.approx((moved - value) / 1e-6, abs=1e-4)
    assert influence.sum() == pytest.approx(0, abs=1e-12)


def test_interval_of_perfect_order_is_no_point() -> None:
    positive = np.repeat([True, False], 20)
    value, influence = average_precision(positive.astype(float), positive)
    ends, method = precision_interval(value, influence, positive, 0.95)
    assert (ends.value, ends.high, method) == (1.0, 1.0, "wilson")
    assert 0.8 < ends.low < 0.9


def test_interval_of_one_positive_row_says_nearly_nothing() -> None:
    positive = np.arange(50) == 7
    value, influence = average_precision(np.linspace(1, 0, 50), positive)
    ends, _ = precision_interval(value, influence, positive, 0.95)
    assert value == pytest.approx(1 / 8)
    assert ends.high - ends.low > 0.8


def test_difference_of_two_orders_holds_it() -> None:
    random = np.random.default_rng(1)
    positive = random.random(500) < 0.3
    measured = [
        average_precision(random.normal(size=500) + apart * positive, positive)
        for apart in (2.0, 1.0)
    ]
    ends, _ = precision_difference(measured[0], measured[1], positive, 0.95)
    assert 0 < ends.low < ends.value < ends.high < 1
