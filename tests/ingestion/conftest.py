"""Tables that the tests of this folder share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def taxi(repository: Path, tmp_path: Path) -> Path:
    """The first 50 trips, in a folder of their own."""
    lines = (repository / "data/taxi/data.csv").read_bytes().splitlines(keepends=True)
    (tmp_path / "taxi").mkdir()
    (tmp_path / "taxi/data.csv").write_bytes(b"".join(lines[:51]))
    return tmp_path / "taxi"
