"""What computes each operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.cells import Cells
from tfx_pipeline.export.numpy_form.operations.moments import calendar_id, periodic
from tfx_pipeline.export.numpy_form.operations.names import category_id, name_values
from tfx_pipeline.export.numpy_form.operations.numbers import bucket, is_missing, scaled
from tfx_pipeline.export.numpy_form.operations.words import words
from tfx_pipeline.modules.description import operations as described

OPERATIONS: dict[type[Any], Callable[[Any, Cells], NDArray[Any]]] = {
    described.Scaled: scaled,
    described.IsMissing: is_missing,
    described.Bucket: bucket,
    described.CategoryId: category_id,
    described.NameValues: name_values,
    described.Words: words,
    described.CalendarId: calendar_id,
    described.Periodic: periodic,
}
"""By the type of an operation: `[rows, width] float32`, or `[rows, 1] int64`."""
