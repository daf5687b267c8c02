"""What a text tells of the machine where it was made: its folders, its files, its name.

Whatever runs elsewhere and names one of these fails there, and shows others what is none of their
business. Places with a scheme (`gs://…`) are everybody's, but for `file://`
and `sqlite://`.
"""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.targets.rules import is_below

_URI = re.compile(r"\b(?!file:)[a-z][a-z0-9+.-]*://[^\s\"'\\,\])}]*")
_FILE_URI = re.compile(r"\b(?:file:/|sqlite3?://)[^\s\"'\\,\])}]*", re.IGNORECASE)
# Neither a part of a name (a/b, a:/b of an image, ../b) nor one component alone, as in `m /s`.
_PATH = re.compile(r"(?<![\w.~/*)\]}<-])/[\w.~+@%-]+(?:/[\w.~+@%-]+)+")
_SQLITE = re.compile(r"[\w.~-]*/[\w./~-]*[\w-]\.(?:db|sqlite3?)(?![\w./])", re.IGNORECASE)
_WINDOWS = re.compile(r"\b[A-Za-z]:\\\\?\w[^\s\"',]*")
# Every machine has these, the image too: /usr/bin/timeout is not of one machine.
_EVERYWHERE = ("/bin", "/dev", "/etc", "/lib", "/opt", "/pipeline", "/proc", "/sys", "/usr", "/gcs")


@dataclass(frozen=True)
class Machine:
    """What a machine is known by."""

    folders: tuple[str, ...]
    name: str

    @staticmethod
    def here(*folders: Path) -> Machine:
        """Describe this one; `folders` belong to it, as do its home and the current one."""
        known: dict[str, None] = {}
        for own in (Path.home, Path.cwd):
            # Without a home, as some users of containers are, or where the folder was removed.
            with contextlib.suppress(RuntimeError, OSError):
                folders += (own(),)
        for folder in folders:
            for path in (folder.absolute(), folder.resolve()):
                if len(path.parts) > 1 and not _is_below_any(str(path), _EVERYWHERE):
                    known[str(path)] = None
        return Machine(tuple(known), socket.gethostname().partition(".")[0])

    def traces(self, text: str) -> Iterator[str]:
        """Give what in the text is of this machine, or of some machine that made it."""
        yield from _FILE_URI.findall(text)
        text = _FILE_URI.sub("", _URI.sub("", text))
        yield from _WINDOWS.findall(text)
        yield from _SQLITE.findall(text)
        if self.name:
            host = rf"(?<![\w./-]){re.escape(self.name)}(?:\.local)?:\d{{2,5}}(?![\w.])"
            yield from re.findall(host, text)
        for folder in self.folders:  # alone, as one component may stand in any text
            yield from re.findall(rf"(?<![^\"'=,])({re.escape(folder)})/?(?=$|[\"',])", text)
        for path in _PATH.findall(text):
            if any(path.startswith(f"{folder}/") for folder in self.folders):
                yield path

    def other_paths(self, text: str) -> Iterator[str]:
        """Give the absolute paths that may be of this machine, or of every one."""
        for path in _PATH.findall(_URI.sub("", text)):
            if not _is_below_any(path, (*_EVERYWHERE, *self.folders)):
                yield path


def _is_below_any(path: str, folders: tuple[str, ...]) -> bool:
    return any(is_below(path, folder) for folder in folders)
