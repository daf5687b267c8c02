from __future__ import annotations

from pathlib import Path

import pytest

from tests.serving.versions.lifecycle import add_version


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """The base path of a model `m`, with a version 1."""
    return add_version(tmp_path / "m", 1)
