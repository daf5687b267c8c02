"""Atomic writes on this machine."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tfx_pipeline.storage.local_files import write_atomically, write_json


def test_write_atomically_replaces_the_content(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_atomically(file, "old")
    write_atomically(file, "new")
    assert file.read_text(encoding="utf-8") == "new"
    assert list(tmp_path.iterdir()) == [file]


def test_write_atomically_on_a_full_disk_keeps_the_old_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.json"
    write_atomically(file, "old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(file, "new")
    assert file.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_write_json_is_what_any_reader_takes(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    write_json(file, {"auc": float("nan"), "all": (1.5, float("inf")), "from": Path("x")})
    assert json.loads(file.read_text()) == {"auc": None, "all": [1.5, None], "from": "x"}
