"""Tables that are read with the rows put aside that cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.conftest import table_needs
from tfx_pipeline.ingestion.needs import BadRowNeeds, DataTest
from tfx_pipeline.ingestion.quarantine.quarantined_row import QuarantinedRow
from tfx_pipeline.ingestion.quarantine.reading import read_usable
from tfx_pipeline.ingestion.table import Table

Usable = Callable[..., tuple[Table, list[QuarantinedRow]]]


@pytest.fixture
def usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Usable:
    """Write a file and read what can be used of it."""
    monkeypatch.chdir(tmp_path)

    def write_and_read(
        content: str | bytes,
        *tests: DataTest,
        name: str = "t.csv",
        share: float = 1.0,
        **needs: Any,
    ) -> tuple[Table, list[QuarantinedRow]]:
        content = content.encode() if isinstance(content, str) else content
        (tmp_path / name).write_bytes(content)
        bad_rows = BadRowNeeds(True, share, str(tmp_path / "mended"))
        wanted = replace(table_needs(**needs), tests=tests, bad_rows=bad_rows)
        return read_usable(tmp_path / name, wanted, staging=tmp_path / "staged")

    return write_and_read


def facts(rows: list[QuarantinedRow]) -> list[tuple[int, str, str, str]]:
    """Line, rule, column and value of each row."""
    return [(row.line, row.rule, row.column, row.value) for row in rows]
