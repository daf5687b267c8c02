"""Rows of a table that are looked at, as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from tfx_pipeline.errors import Problem
from tfx_pipeline.tables.column_sample import ColumnSample


@dataclass(frozen=True)
class TableSample:
    """Rows of a table as columns.

    Attributes:
        columns: in the table's order, without those that are none (an index without a name).
        rows: of the table, about; `looked_at` of them are here.
        is_all: these are all rows.
        which: in words, which rows are here.
        ragged: records that have not one cell a column; not among the rows.
        notes: what is not as usual about the files.
        count_cells: counts the cells of a column in all rows; gives None where that takes long.
    """

    columns: tuple[ColumnSample, ...]
    rows: int
    looked_at: int
    is_all: bool
    which: str
    ragged: int = 0
    notes: tuple[str, ...] = ()
    count_cells: Callable[[str], Counter[str] | None] = field(
        default=lambda name: None, repr=False, compare=False
    )

    @cached_property
    def by_name(self) -> dict[str, ColumnSample]:
        """The columns by name."""
        return {column.name: column for column in self.columns}


class NotTextError(Exception):
    """A file that is no text in its encoding; `problem` says where."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))
