"""Small tables for tests: columns of cells, written as CSV and planned."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_pipeline.ingestion.reading.arrow_arrays import encoded
from tfx_pipeline.tables.column_sample import ColumnSample
from tfx_pipeline.tables.plan import ColumnPlan, TablePlan
from tfx_pipeline.tables.planning import plan_table


def column_of(name: str, cells: Sequence[str]) -> ColumnSample:
    """Make a column as the reading of texts gives it, in two blocks."""
    half = len(cells) // 2
    return ColumnSample(name, [encoded(cells[:half]), encoded(cells[half:])])


def written(path: Path, columns: Mapping[str, Sequence[Any]], delimiter: str = ",") -> Path:
    """Write a table."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


def plan_of(tmp_path: Path, columns: Mapping[str, Sequence[Any]], **told: Any) -> TablePlan:
    """Write a table and plan it; its label is `y`."""
    return plan_table(str(written(tmp_path / "table.csv", columns)), "y", **told)


def column_named(plan: TablePlan, name: str) -> ColumnPlan:
    """Give a column's plan."""
    return next(column for column in plan.columns if column.name == name)
