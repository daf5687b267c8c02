"""Answers with fewer digits: what a caller could be given instead."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_DIGITS = 4
ALL_DIGITS, CLASS_ALONE = "all digits", "the class alone"


def rounded(answers: NDArray[Any], digits: int, *, significant: bool) -> NDArray[np.float64]:
    """Round to so many digits: after the point, or significant ones; what is no number stays."""
    values = answers.astype(np.float64)
    if not significant:
        return np.round(values, digits)
    sized = np.isfinite(values) & (values != 0)
    exponents = np.zeros(values.shape)
    exponents[sized] = np.floor(np.log10(np.abs(values[sized])))
    unit = 10.0 ** (exponents - digits + 1)
    with np.errstate(invalid="ignore"):
        return np.where(sized, np.round(values / unit) * unit, values)


def digits_words(digits: int) -> str:
    """Name it: `1 digit`, `2 digits`."""
    return f"{digits} digit{'s' if digits != 1 else ''}"
