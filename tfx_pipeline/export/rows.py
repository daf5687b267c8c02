"""Raw rows and answers, as every format and the oracle take and give them.

Terms:
    rows: by column name, the cells `[rows]` (see `modules.description.columns`): float32, float64
        for a column of int64, and `object` of `str` for one of texts.
    answers: by name, as `model_description.Answer` says: `probability` or `value` `[rows]
        float32`, `probabilities` `[rows, classes] float32`, `class` `[rows] object` of `str`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.columns import CellType

Rows: TypeAlias = Mapping[str, NDArray[Any]]
Answers: TypeAlias = Mapping[str, NDArray[Any]]

CELL_DTYPES: dict[CellType, Any] = {"float32": np.float32, "int64": np.float64, "string": object}
"""NumPy's type of a column's cells."""


class Runtime(Protocol):
    """A loaded model of some format."""

    def __call__(self, rows: Rows) -> Answers:
        """Answer rows, of which there may be none."""


def in_slices(answer: Callable[[Rows], Answers], rows: Rows, most: int) -> Answers:
    """Answer so many rows at a time; none, if there is none.

    Raises:
        ValueError: columns differ in length.
    """
    counts = {name: len(cells) for name, cells in rows.items()}
    if len(set(counts.values())) > 1:
        raise ValueError(f"columns of one length are needed; received {counts}")
    count = next(iter(counts.values()))
    parts = [
        answer({name: cells[start : start + most] for name, cells in rows.items()})
        for start in range(0, max(1, count), most)
    ]
    if len(parts) == 1:
        return parts[0]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
