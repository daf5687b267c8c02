"""Intervals of any weighted statistics at once."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.of_statistics import gap_intervals

_VALUES = np.random.default_rng(0).normal(size=(400, 3))


def _means(weights: NDArray[Any]) -> NDArray[Any]:
    return weights @ _VALUES / weights.sum()


def test_gap_intervals_of_one_mean_are_students() -> None:
    found = gap_intervals(lambda weights: _means(weights)[:1], 400, Resampling(resamples=4000))[0]
    error = _VALUES[:, 0].std() / 20
    assert found.value == pytest.approx(_VALUES[:, 0].mean())
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.06)


def test_gap_intervals_of_several_are_wider_but_not_of_the_same_again() -> None:
    one, *others = gap_intervals(_means, 400, Resampling())
    alone = gap_intervals(lambda weights: _means(weights)[:1], 400, Resampling())[0]
    same = gap_intervals(lambda weights: np.repeat(_means(weights)[:1], 9), 400, Resampling())[0]
    assert one.simultaneous == 3 == len(others) + 1
    assert one.high - one.value > 1.1 * (alone.high - alone.value)
    assert one.value - one.low > 1.1 * (alone.value - alone.low)
    assert (same.low, same.high) == pytest.approx((alone.low, alone.high))


def test_gap_intervals_say_which_figures_do_not_exist_or_do_not_vary() -> None:
    nan = float("nan")
    missing, constant, there = gap_intervals(
        lambda weights: np.array([nan, 3.0, _means(weights)[0]]), 400, Resampling(resamples=200)
    )
    assert missing.method == "none" and math.isnan(missing.low)
    assert (constant.low, constant.high) == (3.0, 3.0)
    assert there.low < there.value < there.high
    assert there.simultaneous == 2


def test_gap_intervals_draw_clusters_together() -> None:
    clusters = np.arange(400) // 20
    together = gap_intervals(
        lambda weights: np.array([weights @ np.repeat(_VALUES[:20, 0], 20) / weights.sum()]),
        400,
        Resampling(clusters=clusters),
    )[0]
    alone = gap_intervals(
        lambda weights: np.array([weights @ np.repeat(_VALUES[:20, 0], 20) / weights.sum()]),
        400,
        Resampling(),
    )[0]
    assert together.high - together.low > 3 * (alone.high - alone.low)


@pytest.mark.parametrize("rows", [0, 1])
def test_gap_intervals_of_no_row_to_draw_are_none(rows: int) -> None:
    found = gap_intervals(lambda weights: np.array([1.0, 2.0]), rows, Resampling())
    assert [each.method for each in found] == ["none", "none"]


def test_gap_intervals_of_figures_that_a_few_resamples_do_not_have_are_of_the_others() -> None:
    counts = np.zeros(200)
    counts[:6] = 1  # of a resample in 400, none is drawn
    values = counts * _VALUES[:200, 0]

    def mean(weights: NDArray[Any]) -> NDArray[Any]:
        with np.errstate(invalid="ignore"):
            return np.array([weights @ values / (weights @ counts)])

    (found,) = gap_intervals(mean, 200, Resampling())
    assert found.method == "max-t" and found.low < found.value < found.high
