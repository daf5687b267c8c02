"""What speaks for a finding: how many rows, and the first three values with their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.reading.arrow_arrays import codes_of
from tfx_pipeline.schemas.conversions import Column, TypedBlock
from tfx_pipeline.wording import shortened

SHOWN_VALUES = 3
_WIDTH = 60
_DISTINCT = 100_000


@dataclass
class Evidence:
    """Rows that break a rule.

    Attributes:
        rows: how many.
        cells: the first row of each of the first three different values; of a missing value, the
            first three rows.
        values: how often each value occurs; only where it is asked for.
    """

    rows: int = 0
    cells: list[Cell] = field(default_factory=list)
    values: dict[Any, int] = field(default_factory=dict)

    def see(self, block: TypedBlock, column: Column, where: Any) -> None:
        """Take in the rows of a block that break the rule; null in `where` counts as false."""
        import pyarrow.compute as pc

        count = pc.sum(where).as_py() or 0
        self.rows += count
        if not count or len(self.cells) >= SHOWN_VALUES:
            return
        texts = column.texts
        rows = pc.indices_nonzero(where).to_numpy()  # null counts as false
        codes = codes_of(texts)[rows]
        missing = rows[codes < 0][:SHOWN_VALUES]
        _, firsts = np.unique(codes[codes >= 0], return_index=True)
        # Of blocks before, some values may be shown already.
        firsts = rows[codes >= 0][np.sort(firsts)[: 2 * SHOWN_VALUES]]
        shown = {cell.value for cell in self.cells} - {""}
        for row in sorted([*missing.tolist(), *firsts.tolist()]):
            value = texts[row].as_py() or ""
            if value not in shown and len(self.cells) < SHOWN_VALUES:
                self.cells.append(Cell(block.path, int(block.indices[row]), value))

    def count(self, values: Any) -> None:
        """Count the different values that break the rule; of too many, no further ones."""
        import pyarrow.compute as pc

        for each in pc.value_counts(values).to_pylist():
            value = each["values"]
            if value in self.values or len(self.values) < _DISTINCT:
                self.values[value] = self.values.get(value, 0) + each["counts"]


def shown_value(cell: Cell) -> str:
    """Write a value as evidence shows it."""
    return repr(shortened(cell.value, _WIDTH)) if cell.value.strip() else "(missing)"


def share(rows: int, total: int) -> str:
    """Write a part of rows: `5 of 9 rows (55.56%)`."""
    return f"{rows:,} of {total:,} rows ({rows / total:.2%})" if total else f"{rows:,} of 0 rows"


Places = Mapping[Cell, str]
"""File and line of each cell."""
