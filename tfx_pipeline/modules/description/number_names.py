"""Names of numbers: see `columns`; no two numbers of a type have the same one."""

from __future__ import annotations

import numpy as np

_WHOLE = 2.0**63  # a larger one is written as a fraction is


def name_of_float(number: np.float32) -> str:
    """Write a finite number: as a whole one, or with 6 to 9 digits, as few as tell it apart.

    See `features.columns`.
    """
    if number == np.floor(number) and abs(number) < _WHOLE:
        return str(int(number))
    for digits in (6, 7, 8):
        name = f"{float(number):.{digits}g}"
        if np.float32(name) == number:
            return name
    return f"{float(number):.9g}"


def float_named(name: str) -> float | None:
    """Give the float32 that has this name; None: none has, as of `0.10`, `07` and `-0`."""
    try:
        number = np.float32(name)
    except ValueError:
        return None
    return float(number) if np.isfinite(number) and name_of_float(number) == name else None


def whole_named(name: str) -> int | None:
    """Give the int64 that has this name; None: none has, as of `7.0`, `07` and `1e3`."""
    try:
        number = int(name)
    except ValueError:
        return None
    return number if str(number) == name and -(2**63) < number < 2**63 else None
