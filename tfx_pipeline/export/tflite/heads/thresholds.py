"""Thresholds of transformed numbers as thresholds of what they are computed from."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.columns import LARGEST_WHOLE
from tfx_pipeline.modules.description.operations import Scaled

_FLOAT32_END = int(np.float32(np.finfo(np.float32).max).view(np.int32))


def raw_thresholds(
    operations: Sequence[Scaled], thresholds: NDArray[np.float32], kind: str
) -> NDArray[np.float32] | NDArray[np.int64]:
    """Find the largest raw number of each that is scaled to the threshold or below.

    Scaling never falls, so halves are sought: among all float32 or whole numbers there are.

    Args:
        operations: `[thresholds]`.
        thresholds: of scaled numbers.
        kind: `float32` or `int64`.

    Returns:
        In this type; below all numbers where all are scaled above the threshold.
    """
    end = _FLOAT32_END if kind == "float32" else int(LARGEST_WHOLE)
    low = np.full(len(operations), -end - 1, np.int64)  # none below the threshold, so far
    high = np.full(len(operations), end, np.int64)
    number = _float32_of if kind == "float32" else _same
    while (low < high).any():
        # Towards the higher: the middle is above `low`, and cannot overflow.
        middle = high // 2 + low // 2 + ((high % 2 + low % 2 + 1) // 2)
        is_below = _scaled(operations, number(middle)) <= thresholds
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle - 1)
    if kind == "float32":
        return np.where(low < -end, -np.inf, _float32_of(low)).astype(np.float32)
    return low


def turning_points(
    wave: Callable[[float], float], turn: int, last: int, threshold: float
) -> tuple[int, NDArray[np.int32]]:
    """Find where the sine or cosine of a share of a turn passes a threshold.

    Args:
        wave: of an angle.
        turn: seconds of a whole one.
        last: second that is asked for.
        threshold: a float32.

    Returns:
        1 where it is above at 0, else 0; and the seconds from which on it is above where it was
        not, or no longer: ascending.
    """

    def is_above(second: int) -> bool:
        return bool(np.float32(wave(2 * math.pi * (second / turn))) > np.float32(threshold))

    # Between quarters of the turn the wave only rises, or only falls.
    ends = [0, *(x for x in range(turn // 4, last, turn // 4)), last]
    points = []
    for low, high in itertools.pairwise(ends):
        if is_above(low) == is_above(high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if is_above(middle) == is_above(low) else (low, middle)
        points.append(high)
    return int(is_above(0)), np.array(points, np.int32)


def _same(places: NDArray[np.int64]) -> NDArray[np.float64]:
    return places.astype(np.float64)


def _float32_of(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Number float32 from 0 on, up and down, in their order."""
    size = np.minimum(np.abs(places), _FLOAT32_END).astype(np.int32).view(np.float32)
    return np.where(places < 0, -size.astype(np.float64), size)


def _scaled(operations: Sequence[Scaled], numbers: NDArray[np.float64]) -> NDArray[np.float32]:
    """Scale as the transform graph does: float64, then float32."""
    is_log, origin, unit, farthest = (
        np.array([getattr(x, name) for x in operations])
        for name in ("is_log", "origin", "unit", "farthest")
    )
    numbers = np.where(is_log, np.log1p(np.maximum(numbers, 0)), numbers)
    with np.errstate(over="ignore"):
        scaled = (numbers - origin) / np.where(unit > 0, unit, 1.0)
    scaled = np.where(unit > 0, scaled, 0.0)
    with np.errstate(over="ignore"):
        return np.clip(scaled, -farthest, farthest).astype(np.float32)
