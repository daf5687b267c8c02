"""Compare what a loaded model answers with what it answered when it was trained.

Terms:
    answer: what the model answers now, for one row: values by name of the output.
    prediction: what it answered then (see `rows`).
    difference: of numbers, relative to the prediction above 1 and absolute below; of texts, 1
        where they differ; infinite where there is nothing to compare, NaN included.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

TOLERANCE = 1e-5
"""Largest difference that is accepted: float32 computed in another order gives some 1e-7."""


@dataclass(frozen=True)
class Mismatch:
    """An answer that is not the prediction.

    Attributes:
        row: number of the row, from 0.
        output: name of the output.
        received: the answer; none where the model gives no such output.
        expected: the prediction.
        difference: see the module's terms.
    """

    row: int
    output: str
    received: Any
    expected: Any
    difference: float


@dataclass(frozen=True)
class Comparison:
    """What was found: the largest difference, and the first beyond the tolerance."""

    rows: int
    largest_difference: float
    mismatch: Mismatch | None


def compare_answers(
    predictions: Sequence[Mapping[str, Any]], answers: Sequence[Mapping[str, Any]]
) -> Comparison:
    """Compare all outputs that the predictions name; others are not looked at.

    Raises:
        ValueError: there are more or fewer answers than predictions.
    """
    largest, first = 0.0, None
    for row, (prediction, answer) in enumerate(zip(predictions, answers, strict=True)):
        for output, expected in prediction.items():
            received = answer.get(output)
            size = difference(expected, received)
            largest = max(largest, size)
            if first is None and size > TOLERANCE:
                first = Mismatch(row, output, received, expected, size)
    return Comparison(len(predictions), largest, first)


def difference(expected: ArrayLike, received: ArrayLike | None) -> float:
    """Measure the largest difference between two values, or between the items of two lists."""
    import numpy as np

    try:
        then, now = np.asarray(expected), np.asarray(received)
    except ValueError:  # lists of unequal lengths
        return math.inf
    if then.shape != now.shape or (then.dtype.kind == "U") != (now.dtype.kind == "U"):
        return math.inf
    if then.dtype.kind == "U":
        return float((then != now).any())
    try:
        sizes = np.abs(now.astype(float) - then) / np.maximum(1, np.abs(then))
    except (TypeError, ValueError):  # nothing that is a number
        return math.inf
    return float(np.where(np.isnan(sizes), math.inf, sizes).max(initial=0.0))


def shown(value: Any, width: int = 60) -> str:
    """Write a value for a message: 6 digits a number, and no more of a list than fits."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        text = f"[{', '.join(shown(item) for item in value)}]"
        return text if len(text) <= width else f"{text[:width]}…"
    return repr(value)
