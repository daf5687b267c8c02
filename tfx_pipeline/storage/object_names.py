"""Names of objects as names of files: only those that stay below the folder they are meant for.

Anyone who may write to a bucket chooses names there, and an object store takes every text for one.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.storage.place_errors import PlaceError, shown
from tfx_pipeline.wording import shortened

_LONGEST = 255  # bytes of a part, on every file system that is in use
_SHOWN = 5
_ALLOWED = "parts between `/` that are no `.` and no `..`, not empty, and without `\\`"
_NEXT = "remove that object, or give it another name"


def check_names(names: Collection[str], place: str) -> None:
    """Refuse names, relative to a place, that cannot be those of files below one folder.

    Raises:
        PlaceError: with the first of those that cannot.
    """
    _refuse(((name, fault) for name in names if (fault := _fault(name))), place)
    there = set(names)
    clashes = ((name, x) for name in sorted(there) for x in _above(name) if x in there)
    _refuse(((x, f"a file, and the folder of `{name}` as well") for name, x in clashes), place)


def check_target(names: Collection[str], folder: Path, place: str) -> None:
    """Refuse to write names that passed `check_names` where they would land elsewhere.

    The folder of this machine need not be there; the names come from `place`.

    Raises:
        PlaceError: a link is in the way, or two names are one for the file system.
    """
    by_text: dict[str, list[str]] = {}
    for name in sorted(names):
        by_text.setdefault(unicodedata.normalize("NFC", name.casefold()), []).append(name)
    alike = [each for each in by_text.values() if len(each) > 1]
    if alike and _ignores_case(folder):
        twins = ((x[1], f"the same as `{x[0]}` on a disk that ignores case") for x in alike)
        _refuse(twins, place)
    links = {part: folder / part for name in names for part in (*_above(name), name)}
    found = {part for part, path in links.items() if path.is_symlink()}
    through = (
        (x, next(part for part in (*_above(x), x) if part in found))
        for x in sorted(names)
        if found & {*_above(x), x}
    )
    _refuse(((x, f"`{folder / part}` is a link to elsewhere") for x, part in through), place)


def _fault(name: str) -> str | None:
    """Say what is wrong with a name; none: nothing."""
    parts = name.split("/")
    if name.startswith("/"):
        return "it begins with `/`"
    if ".." in parts:
        return "it leaves its folder by `..`"
    if "." in parts or "" in parts:
        return "a part of it is empty, or `.`"
    if "\\" in name:
        return "it has a `\\`"
    if any(re.match("[A-Za-z]:", part) for part in parts):
        return "it names a drive"
    if "\0" in name:
        return "it has a zero byte"
    try:
        longest = max(len(part.encode()) for part in parts)
    except UnicodeEncodeError:
        return "it is not UTF-8"
    return f"a part of it is longer than {_LONGEST} bytes" if longest > _LONGEST else None


def _above(name: str) -> Iterator[str]:
    """Give the folders that a name is in, the outermost first."""
    parts = name.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))


def _refuse(faults: Iterable[tuple[str, str]], place: str) -> None:
    problems = [
        Problem(
            f"this name cannot be a file's: {fault}",
            f"{shown(place).rstrip('/')}/{text if text.isprintable() else ascii(text)[1:-1]}",
            allowed=_ALLOWED,
            next_step=_NEXT,
        )
        for name, fault in islice(faults, _SHOWN)
        for text in (shortened(name, 200),)
    ]
    if problems:
        raise PlaceError(problems, f"nothing was copied from or to {shown(place)}")


def _ignores_case(folder: Path) -> bool:
    """Say whether the file system of a folder takes `A` and `a` for one name, by its own path."""
    for path in (folder.absolute(), *folder.absolute().parents):
        other = path.with_name(path.name.swapcase()) if path.name else path
        if other != path and path.exists():
            return other.exists() and os.path.samefile(path, other)
    return False
