r"""Folders whose names TensorFlow and Beam would take for patterns, reached by a plain name.

Beam looks for the files that it has just written by a pattern, and TensorFlow for the variables of
a SavedModel, in C++: in `my project [v2]/…` neither finds any. There is no way to quote such names
for either (Beam 2.77, TensorFlow 2.21). So they get a symbolic link: the same folder, under a name
without `[`, `*`, `?` and `\`, which depends on the folder's own name alone. ML Metadata, the steps
and the servers know the folder by that link; people are shown its own name.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path

from tfx_pipeline.errors import ConfigError, Problem

_SPECIAL = re.compile(r"[\[*?\\]")


def plain(place: Path) -> Path:
    """Give the name by which libraries can use a place: its own, or one through a link.

    Args:
        place: an absolute path, which need not exist.
    """
    folder = _special_folder(place)
    return place if folder is None else _link_of(folder) / place.relative_to(folder)


def own_name(place: Path) -> Path:
    """Undo `plain`, as far as the link is there."""
    with contextlib.suppress(ValueError, OSError):
        first, *rest = place.relative_to(_links()).parts
        return Path(os.readlink(_links() / first), *rest)
    return place


def link(place: Path) -> None:
    """Make the folder and the link by which `plain(place)` reaches it, where one is needed.

    Raises:
        ConfigError: that is not possible.
    """
    folder = _special_folder(place)
    if folder is None:
        return
    name = _link_of(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        name.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if name.parent.stat().st_uid != os.getuid():
            raise PermissionError(f"{name.parent} belongs to somebody else")
        if not name.is_symlink() or os.readlink(name) != str(folder):
            with tempfile.TemporaryDirectory(dir=name.parent) as made:
                new = Path(made) / name.name
                new.symlink_to(folder)
                os.replace(new, name)
    except OSError as error:
        characters = " ".join(special_characters(str(folder)))
        problem = Problem(
            f"TensorFlow takes `{characters}` in the name of a folder for a pattern, and no link"
            f" with a plain name could be made: {error}",
            str(folder),
            next_step="rename the folder, or let XDG_CACHE_HOME name a folder that can be written",
        )
        raise ConfigError([problem], "this folder cannot be used") from error


def special_characters(place: str) -> list[str]:
    """List the characters of a place that make a pattern of it."""
    return sorted({*_SPECIAL.findall(place)})


def _special_folder(place: Path) -> Path | None:
    """Give the part of a path below which all names are plain; none: the whole path is."""
    found = [each for each in (place, *place.parents) if _SPECIAL.search(each.name)]
    return found[0] if found else None


def _link_of(folder: Path) -> Path:
    return _links() / hashlib.sha256(str(folder).encode()).hexdigest()[:16]


def _links() -> Path:
    """Give the folder of the links: in the user's cache, or where its name is special, in /tmp."""
    with contextlib.suppress(RuntimeError):  # there is no home
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        if cache.is_absolute() and not _SPECIAL.search(str(cache)):
            return cache / "tfx-pipeline" / "folders"
    return Path(tempfile.gettempdir()) / f"tfx-pipeline-folders-{os.getuid()}"
