"""Files and folders of this machine: written whole, held by one process, found through links."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import logging
import math
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_LOG = logging.getLogger(__name__)
_NO_LOCKS = (errno.EBADF, errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)
"""What a file system says that does not lock folders; some network file systems do not."""

FOLDER_MODE = 0o775
"""Before the umask, which may be 0: strangers can never write."""
_FILE_MODE = 0o664


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are missing, which strangers cannot write."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(FOLDER_MODE, exist_ok=True)


def write_atomically(file: Path, content: str | bytes) -> None:
    """Write text or bytes aside, force them to disk, and rename them into place.

    So a reader meets the old or the new, never a part. Strangers cannot write the file.
    """
    # Processes of two containers that share a volume can have the same number.
    aside = file.with_name(f".{file.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with open(aside, "wb", opener=_open_for_us) as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        aside.replace(file)
    finally:
        aside.unlink(missing_ok=True)


def _open_for_us(file: str, flags: int) -> int:
    return os.open(file, flags, _FILE_MODE)


def write_json(file: Path, values: Any) -> None:
    """Write values as JSON that any reader takes: no NaN, and other types as text; see above."""
    write_atomically(file, json.dumps(_finite(values), indent=1, default=str, allow_nan=False))


def _finite(values: Any) -> Any:
    """Put null in place of NaN and of infinities, which JSON does not have."""
    if isinstance(values, float):
        return values if math.isfinite(values) else None
    if isinstance(values, Mapping):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_finite(value) for value in values]
    return values


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder while others who ask for the same wait; a process that dies lets go of it.

    It cannot be asked for again within. Where the file system has no such locks, nobody waits.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            _LOG.warning("%s cannot be locked: %s", folder, error.strerror)
        yield
    finally:
        os.close(descriptor)


def held(folder: Path) -> int | None:
    """Hold a folder until the descriptor that this gives is closed; None: someone else holds it.

    Raises:
        OSError: it is not there, or its file system has no such locks.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def sync_folder(path: Path) -> None:
    """Force a folder's list of names, or a file's content, to disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def files_below(folder: Path) -> Iterator[Path]:
    """Give each file below a folder, those that links to folders lead to included.

    Raises:
        OSError: a folder cannot be read, or a link leads back to where it is.
    """
    waiting = [(folder, frozenset([os.path.realpath(folder)]))] if folder.is_dir() else []
    while waiting:
        inner, above = waiting.pop()
        for child in inner.iterdir():
            if child.is_file():
                yield child
            elif child.is_dir():
                if (real := os.path.realpath(child)) in above:
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(child))
                waiting.append((child, above | {real}))
