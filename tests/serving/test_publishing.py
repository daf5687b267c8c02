"""Publishing a model version: complete or not at all."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tfx_pipeline.serving.publishing import publish


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables/variables.index").write_bytes(b"weights")
    return folder


def test_publish_into_an_empty_folder_makes_a_numeric_version(tmp_path: Path, model: Path) -> None:
    before = int(time.time())
    version = publish(model, tmp_path / "serving/taxi")
    assert before <= int(version.name) <= time.time()
    assert (version / "saved_model.pb").read_bytes() == b"graph"
    assert (version / "variables/variables.index").read_bytes() == b"weights"
    assert [x.name for x in version.parent.iterdir()] == [version.name]


def test_publish_of_the_same_model_again_keeps_the_version(tmp_path: Path, model: Path) -> None:
    first = publish(model, tmp_path / "serving")
    assert publish(model, tmp_path / "serving") == first
    assert len(list((tmp_path / "serving").iterdir())) == 1


def test_publish_within_one_second_counts_on(tmp_path: Path, model: Path) -> None:
    first = publish(model, tmp_path / "serving")
    (model / "saved_model.pb").write_bytes(b"another graph")
    second = publish(model, tmp_path / "serving")
    (model / "saved_model.pb").write_bytes(b"a third")
    third = publish(model, tmp_path / "serving")
    assert int(first.name) < int(second.name) < int(third.name)
    assert (first / "saved_model.pb").read_bytes() == b"graph"


def test_publish_with_a_version_of_the_future_goes_past_it(tmp_path: Path, model: Path) -> None:
    (tmp_path / "serving/9999999999").mkdir(parents=True)
    (tmp_path / "serving/notes").mkdir()
    assert publish(model, tmp_path / "serving").name == "10000000000"


def test_publish_that_fails_half_way_leaves_nothing(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        publish(model, tmp_path / "serving")
    assert list((tmp_path / "serving").iterdir()) == []


def test_publish_clears_what_a_killed_push_left(tmp_path: Path, model: Path) -> None:
    (tmp_path / "serving/.123.incomplete").mkdir(parents=True)
    version = publish(model, tmp_path / "serving")
    assert [x.name for x in (tmp_path / "serving").iterdir()] == [version.name]
