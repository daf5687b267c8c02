"""The rows that tests look at: the columns that they read, kept while the table is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.ingestion.columns.typed_columns import exact_column
from tfx_pipeline.ingestion.columns.types import ColumnPlan
from tfx_pipeline.ingestion.reading.arrow_arrays import missing_of, numbers_of


@dataclass(frozen=True)
class KeptBlock:
    """Successive rows of a file.

    Attributes:
        path: the file.
        indices: of their records.
        columns: by name, as `reading.blocks` gives them: 3 million texts of Python would not do.
    """

    path: Path
    indices: Sequence[int] | NDArray[np.int64]
    columns: Mapping[str, Any]


class KeptColumns:
    """Keeps columns of all rows of a table, which `rows` gives with their types."""

    def __init__(self, names: Iterable[str], header: Sequence[str]) -> None:
        self._positions = {name: header.index(name) for name in names if name in header}
        self._blocks: list[KeptBlock] = []

    def add(self, columns: Sequence[Any], path: Path, indices: Any) -> None:
        """Take in successive rows of a file, by column in the order of the header."""
        kept = {name: columns[position] for name, position in self._positions.items()}
        self._blocks.append(KeptBlock(path, indices, kept))

    def rows(self, plans: Sequence[ColumnPlan], mark: str) -> list[TestedRows]:
        """Give all rows, block by block; see `typed_columns` for the arguments."""
        by_name = {plan.name: plan for plan in plans}
        return [TestedRows(block, by_name, mark) for block in self._blocks]


@dataclass
class TestedRows:
    """A block of rows, with the values that its columns have."""

    __test__ = False  # it is none of pytest's

    block: KeptBlock
    plans: Mapping[str, ColumnPlan]
    mark: str
    _exact: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.block.indices)

    @cached_property
    def indices(self) -> NDArray[np.int64]:
        """Indices of the records: `[rows]`."""
        return np.asarray(self.block.indices, np.int64)

    def exact(self, name: str) -> Any:
        """Give a column: `[rows]` of Arrow, strings, int64 or float64; null is missing."""
        if name not in self._exact:
            column = self.block.columns[name]
            self._exact[name] = exact_column(column, self.plans[name], self.mark)
        return self._exact[name]

    def missing(self, name: str) -> NDArray[np.bool_]:
        """Tell where a column has no value: `[rows]`."""
        return missing_of(self.exact(name))

    def numbers(self, name: str) -> NDArray[Any]:
        """Give a column of numbers: `[rows]` int64, or float64 with NaN where one is missing."""
        column = self.exact(name)
        found = numbers_of(column)
        if not column.null_count:
            return found
        return np.where(missing_of(column), np.nan, found.astype(np.float64))

    def texts(self, name: str) -> NDArray[Any]:
        """Give a column as texts: `[rows] object`, "" where one is missing."""
        import pyarrow.compute as pc

        encoded = pc.dictionary_encode(pc.cast(self.exact(name), "string"))
        values = np.array([*encoded.dictionary.to_pylist(), ""], object)
        return values[pc.fill_null(encoded.indices, len(values) - 1).to_numpy()]

    def shown(self, row: int, names: Iterable[str]) -> str:
        """Write the values of a row, as they stand in the table."""
        texts = [(name, self.text(row, name)) for name in names]
        return ", ".join(f"{x} = {text!r}" if text else f"{x} is missing" for x, text in texts)

    def text(self, row: int, name: str) -> str:
        """Give a value of a row, as it stands in the table; "" where it is missing."""
        import pyarrow as pa

        column = self.block.columns[name]
        value = column[row].as_py()
        if pa.types.is_dictionary(column.type):
            return value or ""
        return "" if value is None else str(value)
