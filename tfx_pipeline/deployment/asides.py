"""What a push writes before it is renamed to where servers, and people, look.

Terms:
    aside: the folder `.<random>.incomplete`. The push holds it locked, by which it is told from
        what a killed push left.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from tfx_pipeline.storage.local_files import FOLDER_MODE, held, locked, sync_folder

_ABANDONED_S = 6 * 3600
"""After that long without a change, an aside is a killed push's where there are no locks."""

_NOT_EXECUTABLE = ~0o111


@contextlib.contextmanager
def copied(source: Path | None, base: Path) -> Iterator[Path | None]:
    """Give an aside of a model's folder with a copy of another one; None of None.

    It is on disk by then, and removed at the end unless it was renamed. Its modes are those of new
    files, whatever those of the source are.

    Raises:
        OSError: a folder cannot be read or written.
    """
    if source is None:
        yield None
        return
    with _aside(base) as aside:
        mode = stat.S_IMODE(aside.stat().st_mode)  # as the umask has it
        _copy(source, aside)
        _set_modes(aside, mode)
        for path in (*aside.rglob("*"), aside):  # a power cut leaves no empty file behind a rename
            sync_folder(path)
        yield aside


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


@contextlib.contextmanager
def _aside(base: Path) -> Iterator[Path]:
    """Give a folder to write to; it is removed at the end unless it was renamed."""
    with locked(base.parent):
        _remove_leftovers(base)
        aside = base / aside_name()
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


def aside_name() -> str:
    """Name an aside that nobody else has."""
    return f".{secrets.token_hex(8)}.incomplete"


def _remove_leftovers(base: Path) -> None:
    """Remove what killed processes left; the caller keeps new ones from beginning."""
    for leftover in base.glob(".*.incomplete"):
        try:
            holder = held(leftover)
        except OSError:
            changed = leftover.stat().st_mtime if leftover.exists() else time.time()
            if changed < time.time() - _ABANDONED_S:
                remove(leftover)
            continue
        if holder is not None:
            remove(leftover)
            os.close(holder)


def remove(path: Path) -> None:
    """Remove a folder, or a link to one; what is gone already is no error."""
    if path.is_symlink():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path, ignore_errors=True)
