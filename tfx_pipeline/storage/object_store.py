"""Objects of a store, by fsspec; see `fileio` for the terms."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

EMPTY_FOLDER = ".empty-folder"
"""Object that stands for a folder without files; no file of this machine is made of it."""

_PATTERN = re.compile(r"[*?\[]")


class FileFacts(NamedTuple):
    """What a list says of a file."""

    length: int  # in bytes
    mtime_nsec: int  # time of its last change, in nanoseconds since 1970


def open_store(uri: str) -> tuple[Any, str]:
    """Give fsspec's file system of a URI, and the path in it; lists are not kept from before."""
    import fsspec

    for name in ("gcsfs", "azure"):  # whose tracebacks come to the console where nobody logs
        if not (logger := logging.getLogger(name)).handlers:
            logger.addHandler(logging.NullHandler())
    system, path = fsspec.url_to_fs(uri)
    system.invalidate_cache()
    return system, path.rstrip("/")


def find_objects(uri: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Find the objects below a URI: path and facts by relative name; an object itself has its own.

    Raises:
        FileNotFoundError: no such bucket.
    """
    system, root = open_store(uri)
    found = system.find(root, detail=True)
    if list(found) == [root]:
        return {root.rpartition("/")[2]: (root, system.info(root))}
    return {
        path[len(root) + 1 :]: (path, info)
        for path, info in found.items()
        if path.startswith(f"{root}/") and not path.endswith("/") and info["type"] == "file"
    }


def remove_objects(system: Any, paths: Iterable[str]) -> None:
    """Remove objects; those that are gone already are no error."""
    wanted = list(paths)
    special = [path for path in wanted if _PATTERN.search(path)]  # `rm` would expand them
    together = [path for path in wanted if path not in special]
    try:
        if together:
            system.rm(together)
    except FileNotFoundError:  # another process removes the same
        special = wanted
    for path in special:
        with contextlib.suppress(FileNotFoundError):
            system.rm_file(path)


def facts_of(info: Mapping[str, Any]) -> FileFacts:
    """Read what a store says of an object."""
    return FileFacts(int(info["size"]), int(_changed(info) * 10**9))


def _changed(info: Mapping[str, Any]) -> float:
    """Give the time at which an object was written, in seconds; 0 where nobody knows."""
    for name in ("LastModified", "last_modified", "mtime", "updated", "created"):
        value = info.get(name)
        if isinstance(value, str):
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, float):
            return value
    return 0.0


def is_mark(name: str) -> bool:
    """Say whether an object only stands for an empty folder."""
    return name.rpartition("/")[2] == EMPTY_FOLDER
