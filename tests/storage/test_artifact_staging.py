"""Artifacts of a store are local while an executor runs, and in the store only after it did."""

from __future__ import annotations

import os
import tempfile
import threading
from pathlib import Path

import pytest
from tfx import types
from tfx.types import standard_artifacts

from tfx_pipeline.storage import fileio
from tfx_pipeline.storage.artifact_staging import local_artifacts, uri_of

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return f"memory://{tmp_path.name}"


def artifact(uri: str, kind: type[types.Artifact] = standard_artifacts.Model) -> types.Artifact:
    made = kind()
    made.uri = uri
    return made


def leftovers() -> list[str]:
    return os.listdir(tempfile.gettempdir())


def test_local_artifacts_brings_inputs_here_and_outputs_back(root: str) -> None:
    fileio.write_bytes(f"{root}/in/1/a b/x.txt", b"x")
    given, made = artifact(f"{root}/in/1"), artifact(f"{root}/out/2/")
    with local_artifacts({"given": [given]}, {"made": [made]}):
        here, there = Path(given.uri), Path(made.uri)
        assert (here / "a b/x.txt").read_bytes() == b"x"
        assert list(there.iterdir()) == []
        (there / "ü").mkdir()
        (there / "ü/y.txt").write_bytes(b"y")
        (there / "empty").mkdir()
        assert uri_of(f"{here}/a b") == f"{root}/in/1/a b"
        assert fileio.list_files(f"{root}/out") == {}
    assert (given.uri, made.uri) == (f"{root}/in/1", f"{root}/out/2")
    assert set(fileio.list_files(f"{root}/out/2")) == {"ü/y.txt"}
    assert fileio.list_folder(f"{root}/out/2") == ["empty", "ü"]
    assert leftovers() == []
    assert uri_of(str(here)) == str(here)


def test_local_artifacts_of_this_machine_stay_where_they_are(tmp_path: Path) -> None:
    given, made = artifact(str(tmp_path / "in")), artifact(str(tmp_path / "out"))
    with local_artifacts({"given": [given]}, {"made": [made]}) as staging:
        assert staging is None
        assert (given.uri, made.uri) == (str(tmp_path / "in"), str(tmp_path / "out"))


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(143)])
def test_local_artifacts_of_a_failed_step_leaves_nothing(root: str, error: BaseException) -> None:
    made = artifact(f"{root}/out/2")

    def step() -> None:
        with local_artifacts({}, {"made": [made]}):
            Path(made.uri, "half").touch()
            raise error

    with pytest.raises(type(error)):
        step()
    assert made.uri == f"{root}/out/2"
    assert fileio.list_files(root) == {}
    assert leftovers() == []


def test_local_artifacts_whose_upload_fails_leaves_nothing(
    root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = artifact(f"{root}/first/1"), artifact(f"{root}/second/1")
    upload = fileio.upload_tree

    def break_at_the_second(folder: Path, uri: str) -> None:
        upload(folder, uri)
        if "second" in uri:
            raise ConnectionError("gone")

    monkeypatch.setattr(fileio, "upload_tree", break_at_the_second)

    def step() -> None:
        with local_artifacts({}, {"a": [first], "b": [second]}):
            Path(first.uri, "x").touch()
            Path(second.uri, "y").touch()

    with pytest.raises(ConnectionError):
        step()
    assert fileio.list_files(root) == {}
    assert (first.uri, second.uri) == (f"{root}/first/1", f"{root}/second/1")
    assert leftovers() == []


def test_local_artifacts_replaces_what_a_killed_attempt_left(root: str) -> None:
    fileio.write_bytes(f"{root}/out/2/half", b"")
    made = artifact(f"{root}/out/2")
    with local_artifacts({}, {"made": [made]}):
        Path(made.uri, "whole").touch()
    assert list(fileio.list_files(f"{root}/out/2")) == ["whole"]


def test_local_artifacts_restores_paths_in_properties(root: str) -> None:
    fileio.write_bytes(f"{root}/model/1/saved_model.pb", b"")
    model, blessing = artifact(f"{root}/model/1"), artifact(f"{root}/blessing/2")
    other = artifact(f"{root}/other/3")
    with local_artifacts({"model": [model]}, {"blessing": [blessing], "other": [other]}):
        blessing.set_string_custom_property("current_model", model.uri)
        blessing.set_string_custom_property("inside", f"{blessing.uri}/x")
        blessing.set_string_custom_property("text", "/tmp/else")
        blessing.set_int_custom_property("blessed", 1)
    assert blessing.get_string_custom_property("current_model") == f"{root}/model/1"
    assert blessing.get_string_custom_property("inside") == f"{root}/blessing/2/x"
    assert blessing.get_string_custom_property("text") == "/tmp/else"
    assert blessing.get_int_custom_property("blessed") == 1


def test_local_artifacts_restores_outputs_that_the_executor_added(root: str) -> None:
    made = artifact(f"{root}/out/2")
    outputs = {"made": [made]}
    with local_artifacts({}, outputs):
        outputs["made"].append(artifact(f"{made.uri}/part"))
        Path(made.uri, "part").mkdir()
        Path(made.uri, "part/x").touch()
    assert outputs["made"][1].uri == f"{root}/out/2/part"
    assert list(fileio.list_files(f"{root}/out/2/part")) == ["x"]


def test_local_artifacts_of_a_value_is_a_file(root: str) -> None:
    fileio.write_bytes(f"{root}/in/value", b"7")
    given = artifact(f"{root}/in/value", standard_artifacts.Integer)
    made = artifact(f"{root}/out/value", standard_artifacts.Integer)
    with local_artifacts({"given": [given]}, {"made": [made]}):
        assert given.read() == 7
        made.write(8)
    assert fileio.read_bytes(f"{root}/out/value") == b"8"


def test_local_artifacts_brings_a_folder_named_twice_once(root: str) -> None:
    fileio.write_bytes(f"{root}/in/1/x", b"")
    one, two = artifact(f"{root}/in/1"), artifact(f"{root}/in/1/")
    properties = {"input_base": f"{root}/in/1", "other": f"{root}/in/1"}
    with local_artifacts({"one": [one], "two": [two]}, {}, properties):
        assert one.uri == two.uri == properties["input_base"]
        assert properties["other"] == f"{root}/in/1"
    assert properties["input_base"] == f"{root}/in/1"


def test_local_artifacts_that_are_gone_say_which(root: str) -> None:
    given, made = artifact(f"{root}/in/1"), artifact(f"{root}/out/2")
    with (
        pytest.raises(fileio.NoSuchPlaceError, match=f"{root}/in/1"),
        local_artifacts({"given": [given]}, {"made": [made]}),
    ):
        raise AssertionError
    assert (given.uri, made.uri) == (f"{root}/in/1", f"{root}/out/2")
    assert leftovers() == []


def test_local_artifacts_of_steps_side_by_side_keep_apart(root: str) -> None:
    together = threading.Barrier(2)

    def step(number: int) -> None:
        made = artifact(f"{root}/out/{number}")
        with local_artifacts({}, {"made": [made]}):
            together.wait(60)
            Path(made.uri, f"of-{number}").touch()
            assert uri_of(made.uri) == f"{root}/out/{number}"

    threads = [threading.Thread(target=step, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [list(fileio.list_files(f"{root}/out/{number}")) for number in (1, 2)] == [
        ["of-1"],
        ["of-2"],
    ]
