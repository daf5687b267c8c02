"""Opening metadata to read them, while a run may be at work."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import PipelineError
from tfx_pipeline.runners.metadata import reading

CONFIG = """\
name: trips
data: {path: data}
label: {column: tips, task: binary}
features: {fare: {kind: numeric}}
"""


def test_open_for_reading_of_a_database_that_is_held_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trips.yaml").write_text(CONFIG, encoding="utf-8")
    config = load_config(tmp_path / "trips.yaml").config
    database = tmp_path / "tfx_metadata/trips/metadata.db"
    database.parent.mkdir(parents=True)
    with contextlib.closing(sqlite3.connect(database)) as holder:
        holder.execute("CREATE TABLE x (id INTEGER)")
        holder.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(reading, "_WAIT_S", 0.1)
        is_held = pytest.raises(PipelineError, match="another process holds it")
        with is_held as error, reading.open_for_reading(config):
            pass
    assert "try again" in str(error.value)
