"""Texts of numbers, as the exported model makes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.number_names import name_of_float

ASCII_BLANKS = " \t\n\v\f\r"
"""What TensorFlow strips, and divides words at."""


def texts_of_floats(values: NDArray[np.float32]) -> NDArray[Any]:
    """Write finite numbers, `[rows]`, as names."""
    distinct, places = np.unique(values, return_inverse=True)
    texts = np.array([name_of_float(value) for value in distinct], object).reshape(len(distinct))
    return texts[places.reshape(-1)]
