"""A version's other formats in an object store, beside the versions: see `pushed_formats`.

They are written before the version, so they are there when it is, and each file appears whole.
"""

from __future__ import annotations

from pathlib import Path

from tfx_pipeline.components.pusher.store_versions import is_same
from tfx_pipeline.deployment.pushed_formats import FORMATS_FOLDER
from tfx_pipeline.storage import fileio


def put_formats(formats: Path | None, uri: str, version: int) -> None:
    """Give a version these formats, unless it has them; None: it keeps those that it has.

    Raises:
        PlaceError: the store cannot be read or written.
    """
    if formats is None:
        return
    place = _place(uri, version)
    wanted, there = fileio.list_files(str(formats)), fileio.list_files(place)
    if is_same(place, there, formats, wanted):
        return
    fileio.upload_files(formats, place, wanted)
    for name in there.keys() - wanted.keys():
        fileio.remove_tree(fileio.join(place, name))


def remove_formats(uri: str, version: int) -> None:
    """Remove the formats of a version, if it has any."""
    fileio.remove_tree(_place(uri, version))


def _place(uri: str, version: int) -> str:
    return fileio.join(uri, FORMATS_FOLDER, str(version))
