"""A model, and tables for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.batch.made_jobs import good_cells, make_model, write_text


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_model(tmp_path_factory.mktemp("serving") / "made" / "7")


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_text(tmp_path_factory.mktemp("tables") / "rows.csv", good_cells(1500))
