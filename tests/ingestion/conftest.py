"""Tables that the tests of this folder share."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tfx_pipeline.ingestion.checks.table_checks import check_table, unreadable
from tfx_pipeline.ingestion.needs import CsvFormat, LabelNeeds, SplitNeeds, TableNeeds, Use
from tfx_pipeline.ingestion.staged_copy.reading import StagedTable
from tfx_pipeline.ingestion.staging import stage_table
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_reading import read_table


@pytest.fixture
def taxi(repository: Path, tmp_path: Path) -> Path:
    """The first 50 trips, in a folder of their own."""
    lines = (repository / "data/taxi/data.csv").read_bytes().splitlines(keepends=True)
    (tmp_path / "taxi").mkdir()
    (tmp_path / "taxi/data.csv").write_bytes(b"".join(lines[:51]))
    return tmp_path / "taxi"


Read = Callable[..., Table]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Write a file and read it as a table."""
    monkeypatch.chdir(tmp_path)

    def write_and_read(content: bytes | str, name: str = "table.csv", **needs: Any) -> Table:
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(content)
        return read_table(Path(tmp_path / name), table_needs(**needs))

    return write_and_read


def table_needs(
    label: LabelNeeds | None = None,
    schema: dict[str, Any] | None = None,
    csv: dict[str, Any] | None = None,
    splits: dict[str, int] | None = None,
    numbers: Mapping[str, str] | None = None,
    **uses: Use,
) -> TableNeeds:
    """Say what is needed, columns by keyword: `a="number"`."""
    places = {name: f"t.yaml:{line}" for line, name in enumerate(uses, 1)}
    return TableNeeds(
        CsvFormat(**(csv or {})),
        uses,
        places,
        label,
        schema or {},
        SplitNeeds(splits or {}),
        numbers=numbers or {},
    )


def problems_of(table: Table) -> list[str]:
    """Everything wrong with a table, as it is shown."""
    return [str(problem) for problem in unreadable(table) or check_table(table)]


def staged_rows(table: Table) -> list[list[Any]]:
    """The rows of a table as ExampleGen gets them; None: missing."""
    with tempfile.TemporaryDirectory() as folder:
        staged = StagedTable(stage_table(table, Path(folder)))
        batches = [batch for file in staged.files for batch in staged.batches(file)]
        assert sum(batch.num_rows for batch in batches) == staged.rows
        return [list(row.values()) for batch in batches for row in batch.to_pylist()]


def typed(table: Table, rows: list[list[str]]) -> list[list[Any]]:
    """Rows that are written plainly, as values of the types of the table's columns."""
    values: dict[str, Callable[[str], Any]] = {"int64": int, "float32": np.float32, "string": str}
    return [
        [values[plan.type](x) if x else None for plan, x in zip(table.plans, row, strict=False)]
        for row in rows
    ]
