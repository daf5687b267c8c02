"""Versions of a model in a folder of this machine: how they come and go.

Whatever a server finds there is complete, at every moment and after every crash: a version comes
and goes by one rename. `withdraw` removes its files; the next push what is left of it. Several
processes may push, withdraw and move version labels at once: each holds the folder
(`local_files.locked`) for the moment in which it changes what a server sees, never while it copies.

Terms:
    aside: `.<random>.incomplete`, what a push writes before its version appears. The push holds it
        locked, by which it is told from what a killed push left.
    gravestone: the folder `.<version>.withdrawn`, which stays until the next push: a server may
        still have that version in memory, so its number must not be given to another model.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tfx_pipeline.deployment.model_versions import model_digest, number_after, versions_on_disk
from tfx_pipeline.deployment.version_label_file import VersionLabelFile
from tfx_pipeline.errors import PipelineError, Problem
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.versions.source import parse_version
from tfx_pipeline.storage.local_files import (
    FOLDER_MODE,
    held,
    locked,
    make_folder,
    sync_folder,
)

_GRAVESTONE = re.compile(r"\.(-?\d+)\.withdrawn", re.ASCII)
_ABANDONED_S = 6 * 3600
"""After that long without a change, an aside is a killed push's where there are no locks."""

_NOT_EXECUTABLE = ~0o111


def publish(model: Path, base: Path) -> Path:
    """Copy a SavedModel to `base/<version>/`, visible only when complete.

    The version is the time in seconds, or one more than the greatest number that is or was there.
    Its modes are those of new files, whatever the model's are: what the umask allows, and
    strangers can never write it.

    Args:
        model: folder of the SavedModel.
        base: folder whose numeric children are versions; made when absent.

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
        return known
    with _aside(base) as aside:
        mode = stat.S_IMODE(aside.stat().st_mode)  # as the umask has it
        _copy(model, aside)
        _set_modes(aside, mode)
        for path in (*aside.rglob("*"), aside):  # a power cut leaves no empty file behind a rename
            sync_folder(path)
        with locked(base.parent):
            newest = _newest(base)
            if newest is not None and newest != known and _holds(newest, digest):
                return newest  # another process pushed the same meanwhile
            there = (parse_version(child.name) for child in base.iterdir())
            taken = [*(x for x in there if x is not None), *_gravestones(base)]
            version = base / str(number_after(taken, str(base)))
            aside.rename(version)
            sync_folder(base)
            for gravestone in _gravestones(base).values():
                _remove(gravestone)
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


class _CopyError(Exception):
    """What no `except OSError` of `copytree` takes: that one goes on, and loses the number."""


def _copy(model: Path, aside: Path) -> None:
    def copy_file(source: str, target: str) -> None:
        try:
            shutil.copy2(source, target)
        except OSError as error:
            raise _CopyError(error) from error

    try:
        shutil.copytree(model, aside, copy_function=copy_file, dirs_exist_ok=True)
    except _CopyError as stopped:
        raise stopped.args[0] from None


def _set_modes(aside: Path, folder_mode: int) -> None:
    """Give files and folders the modes of a new folder; the model's own may be any.

    TensorFlow writes `saved_model.pb` for everybody, and Argo starts steps with umask 0. What is
    set for a folder besides, such as that its group passes on, stays.
    """
    file_mode = folder_mode & 0o777 & _NOT_EXECUTABLE
    for path in (aside, *aside.rglob("*")):
        path.chmod(folder_mode if path.is_dir() else file_mode)


def _bury(version: Path, gravestone: Path) -> None:
    """Let a version vanish at once; then what it was is removed."""
    gravestone.mkdir(FOLDER_MODE, exist_ok=True)
    content = gravestone / "content"
    _remove(content)
    version.rename(content)
    sync_folder(version.parent)
    _remove(content)


def _newest(base: Path) -> Path | None:
    """Give the newest complete version."""
    versions = versions_on_disk(base)
    return versions[max(versions)] if versions else None


def _gravestones(base: Path) -> dict[int, Path]:
    found = ((_GRAVESTONE.fullmatch(child.name), child) for child in base.iterdir())
    numbers = ((parse_version(match[1]), child) for match, child in found if match)
    return {number: child for number, child in numbers if number is not None}


@contextlib.contextmanager
def _aside(base: Path) -> Iterator[Path]:
    """Give a folder to write to; it is removed at the end unless it was renamed."""
    with locked(base.parent):
        _remove_leftovers(base)
        aside = base / f".{secrets.token_hex(8)}.incomplete"
        aside.mkdir(FOLDER_MODE)
        try:
            holder = held(aside)
        except OSError:  # no locks: its age tells it from a killed push's
            holder = None
    try:
        yield aside
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        if holder is not None:
            os.close(holder)


def _remove_leftovers(base: Path) -> None:
    """Remove what killed processes left; the caller keeps new ones from beginning."""
    for leftover in base.glob(".*.incomplete"):
        try:
            holder = held(leftover)
        except OSError:
            changed = leftover.stat().st_mtime if leftover.exists() else time.time()
            if changed < time.time() - _ABANDONED_S:
                _remove(leftover)
            continue
        if holder is not None:
            _remove(leftover)
            os.close(holder)


def _remove(path: Path) -> None:
    """Remove a folder, or a link to one; what is gone already is no error."""
    if path.is_symlink():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)


def _holds(version: Path | None, digest: str) -> bool:
    """Say whether a version is the model of that digest."""
    if version is None:
        return False
    try:
        return model_digest(version) == digest
    except FileNotFoundError:  # it is being withdrawn
        return False
