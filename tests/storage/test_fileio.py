"""What is written is read again, by path and by URI."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.storage import fileio

STRANGE = "with space/ü[1] 100%#.txt"


@pytest.fixture(params=["memory", "local"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "local":
        return str(tmp_path / "base")
    return f"memory://{tmp_path.name}/base"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "with space").mkdir(parents=True)
    (folder / STRANGE).write_text("strange")
    (folder / "empty/inner").mkdir(parents=True)
    (folder / "zero").touch()
    return folder


def put(tree: Path, place: str) -> None:
    if fileio.is_uri(place):
        fileio.upload_tree(tree, place)
    else:
        shutil.copytree(tree, place)


def names_below(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_write_bytes_over_a_file_replaces_it(base: str) -> None:
    place = fileio.join(base, "new folder", "file.json")
    fileio.write_bytes(place, b"one")
    fileio.write_bytes(place, b"two")
    assert fileio.read_bytes(place) == b"two"
    assert fileio.list_folder(fileio.join(base, "new folder")) == ["file.json"]
    assert fileio.file_facts(place).length == 3
    assert fileio.exists(place)
    assert not fileio.exists(f"{place}x")


def test_lists_show_strange_names_and_no_marks(base: str, tree: Path) -> None:
    put(tree, base)
    found = {name: facts.length for name, facts in fileio.list_files(base).items()}
    assert found == {STRANGE: 7, "zero": 0}
    assert fileio.list_folder(base) == ["empty", "with space", "zero"]


def test_download_tree_brings_strange_names_and_empty_folders(tree: Path, tmp_path: Path) -> None:
    base = f"memory://{tmp_path.name}/strange"
    fileio.upload_tree(tree, base)
    fileio.download_tree(base, tmp_path / "back")
    assert names_below(tmp_path / "back") == names_below(tree)
    assert (tmp_path / "back" / STRANGE).read_text() == "strange"


def test_download_tree_of_an_empty_folder_makes_one(tmp_path: Path) -> None:
    base = f"memory://{tmp_path.name}/nothing"
    (tmp_path / "nothing").mkdir()
    fileio.upload_tree(tmp_path / "nothing", base)
    assert fileio.list_files(base) == {}
    fileio.download_tree(base, tmp_path / "back")
    assert names_below(tmp_path / "back") == []


def test_download_tree_of_one_object_brings_that_file(tree: Path, tmp_path: Path) -> None:
    fileio.upload_tree(tree, "memory://one")
    fileio.download_tree(f"memory://one/{STRANGE}", tmp_path / "back")
    assert names_below(tmp_path / "back") == ["ü[1] 100%#.txt"]


def test_remove_tree_leaves_what_only_begins_alike(base: str, tree: Path) -> None:
    put(tree, fileio.join(base, "model"))
    put(tree, fileio.join(base, "model2"))
    fileio.remove_tree(fileio.join(base, "model"))
    fileio.remove_tree(fileio.join(base, "model"))  # nothing is no error
    assert fileio.list_files(fileio.join(base, "model")) == {}
    assert set(fileio.list_files(fileio.join(base, "model2"))) == {STRANGE, "zero"}


@pytest.mark.parametrize("read", [fileio.read_bytes, fileio.file_facts])
def test_reading_what_is_not_there_says_so(base: str, read: Any) -> None:
    with pytest.raises(fileio.NoSuchPlaceError, match="there is nothing") as error:
        read(fileio.join(base, "none"))
    assert base in str(error.value)


def test_download_tree_of_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(fileio.NoSuchPlaceError, match="cannot read memory://none/x"):
        fileio.download_tree("memory://none/x", tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_places_of_this_machine_import_no_fsspec() -> None:
    code = (
        "import sys; from tfx_pipeline.storage import fileio; fileio.exists('/');"
        " print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"fsspec", "tensorflow", "tfx"} & set(done.stdout.split())


def test_write_bytes_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "file"
    fileio.write_bytes(str(file), b"old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space")))
    with pytest.raises(fileio.PlaceError, match="no space is left"):
        fileio.write_bytes(str(file), b"new")
    assert file.read_bytes() == b"old"
    assert names_below(tmp_path) == ["file"]
