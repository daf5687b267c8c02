"""Whether a file can be the SQLite database of ML Metadata, found out without ML Metadata.

ML Metadata speaks of a file that is none as of an internal error, after TensorFlow and TFX have
been imported. SQLite itself says more, in a millisecond.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from pathlib import Path
from urllib.parse import quote

from tfx_pipeline.errors import ConfigError, Problem

_MAGIC = b"SQLite format 3\0"
_SCHEMA_VERSION = 10  # of ML Metadata 1.11 to 1.21
_OWN_TABLES = {"Artifact", "Context", "Execution", "Event"}
_CHECKED_BYTES = 64 * 1024**2  # of a larger file not every page is looked at
_ANOTHER = "give another environment.metadata.path, or move the file away: a new one is made"


def check_sqlite_file(file: Path, place: str | None = None) -> None:
    """Refuse what ML Metadata could not open; a file that is not there yet is made by it.

    The `place` is where the file was named.

    Raises:
        ConfigError: saying what the file is.
    """
    problem = _problem(file, place)
    if problem:
        raise ConfigError([problem], "the metadata store cannot be used")


def can_be_read(file: Path, timeout_s: float) -> bool:
    """Wait until nobody holds a database for himself; tell whether that came in time."""
    try:
        with contextlib.closing(_connect(file, timeout_s)) as database:
            database.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        return False
    return True


def _problem(file: Path, place: str | None) -> Problem | None:
    allowed = "a file that is ML Metadata's, or none yet"
    try:
        mode = file.stat().st_mode
    except FileNotFoundError:
        if not file.is_symlink() or file.resolve().parent.is_dir():
            return None
        return Problem("a link into a folder that is not there", place, str(file), allowed)
    except OSError as error:
        return Problem(f"cannot be looked at: {error.strerror}", place, str(file), allowed)
    if not stat.S_ISREG(mode):
        what = "a folder, not a file" if stat.S_ISDIR(mode) else "no ordinary file"
        return Problem(what, place, str(file), allowed, "give another environment.metadata.path")
    if not os.access(file, os.R_OK | os.W_OK):
        next_step = "change its rights, or give another environment.metadata.path"
        return Problem("this file may not be written", place, str(file), None, next_step)
    fault = _fault(file)
    return Problem(fault, place, str(file), allowed, _ANOTHER) if fault else None


def _fault(file: Path) -> str | None:
    """Say what a file is that cannot be used; an empty one is an empty database."""
    with open(file, "rb") as stream:
        head = stream.read(100)
    size = file.stat().st_size
    if not size:
        return None
    if not head.startswith(_MAGIC):
        kind = "a text" if _is_text(head) else "something else"
        return f"this is no SQLite database, but {kind} that begins with {head[:16]!r}"
    page = int.from_bytes(head[16:18], "big")
    pages = int.from_bytes(head[28:32], "big")
    if len(head) < 100 or size < (65536 if page == 1 else page) * pages:
        return f"this SQLite database is cut off: {size:,} bytes are left of it"
    try:
        with contextlib.closing(_connect(file)) as database:
            return _fault_of_tables(database, size)
    except sqlite3.OperationalError:
        return None  # another process is writing to it: it is one
    except sqlite3.DatabaseError as error:
        return f"this SQLite database is damaged: {error}"


def _connect(file: Path, timeout_s: float = 1) -> sqlite3.Connection:
    """Open it as ML Metadata does: SQLite then undoes what a killed process left half-written."""
    return sqlite3.connect(f"file:{quote(str(file))}?mode=rw", timeout=timeout_s, uri=True)


def _fault_of_tables(database: sqlite3.Connection, size: int) -> str | None:
    if size <= _CHECKED_BYTES:
        (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            return f"this SQLite database is damaged: {' '.join(str(said).split())[:120]}"
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    tables = {name for (name,) in database.execute(query)}
    if not tables:
        return None
    if not tables >= _OWN_TABLES:
        names = ", ".join(sorted(tables)[:5])
        return f"this SQLite database is not ML Metadata's: it has the tables {names}"
    versions = database.execute("SELECT * FROM MLMDEnv") if "MLMDEnv" in tables else ()
    found = [row[0] for row in versions] or [0]
    if found != [_SCHEMA_VERSION]:
        age = "a newer" if max(found) > _SCHEMA_VERSION else "an older"
        return (
            f"this was made by {age} version of ML Metadata: its tables are version"
            f" {max(found)}, and version {_SCHEMA_VERSION} is known here"
        )
    return None


def _is_text(head: bytes) -> bool:
    try:
        return head[:64].decode("utf-8", errors="strict").isprintable() or b"\n" in head
    except UnicodeDecodeError:
        return False
