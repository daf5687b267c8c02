"""The different labels of a table and the rows of each: of all rows, where that is to be had."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.tables.column_sample import HARD_MARKS, NAMED_MARKS, SOFT_MARKS, ColumnSample
from tfx_pipeline.tables.kinds.categories import without_marks
from tfx_pipeline.tables.table_sample import TableSample


@dataclass(frozen=True)
class LabelCells:
    """What stands in the label's column.

    Attributes:
        texts: different labels, numbers ascending, names the most frequent first.
        counts: `[texts]`, rows of each.
        marks: cells that mean missing, with their rows.
        rows: of the table.
        are_all: of all rows; else of those that are looked at.
    """

    texts: list[str]
    counts: NDArray[np.int64]
    marks: dict[str, int]
    rows: int
    are_all: bool

    @property
    def known(self) -> int:
        """Rows with a label."""
        return int(self.counts.sum())


def label_cells(column: ColumnSample, sample: TableSample) -> LabelCells:
    """Count the labels that are looked at."""
    if column.numbers is None:
        texts, counts, marks = without_marks(column)
    else:
        values, counts = column.counted_numbers
        texts, marks = [_as_class(value) for value in values], column.marks
    return LabelCells(texts, counts, marks, column.rows, sample.is_all)


def all_label_cells(column: ColumnSample, sample: TableSample) -> LabelCells:
    """Count the labels of all rows; those that are looked at, where that would take long."""
    counted = None if sample.is_all else sample.count_cells(column.name)
    if counted is None:
        return label_cells(column, sample)
    is_number = column.numbers is not None
    among = HARD_MARKS | SOFT_MARKS if is_number else NAMED_MARKS
    rows = sum(counted.values())
    found = Counter({text: count for text, count in counted.items() if text.strip()})
    marks = {text: found.pop(text) for text in [*found] if text.strip() in among}
    if is_number:
        found, named = Counter[str](), found
        for text, count in named.items():
            found[_as_class(float(text))] += count
        order = sorted(found, key=float)
    else:
        order = sorted(found, key=lambda text: (-found[text], text))
    return LabelCells(order, np.array([found[x] for x in order], np.int64), marks, rows, True)


def _as_class(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else f"{value:.9g}"
