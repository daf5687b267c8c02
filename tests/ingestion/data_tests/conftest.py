"""Tables with tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.conftest import Read
from tfx_pipeline.ingestion.data_tests.running import TestResult
from tfx_pipeline.ingestion.needs import DataTest, Holds
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.modules.label_rule.rule import LabelRule

Run = Callable[..., Table]


def holds(text: str, **more: Any) -> DataTest:
    """A test of an expression."""
    rule = LabelRule.parse(text, "data test", asks=True)
    columns = tuple(sorted(rule.columns | rule.asked_columns))
    return DataTest(text, Holds(rule), columns, "t.yaml:3", **more)


@pytest.fixture
def run(read: Read, tmp_path: Path) -> Run:
    """Read a table with tests."""
    from tests.ingestion.conftest import table_needs
    from tfx_pipeline.ingestion.table_reading import read_table

    def run_tests(content: str, *tests: DataTest, name: str = "t.csv", **uses: Any) -> Table:
        from dataclasses import replace

        (tmp_path / name).write_text(content, encoding="utf-8")
        return read_table(tmp_path / name, replace(table_needs(**uses), tests=tests))

    return run_tests


def bad_rows(result: TestResult) -> list[int]:
    """The rows that break a test, from 0 on."""
    return [cell.index for cell in result.cells()]
