"""A version's other formats, beside the versions of a model: `<model>/formats/<version>/`.

Servers pass over a folder whose name is no number. The formats of a version come and go by one
rename, as versions do: they stand before the version can be served, and go after it, so whoever
sees a version finds its formats. Where a process was killed in between, they belong to no version:
the next push removes them.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

from tfx_pipeline.serving.versions.source import parse_version
from tfx_pipeline.storage.local_files import make_folder, sync_folder

FORMATS_FOLDER = "formats"


def formats_folder(base: Path, version: int) -> Path:
    """Say where the formats of a version are, or would be; `base` is the model's folder."""
    return base / FORMATS_FOLDER / str(version)


def formats_of(base: Path, version: int) -> list[str]:
    """Name the formats that a version has: a file of the format `x` is called `model.x`."""
    files = formats_folder(base, version).glob("model.*")
    return sorted({file.suffix[1:] for file in files if file.is_file()})


def put_formats(aside: Path, old: Path, base: Path, version: int) -> None:
    """Let a folder become the formats of a version, in the place of those that it has.

    The caller holds the folder; `old`, which is not there yet, is where what was there goes, for
    the caller to remove: all three are of one file system.
    """
    place = formats_folder(base, version)
    make_folder(place.parent)
    if place.exists():
        place.rename(old)
    aside.rename(place)
    sync_folder(place.parent)


def remove_formats(base: Path, version: int) -> None:
    """Remove the formats of a version, if it has any."""
    shutil.rmtree(formats_folder(base, version), ignore_errors=True)


def remove_strays(base: Path, versions: Collection[int]) -> None:
    """Remove formats of versions that are not there; the caller holds the folder."""
    folder = base / FORMATS_FOLDER
    for child in folder.iterdir() if folder.is_dir() else ():
        number = parse_version(child.name)
        if number is not None and number not in versions:
            shutil.rmtree(child, ignore_errors=True)
