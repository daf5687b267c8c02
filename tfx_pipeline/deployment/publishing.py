"""Versions of a model in a folder of this machine: how they come and go.

Whatever a server finds there is complete, at every moment and after every crash: a version comes
and goes by one rename. `withdraw` removes its files; the next push what is left of it. Several
processes may push, withdraw and move version labels at once: each holds the folder
(`local_files.locked`) for the moment in which it changes what a server sees, never while it copies.

Terms:
    gravestone: the folder `.<version>.withdrawn`, which stays until the next push: a server may
        still have that version in memory, so its number must not be given to another model.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from tfx_pipeline.deployment.asides import aside_name, copied, remove
from tfx_pipeline.deployment.model_versions import model_digest, number_after, versions_on_disk
from tfx_pipeline.deployment.pushed_formats import (
    formats_folder,
    put_formats,
    remove_formats,
    remove_strays,
)
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.versions.source import parse_version
from tfx_pipeline.storage.local_files import FOLDER_MODE, locked, make_folder, sync_folder

_GRAVESTONE = re.compile(r"\.(-?\d+)\.withdrawn", re.ASCII)


def publish(model: Path, base: Path, formats: Path | None = None) -> Path:
    """Copy a SavedModel to `base/<version>/`, visible only when complete.

    The version is the time in seconds, or one more than the greatest number that is or was there.
    Its modes are those of new files, whatever the model's are: what the umask allows, and
    strangers can never write it.

    Args:
        model: folder of the SavedModel.
        base: folder whose numeric children are versions; made when absent.
        formats: folder of the same model in other formats, see `pushed_formats`; None: a version
            that is there already keeps those that it has.

    Returns:
        The version's folder; the newest one, untouched, when it holds this very model.

    Raises:
        PipelineError: no greater number is left.
        OSError: a folder cannot be read or written.
    """
    make_folder(base)
    digest = model_digest(model)
    known = _newest(base)
    if _holds(known, digest):
        assert known is not None
        _renew_formats(formats, base, int(known.name))
        return known
    with copied(model, base) as aside, copied(formats, base) as other:
        assert aside is not None
        with locked(base.parent):
            newest = _newest(base)
            if newest is not None and newest != known and _holds(newest, digest):
                # Another process pushed the same meanwhile.
                if not _has_formats(base, int(newest.name), other):
                    _put_formats(other, base, int(newest.name))
                return newest
            there = (parse_version(child.name) for child in base.iterdir())
            versions = [x for x in there if x is not None]
            remove_strays(base, versions)
            taken = [*versions, *_gravestones(base)]
            version = base / str(number_after(taken, str(base)))
            _put_formats(other, base, int(version.name))
            aside.rename(version)
            sync_folder(base)
            for gravestone in _gravestones(base).values():
                remove(gravestone)
    return version


def withdraw(version: Path, file: VersionLabelFile) -> Mapping[str, int | None]:
    """Take a version away from the servers, and every version label from it, first.

    Args:
        version: its folder; nothing happens when it is gone.
        file: the version label file of its model.

    Returns:
        What each version label that named it names now: the latest of its earlier versions that is
        there, or none: the version label is gone.

    Raises:
        PipelineError: it is no version of that model.
        OSError: the folder cannot be changed.
        ServingError: the file cannot be read; the version is withdrawn all the same.
    """
    number = parse_version(version.name)
    if number is None or os.path.realpath(version.parent) != os.path.realpath(file.base):
        problem = Problem("not a version", str(version), allowed=f"{file.base}/<number>")
        raise PipelineError([problem], "nothing was withdrawn")
    gravestone = version.with_name(f".{number}.withdrawn")
    with locked(file.base.parent):
        if not os.path.lexists(version):
            return {}
        try:
            moved = file.leave(number)
        except ServingError:  # no server can read that file either
            _bury(version, gravestone)
            raise
        _bury(version, gravestone)
        return moved


def _renew_formats(formats: Path | None, base: Path, version: int) -> None:
    """Give a version that is there these formats, unless it has them."""
    if _has_formats(base, version, formats):
        return
    with copied(formats, base) as aside, locked(base.parent):
        _put_formats(aside, base, version)


def _has_formats(base: Path, version: int, formats: Path | None) -> bool:
    """Say whether a version has these formats: to put them again would take them away first."""
    there = formats_folder(base, version)
    return formats is None or (there.is_dir() and model_digest(there) == model_digest(formats))


def _put_formats(aside: Path | None, base: Path, version: int) -> None:
    if aside is not None:
        old = base / aside_name()
        put_formats(aside, old, base, version)
        remove(old)


def _bury(version: Path, gravestone: Path) -> None:
    """Let a version vanish at once; then what it was is removed."""
    gravestone.mkdir(FOLDER_MODE, exist_ok=True)
    content = gravestone / "content"
    remove(content)
    version.rename(content)
    sync_folder(version.parent)
    remove_formats(version.parent, int(version.name))
    remove(content)


def _newest(base: Path) -> Path | None:
    """Give the newest complete version."""
    versions = versions_on_disk(base)
    return versions[max(versions)] if versions else None


def _gravestones(base: Path) -> dict[int, Path]:
    found = ((_GRAVESTONE.fullmatch(child.name), child) for child in base.iterdir())
    numbers = ((parse_version(match[1]), child) for match, child in found if match)
    return {number: child for number, child in numbers if number is not None}


def _holds(version: Path | None, digest: str) -> bool:
    """Say whether a version is the model of that digest."""
    if version is None:
        return False
    try:
        return model_digest(version) == digest
    except FileNotFoundError:  # it is being withdrawn
        return False
