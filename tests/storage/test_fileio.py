"""Places: what is written is read again, and what goes wrong is said without secrets."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp.client_exceptions import ClientConnectionError

from tfx_pipeline.errors import PipelineError
from tfx_pipeline.storage import fileio, place_errors

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


def named(name: str, text: str = "", base: type[Exception] = Exception) -> Exception:
    """An error as a library that is not imported here would raise it."""
    return type(name, (base,), {})(text)


@pytest.mark.parametrize(
    ("place", "raised", "what", "next_step"),
    [
        ("s3://b/x", ImportError("Install s3fs to access S3"), "not installed", "tfx-pipeline[s3]"),
        ("gs://b/x", ImportError("Please install gcsfs"), "not installed", "tfx-pipeline[gcs]"),
        ("abfs://b/x", ImportError("Install adlfs"), "not installed", "tfx-pipeline[azure]"),
        ("ftpx://b/x", ValueError("Protocol not known: ftpx"), "no such kind of place", "s3://"),
        ("s3://b/x", named("NoCredentialsError"), "no credentials", "AWS_ACCESS_KEY_ID"),
        ("abfs://b/x", named("CredentialUnavailableError"), "no credentials", "AZURE_STORAGE_"),
        ("s3://b/x", PermissionError("Access Denied"), "no right", "AWS_ACCESS_KEY_ID"),
        (
            "s3://b/x",
            named("EndpointConnectionError", "Could not connect"),
            "not answer",
            "AWS_END",
        ),
        ("gs://b/x", ClientConnectionError(), "not answer", "STORAGE_EMULATOR_HOST"),
        ("abfs://b/x", named("ServiceRequestError"), "not answer", "AZURE_STORAGE_CONN"),
        ("s3://b/x", named("ReadTimeoutError"), "not answer", "the network"),
        ("/tmp/x", OSError(28, "No space left on device"), "no space is left", "another place"),
        ("/tmp/x", PermissionError(13, "Permission denied"), "no right", "rights of the file"),
        ("s3://b/x", RuntimeError("boom"), "it failed", "boom"),
    ],
)
def test_explained_sorts_what_a_store_raises(
    place: str, raised: Exception, what: str, next_step: str
) -> None:
    with pytest.raises(fileio.PlaceError) as error, fileio.explained("read", place):
        raise raised
    text = str(error.value)
    assert what in text
    assert next_step in text
    assert text.startswith(f"cannot read {place}\n")
    assert error.value.__cause__ is raised


def test_explained_of_a_write_takes_nothing_for_a_missing_bucket() -> None:
    missing = pytest.raises(fileio.NoSuchPlaceError, match="no such bucket")
    with missing, fileio.explained("write", "gs://b/x"):
        raise FileNotFoundError("b/x")


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("s3://user:hunter2@host/x", "it broke"),
        ("abfs://c/x?sv=1&sig=hunter2", "it broke"),
        ("s3://b/x", "AccountKey=hunter2;EndpointSuffix=x"),
        ("s3://b/x", "signature: hunter2"),
        ("s3://b/x", "https://me:hunter2@host/b failed"),
        ("s3://b/x", "GET https://h/b?sv=2&sig=hunter2&se=3 failed"),
    ],
)
def test_explained_shows_no_secret(place: str, message: str) -> None:
    with pytest.raises(fileio.PlaceError) as error, fileio.explained("read", place):
        raise RuntimeError(message)
    assert "hunter2" not in str(error.value)


def test_explained_lets_our_own_errors_through() -> None:
    own = PipelineError([], "mine")
    with pytest.raises(PipelineError) as error, place_errors.explained("read", "s3://b/x"):
        raise own
    assert error.value is own


def test_write_bytes_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: Any) -> None:
    file = tmp_path / "file"
    fileio.write_bytes(str(file), b"old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError(28, "No space")))
    with pytest.raises(fileio.PlaceError, match="no space is left"):
        fileio.write_bytes(str(file), b"new")
    assert file.read_bytes() == b"old"
    assert names_below(tmp_path) == ["file"]
