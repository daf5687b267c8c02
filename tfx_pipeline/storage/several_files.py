"""Several files of this machine, written all or none."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tfx_pipeline.storage.local_files import make_folder, write_atomically


class UnwritableError(Exception):
    """A file that cannot be written, after which everything is as it was; its cause says why."""

    def __init__(self, file: Path) -> None:
        self.file = file
        super().__init__(str(file))


def write_all(contents: Mapping[Path, str]) -> None:
    """Write texts, each of which appears whole, and none when one cannot be written.

    A process that is killed between two of them leaves some old and some new, each whole.

    Raises:
        UnwritableError: one cannot be written; nothing was.
    """
    writing = _Writing()
    file = Path()
    try:
        for file, text in contents.items():
            writing.prepare(file, text)
        for file in contents:
            writing.put(file)
    except BaseException as error:
        writing.undo()
        if isinstance(error, OSError):
            raise UnwritableError(file) from error
        raise
    writing.clean()


@dataclass
class _Writing:
    """What was done so far."""

    folders: list[Path] = field(default_factory=list)
    asides: dict[Path, Path] = field(default_factory=dict)
    olds: dict[Path, Path] = field(default_factory=dict)
    done: list[Path] = field(default_factory=list)

    def prepare(self, file: Path, text: str) -> None:
        """Write a text beside its place, and keep what is there by another name."""
        if file.is_symlink():
            file = file.resolve()
        self._make_folder(file.parent)
        mark = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.asides[file] = file.with_name(f".{file.name}.{mark}")
        write_atomically(self.asides[file], text)
        if file.exists():
            old = file.with_name(f".{file.name}.{mark}.old")
            old.write_bytes(file.read_bytes())
            self.olds[file] = old
            os.chmod(self.asides[file], file.stat().st_mode & 0o7777)

    def put(self, file: Path) -> None:
        """Rename a text into its place."""
        place = file.resolve() if file.is_symlink() else file
        self.asides[place].replace(place)
        self.done.append(place)

    def undo(self) -> None:
        """Bring everything back as it was, as far as that can be done."""
        for file in self.done:
            with contextlib.suppress(OSError):
                if file in self.olds:
                    self.olds[file].replace(file)
                else:
                    file.unlink()
        self.clean()
        for folder in reversed(self.folders):
            with contextlib.suppress(OSError):
                folder.rmdir()

    def clean(self) -> None:
        """Remove what stands beside the files."""
        for file in [*self.asides.values(), *self.olds.values()]:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)

    def _make_folder(self, folder: Path) -> None:
        new = [x for x in (folder, *folder.parents) if not x.exists()]
        self.folders += reversed(new)
        make_folder(folder)
