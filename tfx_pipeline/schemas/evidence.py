"""What speaks for a finding: how many rows, and the first three values with their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.schemas.typed_columns import TypedBlock
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

    def see(self, block: TypedBlock, texts: Any, where: Any) -> None:
        """Take in the rows of a block that break the rule; null in `where` counts as false."""
        import pyarrow.compute as pc

        count = pc.sum(where).as_py() or 0
        self.rows += count
        if not count or len(self.cells) >= SHOWN_VALUES:
            return
        shown = {cell.value for cell in self.cells}
        indices = pc.indices_nonzero(pc.fill_null(where, False))
        written = texts.take(indices)
        coded = written.dictionary_encode()
        firsts = _first_of_each(coded, indices) if count > SHOWN_VALUES else indices.to_pylist()
        for row in firsts:
            value = texts[row].as_py() or ""
            if value and value in shown:
                continue
            shown.add(value)
            self.cells.append(Cell(block.path, block.first_row + row, value))
            if len(self.cells) >= SHOWN_VALUES:
                return

    def count(self, values: Any) -> None:
        """Count the different values that break the rule; of too many, no further ones."""
        import pyarrow.compute as pc

        for each in pc.value_counts(values).to_pylist():
            value = each["values"]
            if value in self.values or len(self.values) < _DISTINCT:
                self.values[value] = self.values.get(value, 0) + each["counts"]


def _first_of_each(coded: Any, indices: Any) -> list[int]:
    """Give rows: the first of each of the first few different texts; of empty ones, the first few.

    `coded` are the texts of the rows `indices`.
    """
    import numpy as np

    codes = coded.indices.to_numpy(zero_copy_only=False)
    first = [
        int(np.argmax(codes == code))
        for code in range(min(2 * SHOWN_VALUES, len(coded.dictionary)))
    ]
    rows = [*first, *range(SHOWN_VALUES)] if coded.dictionary[0].as_py() == "" else first
    return [indices[row].as_py() for row in sorted(set(rows))]


def shown_value(cell: Cell) -> str:
    """Write a value as evidence shows it."""
    return repr(shortened(cell.value, _WIDTH)) if cell.value.strip() else "(missing)"


def share(rows: int, total: int) -> str:
    """Write a part of rows: `5 of 9 rows (55.56%)`."""
    return f"{rows:,} of {total:,} rows ({rows / total:.2%})" if total else f"{rows:,} of 0 rows"


Places = Mapping[Cell, str]
"""File and line of each cell."""
