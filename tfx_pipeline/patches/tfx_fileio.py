"""TFX's own file operations on `gs://`, `s3://` and `abfs://`: all by `storage.fileio`.

For both stacks: TensorFlow, by which TFX would do them, knows `gs://` alone, and a step need not
import it. It can go when TFX's registry has a file system for all three.
"""

from __future__ import annotations

import fnmatch
import io
from collections.abc import Callable, Iterable
from typing import Any

from tfx.dsl.io import filesystem, filesystem_registry

from tfx_pipeline.storage import fileio
from tfx_pipeline.storage.object_names import check_names

_PRIORITY = 5  # before TensorFlow's 10, which knows `gs://` alone

_made: set[str] = set()


class PlaceFilesystem(filesystem.Filesystem):
    """What TFX's drivers, its launcher and ImportSchemaGen do with URIs.

    A store has no empty folders. Those made by this process are remembered, so that TFX finds and
    removes what it made.
    """

    SUPPORTED_SCHEMES = ["gs://", "gcs://", "s3://", "s3a://", "abfs://", "abfss://", "az://"]

    @staticmethod
    def open(name: Any, mode: str = "r") -> Any:
        """Open a file, which is written when it is closed."""
        uri = _text(name)
        if "r" in mode:
            content = _found(fileio.read_bytes, uri)
            return io.BytesIO(content) if "b" in mode else io.StringIO(content.decode())
        return _BytesToWrite(uri) if "b" in mode else _TextToWrite(uri)

    @staticmethod
    def copy(src: Any, dst: Any, overwrite: bool = False) -> None:
        """Copy a file."""
        if not overwrite and fileio.exists(_text(dst)):
            raise FileExistsError(f"{_text(dst)} is there already")
        fileio.write_bytes(_text(dst), _found(fileio.read_bytes, _text(src)))

    @staticmethod
    def exists(path: Any) -> bool:
        """Say whether there is a file or a folder."""
        return _folder(path) in _made or fileio.exists(_text(path))

    @staticmethod
    def glob(pattern: Any) -> list[str]:
        """List the files that match; only the last part of a pattern may be one."""
        folder, _, last = _text(pattern).rpartition("/")
        names = fileio.list_folder(folder)
        return [fileio.join(folder, name) for name in fnmatch.filter(names, last)]

    @staticmethod
    def isdir(path: Any) -> bool:
        """Say whether it is a folder."""
        return _folder(path) in _made or bool(fileio.list_folder(_text(path)))

    @staticmethod
    def listdir(path: Any) -> list[str]:
        """List the names in a folder."""
        names = fileio.list_folder(_text(path))
        if not names and _folder(path) not in _made:
            raise filesystem.NotFoundError(_text(path))
        return names

    @staticmethod
    def makedirs(path: Any) -> None:
        """Remember the folder."""
        _made.add(_folder(path))

    mkdir = makedirs

    @staticmethod
    def remove(path: Any) -> None:
        """Remove a file, or a folder and all below it."""
        if not PlaceFilesystem.exists(path):
            raise filesystem.NotFoundError(_text(path))
        folder = _folder(path)
        _made.difference_update({x for x in _made if x == folder or x.startswith(f"{folder}/")})
        fileio.remove_tree(_text(path))

    rmtree = remove

    @staticmethod
    def rename(src: Any, dst: Any, overwrite: bool = False) -> None:
        """Copy a file and remove the original."""
        PlaceFilesystem.copy(src, dst, overwrite)
        fileio.remove_tree(_text(src))

    @staticmethod
    def stat(path: Any) -> Any:
        """Give length and time of change as TensorFlow does."""
        return _found(fileio.file_facts, _text(path))

    @staticmethod
    def walk(
        top: Any, topdown: bool = True, onerror: Callable[..., None] | None = None
    ) -> Iterable[tuple[str, list[str], list[str]]]:
        """Give each folder with its folders and files; refuse names that would leave it."""
        files = fileio.list_files(_text(top))
        check_names(files, _text(top))
        tree: dict[str, tuple[set[str], set[str]]] = {"": (set(), set())}
        for name in files:
            parts = name.split("/")
            for depth in range(len(parts)):
                inner = tree.setdefault("/".join(parts[:depth]), (set(), set()))
                inner[depth == len(parts) - 1].add(parts[depth])
        order = sorted(tree, reverse=not topdown)
        for folder in order:
            folders, names = tree[folder]
            here = fileio.join(_text(top), folder) if folder else _text(top)
            yield here, sorted(folders), sorted(names)


class _BytesToWrite(io.BytesIO):
    """A file of a store, written when it is closed and not when the block failed."""

    def __init__(self, uri: str) -> None:
        super().__init__()
        self._uri = uri
        self.failed = False

    def __exit__(self, kind: Any, *error: Any) -> None:
        self.failed = kind is not None
        super().__exit__(kind, *error)

    def close(self) -> None:
        """Write it."""
        if not self.closed and not self.failed:
            fileio.write_bytes(self._uri, self.getvalue())
        super().close()


class _TextToWrite(io.TextIOWrapper):
    def __init__(self, uri: str) -> None:
        self._bytes = _BytesToWrite(uri)
        super().__init__(self._bytes, encoding="utf-8")

    def __exit__(self, kind: Any, *error: Any) -> None:
        self._bytes.failed = kind is not None
        super().__exit__(kind, *error)


def register_places() -> None:
    """Let TFX's file operations know the stores; once or more often."""
    filesystem_registry.DEFAULT_FILESYSTEM_REGISTRY.register(PlaceFilesystem, _PRIORITY)


def _text(path: Any) -> str:
    return path.decode() if isinstance(path, bytes) else str(path)


def _folder(path: Any) -> str:
    return _text(path).rstrip("/")


def _found(read: Callable[[str], Any], uri: str) -> Any:
    """Read, or raise what TFX expects where there is nothing."""
    try:
        return read(uri)
    except fileio.NoSuchPlaceError as error:
        raise filesystem.NotFoundError(uri) from error
