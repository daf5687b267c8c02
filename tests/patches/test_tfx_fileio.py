"""TFX's file operations on a store do what they do on a disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFile
from tfx.dsl.io import fileio, filesystem_registry
from tfx.utils import io_utils

from tfx_pipeline.patches.tfx_fileio import PlaceFilesystem, register_places
from tfx_pipeline.storage import fileio as own_fileio

pytestmark = pytest.mark.slow


@pytest.fixture(params=["memory", "local"])
def base(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    if request.param == "local":  # what TFX itself does there
        yield str(tmp_path / "base")
        return
    registry = filesystem_registry.FilesystemRegistry()
    registry.__dict__.update(filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY.__dict__)
    registry._preferred_filesystem_by_scheme = {
        **registry._preferred_filesystem_by_scheme,
        "memory://": PlaceFilesystem,
    }
    monkeypatch.setattr(filesystem_registry, "DEFAULT_FILESYSTEM_REGISTRY", registry)
    yield f"memory://{tmp_path.name}"


def write(place: str, text: str) -> None:
    with fileio.open(place, "w") as stream:
        stream.write(text)


def test_files_and_folders_are_found(base: str) -> None:
    fileio.makedirs(f"{base}/a b")
    fileio.makedirs(f"{base}/empty")
    write(f"{base}/a b/one.csv", "1")
    write(f"{base}/a b/two.csv", "22")
    write(f"{base}/a b/note.txt", "ü")
    assert sorted(fileio.listdir(f"{base}/a b")) == ["note.txt", "one.csv", "two.csv"]
    assert sorted(fileio.glob(f"{base}/a b/*.csv")) == [
        f"{base}/a b/one.csv",
        f"{base}/a b/two.csv",
    ]
    assert fileio.exists(f"{base}/a b/one.csv")
    assert fileio.isdir(f"{base}/a b")
    assert fileio.isdir(f"{base}/empty")
    assert not fileio.isdir(f"{base}/a b/one.csv")
    assert not fileio.exists(f"{base}/none")
    with fileio.open(f"{base}/a b/note.txt") as stream:
        assert stream.read() == "ü"
    with fileio.open(f"{base}/a b/note.txt", "rb") as stream:
        assert stream.read() == "ü".encode()


def test_io_utils_copies_reads_and_walks(base: str, tmp_path: Path) -> None:
    fileio.makedirs(f"{base}/here")
    (tmp_path / "schema.pbtxt").write_text('feature { name: "x" type: INT }')
    io_utils.copy_file(str(tmp_path / "schema.pbtxt"), f"{base}/here/schema.pbtxt")
    io_utils.copy_file(f"{base}/here/schema.pbtxt", str(tmp_path / "back"))
    assert (tmp_path / "back").read_text().startswith("feature")
    schema = io_utils.SchemaReader().read(f"{base}/here/schema.pbtxt")
    assert schema.feature[0].name == "x"
    io_utils.write_bytes_file(f"{base}/here/sub/y.bin", b"\x00y")
    assert io_utils.read_bytes_file(f"{base}/here/sub/y.bin") == b"\x00y"
    io_utils.copy_dir(f"{base}/here", str(tmp_path / "copied"))
    assert (tmp_path / "copied/sub/y.bin").read_bytes() == b"\x00y"
    walked = [(top.removeprefix(base), sorted(names)) for top, _, names in fileio.walk(base)]
    assert walked == [("", []), ("/here", ["schema.pbtxt"]), ("/here/sub", ["y.bin"])]
    assert io_utils.generate_fingerprint("all", f"{base}/here/*.pbtxt").startswith(
        "split:all,num_files:1,total_bytes:31,xor_checksum:1"
    )


def test_removing_takes_all_below_and_says_when_there_is_nothing(base: str) -> None:
    fileio.makedirs(f"{base}/out/1")
    fileio.rmtree(f"{base}/out/1")
    assert not fileio.isdir(f"{base}/out/1")
    fileio.makedirs(f"{base}/out/2/x")
    write(f"{base}/out/2/x/file", "")
    fileio.rmtree(f"{base}/out/2")
    assert not fileio.exists(f"{base}/out/2/x/file")
    assert not fileio.exists(f"{base}/out/2")
    for remove in (fileio.remove, fileio.rmtree, fileio.listdir):
        with pytest.raises(fileio.NotFoundError):
            remove(f"{base}/none")


def test_copying_over_a_file_needs_the_word(base: str) -> None:
    fileio.makedirs(base)
    write(f"{base}/a", "a")
    write(f"{base}/b", "b")
    with pytest.raises(Exception, match="already"):  # TensorFlow's own is no OSError
        fileio.copy(f"{base}/a", f"{base}/b")
    fileio.copy(f"{base}/a", f"{base}/b", overwrite=True)
    fileio.rename(f"{base}/b", f"{base}/c")
    assert not fileio.exists(f"{base}/b")
    with fileio.open(f"{base}/c") as stream:
        assert stream.read() == "a"


@pytest.mark.parametrize("mode", ["w", "wb"])
def test_a_file_whose_block_fails_is_not_written(mode: str) -> None:
    def write_half() -> None:
        with PlaceFilesystem.open("memory://half/file", mode) as stream:
            stream.write("half" if mode == "w" else b"half")
            raise ValueError("half")

    with pytest.raises(ValueError, match="half"):
        write_half()
    assert not own_fileio.exists("memory://half/file")


def test_register_places_serves_all_stores_and_no_path() -> None:
    register_places()
    register_places()
    registry = filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY
    for uri in ("gs://b/x", "s3://b/x", "abfs://b/x", "az://b/x"):
        assert registry.get_filesystem_for_path(uri) is PlaceFilesystem
    assert registry.get_filesystem_for_path("/x") is not PlaceFilesystem


@pytest.mark.parametrize("name", ["../x", "a/../../x", "a\\x"])
def test_walk_and_copies_refuse_names_that_would_leave_the_folder(
    name: str, base: str, tmp_path: Path
) -> None:
    if not own_fileio.is_uri(base):
        pytest.skip("a disk has no such names")
    system, path = fsspec.url_to_fs(f"{base}/deep/tree")
    system.store[f"{path}/{name}"] = MemoryFile(system, f"{path}/{name}", b"evil")
    with pytest.raises(own_fileio.PlaceError, match="cannot be a file's"):
        io_utils.copy_dir(f"{base}/deep/tree", str(tmp_path / "a/b/target"))
    assert not [x for x in tmp_path.rglob("*") if x.is_file()]
