"""Names of objects that would leave their folder are refused before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from tests.object_stores import ObjectStore, object_store, reached, why_not
from tfx_pipeline.storage import fileio, object_names
from tfx_pipeline.storage.object_names import check_names
from tfx_pipeline.storage.object_store import EMPTY_FOLDER

BAD = {
    "../x": "leaves its folder by `..`",
    "../../x": "leaves its folder by `..`",
    "a/../../x": "leaves its folder by `..`",
    "a/..": "leaves its folder by `..`",
    "a/../b": "leaves its folder by `..`",
    "../../.empty-folder": "leaves its folder by `..`",
    "/etc/x": "begins with `/`",
    "//x": "begins with `/`",
    "a//x": "empty, or `.`",
    "./x": "empty, or `.`",
    "a/./x": "empty, or `.`",
    "a\\..\\x": "has a `\\`",
    "..\\x": "has a `\\`",
    "C:/x": "names a drive",
    "C:x": "names a drive",
    "a/d:x": "names a drive",
    "x" * 256: "longer than 255 bytes",
    "a/" + "ü" * 128: "longer than 255 bytes",
}
GOOD = ("x", "a/b/c", "..x", "x..", "a/...", "1:2", "ab:c", "ü [1] 100%#", ".hidden", "A/a", "a\nb")


@pytest.mark.parametrize(("name", "fault"), BAD.items())
def test_check_names_refuses_with_the_name(name: str, fault: str) -> None:
    with pytest.raises(fileio.PlaceError) as error:
        check_names(["good", name], "s3://b/model")
    text = str(error.value)
    assert fault in text
    assert f"s3://b/model/{name}"[:200] in text
    assert "nothing was copied" in text


@pytest.mark.parametrize("name", ["a\0b", "\udcff"])
def test_check_names_refuses_what_is_no_text(name: str) -> None:
    with pytest.raises(fileio.PlaceError, match=r"zero byte|not UTF-8"):
        check_names([name], "s3://b/model")


def test_check_names_takes_all_others() -> None:
    check_names(GOOD, "s3://b/model")


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b/c", "a/b"), ("x", "a", "a/b/c/d")])
def test_check_names_refuses_a_file_that_is_a_folder_too(names: tuple[str, ...]) -> None:
    with pytest.raises(fileio.PlaceError, match="a file, and the folder of"):
        check_names(names, "s3://b/model")


@pytest.fixture(scope="module", params=["memory", "s3", "abfs", "gs"])
def store(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    if request.param == "memory":
        yield ObjectStore("memory://names")
        return
    if reason := why_not(request.param):
        pytest.skip(reason)
    with object_store(request.param) as server, reached(server):
        yield server


def put(place: str, name: str) -> None:
    """Put an object as anyone may who has the right to write to the bucket."""
    system, path = fsspec.url_to_fs(place)
    if place.startswith("memory://"):
        from fsspec.implementations.memory import MemoryFile

        system.store[f"{path}/{name}"] = MemoryFile(system, f"{path}/{name}", b"evil")
    else:
        system.pipe_file(f"{path}/{name}", b"evil")


def takes(place: str, name: str) -> bool:
    """Put an object; say whether the store has it under that name."""
    try:
        put(place, name)
    except Exception:  # of another kind for each store
        return False
    return name in fileio.list_files(place) or name.endswith(EMPTY_FOLDER)


def everything(folder: Path) -> list[str]:
    return sorted(str(x.relative_to(folder)) for x in folder.rglob("*"))


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(BAD) - 2))  # stores limit the length themselves
def test_download_tree_refuses_bad_names_and_writes_nothing(
    store: ObjectStore, number: int, tmp_path: Path
) -> None:
    name = list(BAD)[number]
    place = f"{store.uri}/bad-{number}/deep/model"
    fileio.write_bytes(f"{place}/aaa", b"good")
    if not takes(place, name):
        pytest.skip("this store changes such a name, or does not take it")
    with pytest.raises(fileio.PlaceError, match="cannot be a file's"):
        fileio.download_tree(place, tmp_path / "a/b/c/target")
    assert everything(tmp_path) == []


@pytest.mark.slow
def test_download_tree_refuses_a_file_that_is_a_folder_too(
    store: ObjectStore, tmp_path: Path
) -> None:
    place = f"{store.uri}/both/model"
    for name in ("a", "a/b"):
        put(place, name)
    if len(fileio.list_files(place)) < 2:
        pytest.skip("this store shows one of them only")
    with pytest.raises(fileio.PlaceError, match="the folder of `a/b` as well"):
        fileio.download_tree(place, tmp_path / "target")
    assert everything(tmp_path) == []


@pytest.mark.slow
def test_download_tree_of_names_that_differ_in_case(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"{store.uri}/case/model"
    for name in ("A/x", "a/x", "ü", "Ü"):
        put(place, name)
    fileio.download_tree(place, tmp_path / "exact")
    assert everything(tmp_path / "exact") == ["A", "A/x", "a", "a/x", "Ü", "ü"]
    monkeypatch.setattr(object_names, "_ignores_case", lambda _: True)
    with pytest.raises(fileio.PlaceError, match="on a disk that ignores case"):
        fileio.download_tree(place, tmp_path / "alike")
    assert not (tmp_path / "alike").exists()


def test_this_disk_heeds_case(tmp_path: Path) -> None:
    assert not object_names._ignores_case(tmp_path / "not/there")


@pytest.mark.parametrize("link", ["assets", "assets/x", "x"])
def test_download_tree_does_not_write_through_links(link: str, tmp_path: Path) -> None:
    place = f"memory://links/{tmp_path.name}"
    for name in ("a", "assets/x", "x"):
        fileio.write_bytes(f"{place}/{name}", b"evil")
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_bytes(b"mine")
    path = tmp_path / "target" / link
    path.parent.mkdir(parents=True)
    path.symlink_to(outside if link == "assets" else outside / "x")
    before = everything(tmp_path)
    with pytest.raises(fileio.PlaceError, match="is a link to elsewhere"):
        fileio.download_tree(place, tmp_path / "target")
    assert everything(tmp_path) == before
    assert (outside / "x").read_bytes() == b"mine"


def test_download_tree_that_breaks_off_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fsspec.implementations.memory import MemoryFileSystem

    for name in ("a", "b/c"):
        fileio.write_bytes(f"memory://half/{name}", b"new")
    (tmp_path / "there").mkdir()
    (tmp_path / "there/a").write_bytes(b"old")
    get = MemoryFileSystem.get

    def break_off(self: object, paths: list[str], targets: list[str]) -> None:
        get(self, paths[:1], targets[:1])
        raise ConnectionError("gone")

    monkeypatch.setattr(MemoryFileSystem, "get", break_off)
    for target in ("there", "not/there"):
        with pytest.raises(fileio.PlaceError, match="does not answer"):
            fileio.download_tree("memory://half", tmp_path / target)
    assert everything(tmp_path) == ["there", "there/a"]
    assert (tmp_path / "there/a").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["back\\slash", "C:x", "\udcff"])
def test_upload_tree_sends_nothing_that_could_not_come_back(name: str, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    for each in ("a", name):
        (tmp_path / "tree" / each).touch()
    with pytest.raises(fileio.PlaceError, match="cannot be a file's"):
        fileio.upload_tree(tmp_path / "tree", f"memory://{tmp_path.name}/up")
    assert fileio.list_files(f"memory://{tmp_path.name}/up") == {}


def test_upload_tree_follows_links_and_says_where_they_turn_back(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/x").write_bytes(b"asset")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/assets").symlink_to(tmp_path / "elsewhere")
    base = f"memory://{tmp_path.name}/links"
    fileio.upload_tree(tmp_path / "tree", base)
    assert fileio.read_bytes(f"{base}/assets/x") == b"asset"
    (tmp_path / "tree/loop").symlink_to(tmp_path / "tree")
    with pytest.raises(fileio.PlaceError, match="a link leads back"):
        fileio.upload_tree(tmp_path / "tree", base)


@pytest.mark.slow
def test_remove_tree_removes_odd_names_too(store: ObjectStore) -> None:
    if store.uri.partition("://")[0] in ("memory", "abfs"):
        pytest.skip("its client makes other names of these, by itself")
    place = f"{store.uri}/odd/deep/model"
    taken = [name for name in BAD if takes(place, name)]
    assert len(taken) > 10
    fileio.remove_tree(place)
    assert fileio.list_files(place) == {}
