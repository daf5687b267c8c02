"""Versions in an object store: complete or no version; a killed push is finished or removed."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from tfx_pipeline.components.pusher import push_to_store
from tfx_pipeline.components.pusher.push_to_store import follow_version_labels, publish_to_store
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.storage import fileio


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    (folder / "variables").mkdir(parents=True)
    (folder / "assets").mkdir()
    (folder / "saved_model.pb").write_bytes(b"graph")
    (folder / "variables/variables.index").write_bytes(b"weights")
    return folder


@pytest.fixture(params=["copies", "direct"])
def base(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "direct":
        monkeypatch.setattr(push_to_store, "_COPY_AT_ONCE", ())
    return f"memory://{tmp_path.name}/serving/taxi"


class Killed(BaseException):
    """The process ends here: nothing can be cleaned up any more."""


@pytest.fixture
def kill_at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """Let the process be killed at a call of a function of `fileio`."""

    def arm(function: str, call: int) -> None:
        original, calls = getattr(fileio, function), []

        def stop(*_args: object) -> None:
            raise Killed

        def count(*args: object) -> object:
            calls.append(args)
            if len(calls) == call:
                monkeypatch.setattr(fileio, "remove_tree", stop)
                raise Killed
            return original(*args)

        monkeypatch.setattr(fileio, function, count)

    return arm


def versions(base: str) -> list[str]:
    return sorted({name.partition("/")[0] for name in fileio.list_files(base)})


def test_publish_to_store_makes_a_complete_version(base: str, model: Path) -> None:
    before = int(time.time())
    version = publish_to_store(model, base)
    number = version.removeprefix(f"{base}/")
    assert before <= int(number) <= time.time()
    assert fileio.read_bytes(f"{version}/saved_model.pb") == b"graph"
    assert set(fileio.list_files(base)) == {
        f"{number}/saved_model.pb",
        f"{number}/variables/variables.index",
    }


def test_publish_to_store_writes_the_graph_last(model: Path, tmp_path: Path) -> None:
    base = f"memory://{tmp_path.name}/x/taxi"
    seen: list[set[str]] = []
    copy = fileio.copy_in_store

    def look(source: str, target: str, names: list[str]) -> None:
        copy(source, target, names)
        seen.append(set(fileio.list_files(target)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fileio, "copy_in_store", look)
        publish_to_store(model, base)
    assert seen == [
        {"variables/variables.index"},
        {"variables/variables.index", "saved_model.pb"},
    ]


def test_publish_to_store_sends_directly_with_the_graph_last(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_to_store, "_COPY_AT_ONCE", ())
    sent: list[list[str]] = []
    upload = fileio.upload_files

    def note(folder: Path, uri: str, names: list[str]) -> None:
        sent.append(sorted(names))
        upload(folder, uri, names)

    monkeypatch.setattr(fileio, "upload_files", note)
    publish_to_store(model, f"memory://{tmp_path.name}/x/taxi")
    assert sent == [["variables/variables.index"], ["saved_model.pb"]]


def test_publish_to_store_of_the_same_model_again_keeps_the_version(base: str, model: Path) -> None:
    first = publish_to_store(model, base)
    assert publish_to_store(model, base) == first
    assert len(versions(base)) == 1


def test_publish_to_store_of_a_model_with_the_same_sizes_is_another_version(
    base: str, model: Path
) -> None:
    first = publish_to_store(model, base)
    (model / "saved_model.pb").write_bytes(b"GRAPH")
    second = publish_to_store(model, base)
    (model / "saved_model.pb").write_bytes(b"graph")
    third = publish_to_store(model, base)
    numbers = [int(version.rpartition("/")[2]) for version in (first, second, third)]
    assert numbers == sorted(set(numbers))
    assert fileio.read_bytes(f"{first}/saved_model.pb") == b"graph"
    assert fileio.read_bytes(f"{second}/saved_model.pb") == b"GRAPH"


def test_publish_to_store_goes_past_versions_of_the_future(base: str, model: Path) -> None:
    fileio.write_bytes(f"{base}/9999999999/unfinished", b"")
    fileio.write_bytes(f"{base}/notes/readme", b"")
    assert publish_to_store(model, base) == f"{base}/10000000000"
    assert fileio.exists(f"{base}/9999999999/unfinished")  # not ours: nobody knows what it is


def test_publish_to_store_that_fails_leaves_nothing(
    base: str, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_args: object) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(fileio, "copy_in_store", down)
    monkeypatch.setattr(fileio, "upload_files", down)
    with pytest.raises(ConnectionError):
        publish_to_store(model, base)
    assert fileio.list_files(base) == {}


@pytest.mark.parametrize(
    ("function", "call"),
    [("upload_files", 1), ("upload_files", 2), ("copy_in_store", 1), ("copy_in_store", 2)],
)
def test_publish_to_store_after_a_kill_finishes_the_same_version(
    base: str,
    model: Path,
    function: str,
    call: int,
    kill_at: Callable[[str, int], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    remove_tree = fileio.remove_tree
    kill_at(function, call)
    try:
        publish_to_store(model, base)
    except Killed:
        half = fileio.list_files(base)
        assert not any(name.endswith("saved_model.pb") and name[0] != "." for name in half)
    monkeypatch.setattr(fileio, "remove_tree", remove_tree)
    version = publish_to_store(model, base)
    assert set(fileio.list_files(base)) == {
        f"{version.rpartition('/')[2]}/{name}"
        for name in ("saved_model.pb", "variables/variables.index")
    }


def test_publish_to_store_killed_before_it_tidied_is_not_repeated(
    base: str, model: Path, kill_at: Callable[[str, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    remove_tree = fileio.remove_tree
    kill_at("remove_tree", 1)
    with pytest.raises(Killed):
        publish_to_store(model, base)
    (number,) = [name for name in versions(base) if name.isdecimal()]
    monkeypatch.setattr(fileio, "remove_tree", remove_tree)
    assert publish_to_store(model, base) == f"{base}/{number}"
    assert versions(base) == [number]


@pytest.mark.parametrize("age_s", [60, 7 * 3600])
def test_publish_to_store_removes_only_old_leftovers_of_other_models(
    base: str, model: Path, age_s: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    leftover = f".5.{'a' * 16}.incomplete"
    for name in (f"{leftover}/begun", "5/variables/variables.index"):
        fileio.write_bytes(f"{base}/{name}", b"half")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + age_s)
    number = publish_to_store(model, base).rpartition("/")[2]
    assert versions(base) == ([leftover, number, "5"] if age_s == 60 else [number])


def test_follow_version_labels_lists_the_new_version_in_the_file_beside(
    base: str, model: Path, tmp_path: Path
) -> None:
    here = tmp_path / "here/taxi"
    shutil.copytree(model, here / "1")
    VersionLabelFile(here, "taxi").move("stable", 1)
    fileio.upload_tree(tmp_path / "here", base.rpartition("/")[0])
    number = int(publish_to_store(model, base).rpartition("/")[2])
    assert number == 1  # the very same model
    (model / "saved_model.pb").write_bytes(b"new")
    number = int(publish_to_store(model, base).rpartition("/")[2])
    follow_version_labels(base)
    text = fileio.read_bytes(f"{base}.config").decode()
    (config,) = text_format.Parse(
        text, model_server_config_pb2.ModelServerConfig()
    ).model_config_list.config
    assert config.base_path == base
    assert list(config.model_version_policy.specific.versions) == [1, number]
    assert dict(config.version_labels) == {"stable": 1}
    assert fileio.read_bytes(f"{base}.labels.json") == b'{\n "stable": [\n  1\n ]\n}\n'


def test_follow_version_labels_without_a_file_makes_none(base: str, model: Path) -> None:
    publish_to_store(model, base)
    follow_version_labels(base)
    assert fileio.list_folder(base.rpartition("/")[0]) == ["taxi"]


@pytest.fixture
def formats(tmp_path: Path) -> Path:
    folder = tmp_path / "formats"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"onnx")
    (folder / "parity.json").write_bytes(b"{}")
    return folder


def test_publish_to_store_puts_formats_beside_the_version_before_it(
    base: str, model: Path, formats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    for name in ("upload_files", "copy_in_store"):
        send = getattr(fileio, name)

        def look(*args: object, _send: Callable[..., None] = send) -> None:
            there = versions(base)
            seen.append([x for x in there if x == "formats" or x.isdecimal()])
            _send(*args)

        monkeypatch.setattr(fileio, name, look)
    version = publish_to_store(model, base, formats)
    assert seen[0] == []
    assert all(x[-1] == "formats" for x in seen[1:])
    number = version.rpartition("/")[2]
    assert set(fileio.list_files(base)) == {
        *(f"{number}/{name}" for name in ("saved_model.pb", "variables/variables.index")),
        *(f"formats/{number}/{name}" for name in ("model.onnx", "parity.json")),
    }


def test_publish_to_store_of_a_version_that_is_there_gives_it_its_formats(
    base: str, model: Path, formats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = publish_to_store(model, base)
    assert publish_to_store(model, base, formats) == version
    place = f"{base}/formats/{version.rpartition('/')[2]}"
    assert set(fileio.list_files(place)) == {"model.onnx", "parity.json"}
    (formats / "parity.json").rename(formats / "model.pmml")
    publish_to_store(model, base, formats)
    assert set(fileio.list_files(place)) == {"model.onnx", "model.pmml"}
    publish_to_store(model, base)  # without: they stay
    assert set(fileio.list_files(place)) == {"model.onnx", "model.pmml"}
    monkeypatch.setattr(fileio, "upload_files", None)  # nothing is sent again
    assert publish_to_store(model, base, formats) == version


def test_publish_to_store_that_fails_leaves_no_formats(
    base: str, model: Path, formats: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = fileio.upload_files

    def down(folder: Path, uri: str, names: list[str]) -> None:
        if folder != formats:
            raise ConnectionError("gone")
        upload(folder, uri, names)

    monkeypatch.setattr(fileio, "upload_files", down)
    with pytest.raises(ConnectionError):
        publish_to_store(model, base, formats)
    assert fileio.list_files(base) == {}
