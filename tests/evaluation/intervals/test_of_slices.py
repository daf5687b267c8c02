"""Intervals of slices hold at once: as wide as their number and their common rows ask for."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.evaluation.test_metrics import random_binary
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.intervals.of_metrics import metric_intervals, rows_at
from tfx_pipeline.evaluation.intervals.of_slices import (
    simultaneous_confidence,
    slice_intervals,
    slice_loss_intervals,
)

_NAMES = ("auc", "log_loss", "accuracy")
_APART = [np.arange(100 * place, 100 * (place + 1)) for place in range(20)]


def test_simultaneous_confidence_of_slices_apart_is_sidaks() -> None:
    found = simultaneous_confidence(2000, _APART, Resampling(resamples=4000))
    assert 1 - found == pytest.approx(1 - 0.95 ** (1 / 20), rel=0.25)
    assert found <= 0.95 ** (1 / 20)


def test_simultaneous_confidence_of_the_same_slice_again_and_again_is_that_of_one() -> None:
    same = [np.arange(500)] * 20
    assert simultaneous_confidence(2000, same, Resampling()) == pytest.approx(0.95, abs=0.015)
    assert simultaneous_confidence(2000, same[:1], Resampling()) == 0.95


def test_slice_intervals_are_those_of_the_rows_but_wider() -> None:
    rows = random_binary(0, 2000)
    found = slice_intervals(_NAMES, rows, _APART, Resampling())
    for places, figures in zip(_APART, found, strict=True):
        alone = metric_intervals(_NAMES, rows_at(rows, places), Resampling())
        for name, each in figures.items():
            assert each.value == alone[name].value
            assert each.simultaneous == 20
            ratio = (each.high - each.low) / (alone[name].high - alone[name].low)
            assert 1.2 < ratio < 2.2, name


def test_slice_loss_intervals_are_those_of_the_rows_but_wider() -> None:
    first, second = random_binary(0, 2000), random_binary(0, 2000, sharpness=4)
    second = rows_at(second, np.arange(2000))
    found = slice_loss_intervals(_NAMES, first, second, _APART[:5], Resampling())
    for places, figures in zip(_APART, found, strict=False):
        alone = loss_intervals(
            _NAMES, rows_at(first, places), rows_at(second, places), Resampling()
        )
        for name, each in figures.items():
            assert each.value == alone[name].value
            assert each.high - each.low > alone[name].high - alone[name].low, name


def test_slice_intervals_of_too_few_rows_are_none_and_cost_the_others_nothing() -> None:
    rows = random_binary(0, 2000)
    few = [np.array([], int), np.array([3]), np.array([1, 2, 3])]
    found = slice_intervals(_NAMES, rows, [*few, _APART[0]], Resampling(), min_rows=30)
    for figures in found[:3]:
        assert all(each.method == "none" and math.isnan(each.low) for each in figures.values())
    assert found[2]["accuracy"].value in (0, 1 / 3, 2 / 3, 1)
    assert found[3] == metric_intervals(_NAMES, rows_at(rows, _APART[0]), Resampling())


def test_slice_intervals_without_slices_are_none() -> None:
    assert slice_intervals(_NAMES, random_binary(0, 50), [], Resampling()) == []
