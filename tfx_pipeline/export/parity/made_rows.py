"""Rows that are made to hurt, of real ones where there are some: see `hurting_cells`.

The first half has one cell changed a row, each hurting cell of each column once where there is room
for all of them; in the other half each cell of a row is changed with a chance of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.parity.hurting_cells import Cell, hurting_cells
from tfx_pipeline.export.parity.landmarks import landmarks
from tfx_pipeline.export.rows import CELL_DTYPES, Rows
from tfx_pipeline.modules.description.columns import Column
from tfx_pipeline.modules.description.model_description import ModelDescription

_SEED = 20_261_130
_STRIDE = 7_919  # a prime: rows of the whole split
_CHANCES = (0.1, 0.3, 0.6, 1.0)


@dataclass(frozen=True)
class MadeRows:
    """The rows, and what was changed in each.

    Attributes:
        cells: see `rows`.
        hurts: of each row, by column; a column that was not changed is not there.
    """

    cells: Rows
    hurts: tuple[dict[str, str], ...]


def made_rows(description: ModelDescription, real: Rows, count: int, seed: int = _SEED) -> MadeRows:
    """Make rows of these real ones, of which there may be none."""
    random = np.random.default_rng(seed)
    marks = landmarks(description)
    cells = {
        column.name: hurting_cells(column, marks[column.name], _cells_of(real, column.name))
        for column in description.columns
    }
    made = {x.name: _base(x, real, count) for x in description.columns}
    hurts = tuple(dict[str, str]() for _ in range(count))
    singles = [(name, cell) for name, of_column in cells.items() for cell in of_column]
    for row, place in enumerate(random.permutation(len(singles))[: count // 2]):
        name, cell = singles[place]
        _change(made, hurts, row, name, cell)
    start = min(len(singles), count // 2)
    for row in range(start, count):
        chance = random.choice(_CHANCES)
        for name, of_column in cells.items():
            if random.random() < chance:
                _change(made, hurts, row, name, of_column[random.integers(len(of_column))])
    return MadeRows(made, hurts)


def _cells_of(real: Rows, name: str) -> NDArray[Any]:
    return real[name] if name in real else np.zeros(0, object)


def _base(column: Column, real: Rows, count: int) -> NDArray[Any]:
    """Take real cells, those of the same rows in each column; without any, missing ones."""
    dtype = CELL_DTYPES[column.type]
    cells = _cells_of(real, column.name)
    if not len(cells):
        return np.full(count, "" if dtype is object else np.nan, dtype)
    return np.array(cells[np.arange(count) * _STRIDE % len(cells)], dtype)


def _change(
    made: dict[str, NDArray[Any]],
    hurts: tuple[dict[str, str], ...],
    row: int,
    name: str,
    cell: Cell,
) -> None:
    made[name][row], hurts[row][name] = cell
