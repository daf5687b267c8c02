"""Raw cells of examples, as a caller of the model would send them: see `export.rows`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.components.example_batches import decoded, first_values, records_of
from tfx_pipeline.export.rows import CELL_DTYPES, Rows
from tfx_pipeline.modules.description.columns import Column

CALIBRATION_ROWS = 500
"""Of the train split: enough for the ranges of a network's values."""


def read_cells(
    files: Iterable[Path], columns: Sequence[Column], most: int
) -> tuple[Rows, list[bytes]]:
    """Read the first rows of files, `most` of them at most.

    Returns:
        Their cells by column, and the serialized examples, from which labels are made. Bytes that
        are no UTF-8, which no caller can send, are U+FFFD.

    Raises:
        StepError: a file is damaged.
    """
    records: list[bytes] = []
    for block in records_of(files):
        records += block[: most - len(records)]
        if len(records) >= most:
            break
    if not records:
        return {}, []
    batch = decoded(records)
    cells = {x.name: _cells(first_values(batch, x.name), CELL_DTYPES[x.type]) for x in columns}
    return cells, records


def _cells(values: Any, dtype: Any) -> NDArray[Any]:
    """Make cells of an Arrow array: NaN or "" where it is null."""
    if dtype is not object:
        return np.array([np.nan if x is None else x for x in values.to_pylist()], dtype)
    texts = np.empty(len(values), object)
    texts[:] = ["" if x is None else x.decode("utf-8", "replace") for x in values.to_pylist()]
    return texts
