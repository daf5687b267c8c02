"""Operations on numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.cells import Cells
from tfx_pipeline.modules.description.operations import Bucket, IsMissing, Scaled


def scaled(operation: Scaled, cells: Cells) -> NDArray[Any]:
    """See `Scaled`."""
    numbers = cells.numbers(operation.column)
    if operation.is_log:
        numbers = np.log1p(np.maximum(numbers, 0.0))
    filled = np.where(np.isnan(numbers), operation.fill, numbers)
    if not operation.unit:
        return np.zeros((len(filled), 1), np.float32)
    with np.errstate(over="ignore"):  # what is too large stands at the farthest
        values = (filled - operation.origin) / operation.unit
    clipped = np.clip(values, -operation.farthest, operation.farthest)
    return clipped.astype(np.float32)[:, np.newaxis]


def is_missing(operation: IsMissing, cells: Cells) -> NDArray[Any]:
    """See `IsMissing`."""
    return np.isnan(cells.numbers(operation.column)).astype(np.float32)[:, np.newaxis]


def bucket(operation: Bucket, cells: Cells) -> NDArray[Any]:
    """See `Bucket`."""
    numbers = cells.numbers(operation.column)
    places = 1 + np.searchsorted(operation.boundaries, numbers, "right")
    return np.where(np.isnan(numbers), 0, places).astype(np.int64)[:, np.newaxis]
