"""Places on real servers of the three kinds of store."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.object_stores import ObjectStore, object_store, reached, refusing_s3, why_not
from tfx_pipeline.components.pusher.push_to_store import publish_to_store
from tfx_pipeline.storage import fileio

pytestmark = pytest.mark.slow

STRANGE = "a b/ü[1] 100%#.txt"


@pytest.fixture(scope="module", params=["s3", "abfs", "gs"])
def store(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    if reason := why_not(request.param):
        pytest.skip(reason)
    with object_store(request.param) as server:
        yield server


@pytest.fixture
def base(store: ObjectStore, request: pytest.FixtureRequest) -> Iterator[str]:
    with reached(store):
        yield f"{store.uri}/{request.node.originalname} ü"


def test_a_tree_comes_back_as_it_was(base: str, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "a b").mkdir(parents=True)
    (tree / STRANGE).write_text("strange")
    (tree / "empty/inner").mkdir(parents=True)
    (tree / "zero").touch()
    content = os.urandom(9 << 20)
    (tree / "large").write_bytes(content)
    before = time.time() - 5
    fileio.upload_tree(tree, base)
    found = fileio.list_files(base)
    assert {name: x.length for name, x in found.items()} == {
        STRANGE: 7,
        "zero": 0,
        "large": 9 << 20,
    }
    assert all(before <= x.mtime_nsec / 1e9 <= time.time() + 5 for x in found.values())
    assert fileio.list_folder(base) == ["a b", "empty", "large", "zero"]
    fileio.download_tree(base, tmp_path / "back")
    assert (tmp_path / "back/large").read_bytes() == content
    assert (tmp_path / "back/empty/inner").is_dir()
    assert (tmp_path / "back" / STRANGE).read_text() == "strange"
    fileio.remove_tree(base)
    assert not fileio.exists(base)


def test_a_folder_of_many_files_comes_and_goes(base: str, tmp_path: Path) -> None:
    (tmp_path / "many").mkdir()
    for number in range(60):
        (tmp_path / f"many/{number:03}").write_text(str(number))
    fileio.upload_tree(tmp_path / "many", base)
    fileio.download_tree(base, tmp_path / "back")
    assert [x.read_text() for x in sorted((tmp_path / "back").iterdir())] == list(
        map(str, range(60))
    )
    fileio.remove_tree(base)
    assert fileio.list_files(base) == {}


def test_a_file_is_replaced_at_once(base: str) -> None:
    fileio.write_bytes(f"{base}/x.json", b"one")
    fileio.write_bytes(f"{base}/x.json", b"two")
    assert fileio.read_bytes(f"{base}/x.json") == b"two"
    assert fileio.exists(f"{base}/x.json")
    assert not fileio.exists(f"{base}/x")


def test_a_model_becomes_a_version_once(base: str, tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "variables").mkdir(parents=True)
    (model / "saved_model.pb").write_bytes(b"graph")
    (model / "variables/variables.index").write_bytes(b"weights")
    first = publish_to_store(model, f"{base}/taxi")
    assert publish_to_store(model, f"{base}/taxi") == first
    (model / "saved_model.pb").write_bytes(b"GRAPH")
    second = publish_to_store(model, f"{base}/taxi")
    number = second.rpartition("/")[2]
    assert set(fileio.list_files(f"{base}/taxi")) == {
        f"{version}/{name}"
        for version in (first.rpartition("/")[2], number)
        for name in ("saved_model.pb", "variables/variables.index")
    }
    assert fileio.read_bytes(f"{second}/saved_model.pb") == b"GRAPH"


def test_what_is_not_there_is_said(base: str, store: ObjectStore, tmp_path: Path) -> None:
    with pytest.raises(fileio.NoSuchPlaceError, match="there is nothing"):
        fileio.read_bytes(f"{base}/none")
    with pytest.raises(fileio.NoSuchPlaceError, match="there is nothing"):
        fileio.download_tree(f"{base}/none", tmp_path)
    scheme = store.uri.partition("://")[0]
    with pytest.raises(fileio.NoSuchPlaceError, match="no such bucket or container"):
        fileio.write_bytes(f"{scheme}://another/x", b"")
    assert fileio.list_folder(f"{base}/none") == []


def test_s3_that_refuses_is_said_without_the_key() -> None:
    with refusing_s3() as server, reached(server):
        for action in (
            lambda: fileio.write_bytes(f"{server.uri}/x", b""),
            lambda: fileio.read_bytes(f"{server.uri}/x"),
            lambda: fileio.list_files(server.uri),
        ):
            with pytest.raises(fileio.PlaceError, match="no right to do this") as error:
                action()
            assert "their-secret" not in str(error.value)


def test_s3_without_credentials_is_said(tmp_path: Path) -> None:
    nowhere = ObjectStore("s3://bucket", {"AWS_CONFIG_FILE": str(tmp_path / "none")})
    more = {
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "no"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with (
        reached(nowhere, **more),
        pytest.raises(fileio.PlaceError, match="no credentials"),
    ):
        fileio.write_bytes("s3://bucket/x", b"")


def test_azure_with_another_key_is_said_without_it(store: ObjectStore) -> None:
    name = "AZURE_STORAGE_CONNECTION_STRING"
    if name not in store.env:
        pytest.skip("not Azure")
    wrong = store.env[name].replace("AccountKey=Eby8", "AccountKey=AAAA")
    with reached(ObjectStore(store.uri, {name: wrong})):
        with pytest.raises(fileio.PlaceError, match="no right to do this") as error:
            fileio.write_bytes(f"{store.uri}/x", b"")
        assert "AAAA" not in str(error.value)
