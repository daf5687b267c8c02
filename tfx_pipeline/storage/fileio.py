"""Files and folders by path or by URI: `gs://`, `s3://`, `abfs://`, and this machine.

Terms:
    place: a path of this machine, or a URI of an object store.
    folder: of an object store, the objects whose names begin alike: it is there while one of them
        is. A folder that is empty on this machine is kept there by a mark (`EMPTY_FOLDER`).

The ordinary environment variables of each store say as whom and where, e.g. `AWS_ENDPOINT_URL`,
`AZURE_STORAGE_CONNECTION_STRING`, `GOOGLE_APPLICATION_CREDENTIALS`, `STORAGE_EMULATOR_HOST`, and
fsspec's own, `FSSPEC_S3_…`. An object appears whole or not at all. What fails is a `PlaceError`.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from tfx_pipeline.storage.local_files import files_below, write_atomically
from tfx_pipeline.storage.object_names import check_names, check_target
from tfx_pipeline.storage.object_store import (
    EMPTY_FOLDER,
    facts_of,
    find_objects,
    is_mark,
    open_store,
    remove_objects,
)

# `as`: whoever works with places has these from here, too.
from tfx_pipeline.storage.object_store import FileFacts as FileFacts
from tfx_pipeline.storage.place_errors import NoSuchPlaceError as NoSuchPlaceError
from tfx_pipeline.storage.place_errors import PlaceError as PlaceError
from tfx_pipeline.storage.place_errors import explained as explained
from tfx_pipeline.storage.place_errors import shown as shown


def is_uri(place: str) -> bool:
    """Tell `gs://bucket/folder` from a path of this machine."""
    return "://" in place


def join(place: str, *names: str) -> str:
    """Give the place below another one."""
    return "/".join([place.rstrip("/"), *names])


def read_bytes(place: str) -> bytes:
    """Read a file."""
    with explained("read", place):
        if not is_uri(place):
            return Path(place).read_bytes()
        system, path = open_store(place)
        content: bytes = system.cat_file(path)
        return content


@contextlib.contextmanager
def opened(place: str) -> Iterator[BinaryIO]:
    """Open a file, to be read from its beginning on within the block."""
    with explained("read", place), contextlib.ExitStack() as stack:
        if is_uri(place):
            system, path = open_store(place)
            yield stack.enter_context(system.open(path, "rb"))
        else:
            yield stack.enter_context(open(place, "rb"))


def write_bytes(place: str, content: bytes) -> None:
    """Write a file, whole or not at all; folders above it are made."""
    with explained("write", place):
        if is_uri(place):
            system, path = open_store(place)
            system.pipe_file(path, content)
        else:
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(Path(place), content)


def exists(place: str) -> bool:
    """Say whether there is a file or a folder."""
    with explained("look for", place):
        if not is_uri(place):
            return Path(place).exists()
        system, path = open_store(place)
        try:
            system.info(path)
        except FileNotFoundError:
            return False
        return True


def list_folder(place: str) -> list[str]:
    """List the names of the files and folders in a folder, in order; none where there is none."""
    with explained("list", place):
        if not is_uri(place):
            folder = Path(place)
            return sorted(child.name for child in folder.iterdir()) if folder.is_dir() else []
        system, path = open_store(place)
        try:
            children = system.ls(path, detail=False)
        except FileNotFoundError:
            return []
        names = {child.rstrip("/").rpartition("/")[2] for child in children if child != path}
        return sorted(names - {EMPTY_FOLDER, ""})


def list_files(place: str) -> dict[str, FileFacts]:
    """Give facts of each file below a folder, by its name relative to that folder."""
    with explained("list", place):
        if is_uri(place):
            objects = find_objects(place).items()
            return {name: facts_of(info) for name, (_, info) in objects if not is_mark(name)}
        files = files_below(Path(place))
        return {path.relative_to(place).as_posix(): _facts_here(path) for path in files}


def file_facts(place: str) -> FileFacts:
    """Give facts of one file."""
    with explained("look for", place):
        if not is_uri(place):
            return _facts_here(Path(place))
        system, path = open_store(place)
        return facts_of(system.info(path))


def download_tree(uri: str, folder: Path) -> None:
    """Bring a folder of an object store, or one object, to this machine; other files there stay.

    Each file appears whole, and none when one cannot be brought.

    Raises:
        NoSuchPlaceError: there is nothing.
        PlaceError: it cannot be read, or a name is none that a file may have there.
    """
    with explained("read", uri):
        objects = find_objects(uri)
        if not objects:
            raise FileNotFoundError(uri)
        check_names(objects, uri)
        check_target(objects, folder, uri)
        wanted = {name: path for name, (path, _) in objects.items() if not is_mark(name)}
        with _arriving(folder) as aside:
            for parent in {(aside / name).parent for name in objects}:
                parent.mkdir(parents=True, exist_ok=True)
            if wanted:
                system, _ = open_store(uri)
                system.get(list(wanted.values()), [str(aside / name) for name in wanted])
            for parent in {(folder / name).parent for name in objects}:
                parent.mkdir(parents=True, exist_ok=True)
            for name in wanted:
                (aside / name).replace(folder / name)


def upload_tree(folder: Path, uri: str) -> None:
    """Copy a folder of this machine to an object store; other objects there stay."""
    upload_files(folder, uri, list_files(str(folder)))
    with explained("write", uri):
        system, destination = open_store(uri)
        for empty in _empty_folders(folder):
            system.pipe_file("/".join([destination, *empty.parts, EMPTY_FOLDER]), b"")


def upload_files(folder: Path, uri: str, names: Iterable[str]) -> None:
    """Copy files of a folder of this machine, by their names in it, to an object store."""
    with explained("write", uri):
        wanted = list(names)
        check_names(wanted, str(folder))
        system, destination = open_store(uri)
        if wanted:
            system.put([str(folder / x) for x in wanted], [f"{destination}/{x}" for x in wanted])


def copy_in_store(source: str, destination: str, names: Iterable[str]) -> None:
    """Copy files of a folder to another one of the same store, which does so by itself."""
    with explained("write", destination):
        system, from_path = open_store(source)
        _, to_path = open_store(destination)
        wanted = list(names)
        if wanted:
            system.copy([f"{from_path}/{x}" for x in wanted], [f"{to_path}/{x}" for x in wanted])


def remove_tree(place: str) -> None:
    """Remove a folder and all below it, or a file; nothing happens where there is none."""
    with explained("remove", place):
        if is_uri(place):
            system, _ = open_store(place)
            remove_objects(system, [path for path, _ in find_objects(place).values()])
        elif Path(place).is_dir():
            shutil.rmtree(place)
        else:
            Path(place).unlink(missing_ok=True)


@contextlib.contextmanager
def _arriving(folder: Path) -> Iterator[Path]:
    """Give a folder within one that is made if need be, to be gone at the end."""
    new = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".arriving-", dir=folder))
    try:
        yield aside
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        for path in new:
            with contextlib.suppress(OSError):  # someone else put something there
                path.rmdir()
        raise
    shutil.rmtree(aside)


def _facts_here(path: Path) -> FileFacts:
    status = path.stat()
    return FileFacts(status.st_size, status.st_mtime_ns)


def _empty_folders(folder: Path) -> Iterable[Path]:
    """Find the folders without anything in them, relative to the folder itself, which may be it."""
    for path in [folder, *(child for child in folder.rglob("*") if child.is_dir())]:
        if not any(path.iterdir()):
            yield path.relative_to(folder)
