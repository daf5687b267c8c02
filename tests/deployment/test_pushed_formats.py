"""A version's other formats: beside it, whole, there before it and gone after it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tfx_pipeline.deployment import publishing
from tfx_pipeline.deployment.publishing import publish, withdraw
from tfx_pipeline.deployment.pushed_formats import formats_folder, formats_of
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.serving.versions.source import ModelSource, poll


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    return folder


@pytest.fixture
def formats(tmp_path: Path) -> Path:
    folder = tmp_path / "exported/formats"
    folder.mkdir(parents=True)
    for name in ("model.onnx", "model.pmml", "parity.json"):
        (folder / name).write_text(f"{name} of this model")
    (folder / "model.onnx").chmod(0o666)  # as a step of Argo writes it
    return folder


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return tmp_path / "serving/taxi"


def test_publish_with_formats_puts_them_beside_the_version(
    base: Path, model: Path, formats: Path
) -> None:
    version = publish(model, base, formats)
    number = int(version.name)
    assert sorted(x.name for x in base.iterdir()) == sorted([version.name, "formats"])
    assert formats_folder(base, number) == base / "formats" / version.name
    assert formats_of(base, number) == ["onnx", "pmml"]
    pushed = formats_folder(base, number) / "model.onnx"
    assert pushed.read_text() == "model.onnx of this model"
    assert pushed.stat().st_mode & 0o777 == (version / "saved_model.pb").stat().st_mode & 0o777
    assert [x.name for x in version.iterdir()] == ["saved_model.pb"]


def test_publish_with_formats_leaves_servers_the_versions_alone(
    base: Path, model: Path, formats: Path
) -> None:
    version = publish(model, base, formats)
    (aspired,) = poll([ModelSource("taxi", base)]).values()
    assert aspired.versions == {int(version.name): version}
    assert aspired.warnings == ()


def test_publish_lets_formats_stand_before_the_version_can_be_served(
    base: Path, model: Path, formats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename, seen = Path.rename, []

    def look(self: Path, target: Path) -> Path:
        found = sorted(x.name for x in base.glob("formats/*/*"))
        seen.append((target.parent.name, found))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", look)
    publish(model, base, formats)
    assert seen == [("formats", []), ("taxi", ["model.onnx", "model.pmml", "parity.json"])]


def test_publish_of_a_version_that_is_there_gives_it_the_formats_that_it_lacks(
    base: Path, model: Path, formats: Path
) -> None:
    version = publish(model, base)
    assert formats_of(base, int(version.name)) == []
    assert publish(model, base, formats) == version
    assert formats_of(base, int(version.name)) == ["onnx", "pmml"]
    written = (formats_folder(base, int(version.name)) / "model.onnx").stat().st_ino
    assert publish(model, base, formats) == version  # nothing to do
    assert (formats_folder(base, int(version.name)) / "model.onnx").stat().st_ino == written
    assert publish(model, base) == version  # nobody asked for formats this time
    assert formats_of(base, int(version.name)) == ["onnx", "pmml"]


def test_publish_of_other_formats_takes_the_place_of_those_that_are_there(
    base: Path, model: Path, formats: Path
) -> None:
    version = publish(model, base, formats)
    (formats / "model.pmml").unlink()
    (formats / "model.onnx").write_text("made anew")
    publish(model, base, formats)
    folder = formats_folder(base, int(version.name))
    assert sorted(x.name for x in folder.iterdir()) == ["model.onnx", "parity.json"]
    assert (folder / "model.onnx").read_text() == "made anew"
    assert not list(base.glob(".*"))


def test_publish_of_what_another_pushed_meanwhile_leaves_its_formats_where_they_are(
    base: Path, model: Path, formats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish(model, base, formats)
    there = formats_folder(base, int(version.name))
    before = there.stat().st_ino
    newest = iter([None, version])  # there was none when this one began
    monkeypatch.setattr(publishing, "_newest", lambda base: next(newest))
    assert publish(model, base, formats) == version
    assert there.stat().st_ino == before


def test_publish_removes_formats_of_versions_that_somebody_removed(
    base: Path, model: Path, formats: Path
) -> None:
    (base / "formats/17").mkdir(parents=True)
    (base / "formats/17/model.onnx").touch()
    (base / "formats/notes").mkdir()
    (base / "18").mkdir()
    (base / "formats/18").mkdir()
    version = publish(model, base, formats)
    there = sorted(x.name for x in (base / "formats").iterdir())
    assert there == sorted(["18", version.name, "notes"])


def test_publish_on_a_disk_that_fills_leaves_neither_version_nor_formats(
    base: Path, model: Path, formats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync, calls = os.fsync, []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 3:  # the model is copied by then
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        publish(model, base, formats)
    assert list(base.iterdir()) == []


def test_publish_beside_a_file_called_formats_says_so_and_pushes_nothing(
    base: Path, model: Path, formats: Path
) -> None:
    base.mkdir(parents=True)
    (base / "formats").touch()
    with pytest.raises(OSError, match="formats"):
        publish(model, base, formats)
    assert [x.name for x in base.iterdir()] == ["formats"]


def test_withdraw_takes_the_formats_with_the_version(
    base: Path, model: Path, formats: Path
) -> None:
    first = publish(model, base, formats)
    (model / "saved_model.pb").write_bytes(b"other")
    second = publish(model, base, formats)
    withdraw(second, VersionLabelFile(base, "taxi"))
    assert formats_of(base, int(second.name)) == []
    assert not formats_folder(base, int(second.name)).exists()
    assert formats_of(base, int(first.name)) == ["onnx", "pmml"]
