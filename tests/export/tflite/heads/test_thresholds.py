from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tfx_pipeline.export.tflite.features.clocks import LASTS, TURNS
from tfx_pipeline.export.tflite.features.numbers import scale
from tfx_pipeline.export.tflite.heads.thresholds import raw_thresholds, turning_points
from tfx_pipeline.modules.description.operations import Scaled


def _scaled(origin: float, unit: float, **more: Any) -> Scaled:
    settings = {"is_log": False, "farthest": 1e6} | more
    return Scaled("x_scaled", "x", fill=origin, origin=origin, unit=unit, **settings)


@pytest.mark.parametrize("wave", [np.sin, np.cos])
@pytest.mark.parametrize("threshold", [-1.0, -0.999999, -0.3, 0.0, 0.25, 0.9999999, 1.0, 2.0])
def test_turning_points_of_a_day_are_where_the_wave_passes(wave: Any, threshold: float) -> None:
    seconds = np.arange(LASTS[0] + 1)
    above = wave(2 * np.pi * (seconds / TURNS[0])).astype(np.float32) > np.float32(threshold)

    start, points = turning_points(wave, TURNS[0], LASTS[0], threshold)

    passed = np.searchsorted(points, seconds, "right")
    assert ((start + passed) % 2 == above).all()


def test_turning_points_of_a_year_reach_to_the_end_of_a_leap_year() -> None:
    seconds = np.concatenate([np.arange(5000), np.arange(TURNS[2] - 5000, LASTS[2] + 1)])
    threshold = float(np.float32(np.sin(2 * np.pi * 1000 / TURNS[2])))
    above = np.sin(2 * np.pi * (seconds / TURNS[2])).astype(np.float32) > np.float32(threshold)

    start, points = turning_points(np.sin, TURNS[2], LASTS[2], threshold)

    assert len(points) == 3 and points[-1] > TURNS[2]
    assert ((start + np.searchsorted(points, seconds, "right")) % 2 == above).all()


@pytest.mark.parametrize(
    "operation",
    [
        _scaled(2.5, 1.75),
        _scaled(1e9 + 0.3, 1e-3),
        _scaled(0.7, 1e-30),
        _scaled(1.2, 0.4, is_log=True),
        _scaled(0.0, 1.0, farthest=float(np.finfo(np.float32).max)),
        _scaled(3.0, 0.0),
    ],
)
@pytest.mark.parametrize("kind", ["float32", "int64"])
def test_raw_thresholds_part_raw_numbers_as_scaled_ones(operation: Scaled, kind: str) -> None:
    thresholds = np.array([-2e6, -3.5, -1, -0.1, 0, 1e-3, 0.7, 2.25, 1e5, 1e6], np.float32)

    found = raw_thresholds([operation] * 10, thresholds, kind)

    for threshold, raw in zip(thresholds, found, strict=True):
        near = _beside(raw, kind)
        above = [np.float32(scale(operation, float(x))) > threshold for x in near]
        assert [bool(x > raw) for x in near] == above


def _beside(raw: Any, kind: str) -> list[Any]:
    """Give numbers about one, of its type; of whole ones those that a float64 can be."""
    if kind == "int64":
        step = max(1, abs(int(raw)) // 2**52)
        near = [int(raw) + step * x for x in (-1, 0, 1)]
        return [x for x in near if float(x) == x and abs(x) <= 2**63 - 2**10]
    end = np.finfo(np.float32).max
    near = [np.nextafter(raw, -end), raw, np.nextafter(raw, end)]
    return [np.float32(x) for x in near if np.isfinite(x)]
