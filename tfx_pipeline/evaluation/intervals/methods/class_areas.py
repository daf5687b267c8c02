"""The mean over classes of the area under the ROC curve of each against the others.

It is averaged from the classes' areas, and so are the influences of the rows: see `area`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.blocks import Blocks
from tfx_pipeline.evaluation.intervals.methods.area import area_of
from tfx_pipeline.evaluation.scored_rows import ScoredRows


def class_areas(
    rows: ScoredRows, blocks: Blocks, *, by_rows: bool
) -> tuple[float, NDArray[np.float64]]:
    """Give the mean area of a multi-class task, and what each block adds to it: `[blocks]`.

    `by_rows`: classes count by their rows, else equally; each must have some, and not all.
    """
    count = len(rows.labels)
    influence, value = np.zeros(blocks.count), 0.0
    for place in range(rows.classes):
        of_class = rows.labels == place
        area = area_of(rows.answers[:, place], of_class, blocks)
        share = of_class.mean() if by_rows else 1 / rows.classes
        value += share * area.value
        influence += share * area.influence
        if by_rows:
            influence += blocks.sums((of_class - share) * area.value)[:, 0] / count
    return float(value), influence


def rarest_class(rows: ScoredRows) -> NDArray[np.bool_]:
    """Say of each row whether it is of the class that has the fewest: its rows say least."""
    counts = np.bincount(rows.labels.astype(int), minlength=rows.classes)
    return np.asarray(rows.labels == counts.argmin())
