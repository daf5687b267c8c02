"""A file as it is, and as it is to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tfx_pipeline.errors import ConfigError, Problem
from tfx_pipeline.ingestion.reading.table_files import os_problem, shown
from tfx_pipeline.storage.several_files import UnwritableError, write_all


@dataclass(frozen=True)
class PlannedFile:
    """A file.

    Attributes:
        path: where it is.
        there: its text; none: there is none.
        text: what it is to be.
    """

    path: Path
    there: str | None
    text: str

    @property
    def state(self) -> Literal["new", "changed", "unchanged"]:
        """Say what becomes of it."""
        if self.there is None:
            return "new"
        return "unchanged" if self.there == self.text else "changed"


def text_of(path: Path) -> str | None:
    """Read a text; none: there is no such file.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        problem = Problem("it cannot be read", shown(path), str(error))
        if isinstance(error, OSError):
            problem = os_problem(path, error)
        raise ConfigError([problem], "nothing was written") from error


def write_files(files: Sequence[PlannedFile]) -> None:
    """Write what changed: all, or nothing.

    Raises:
        ConfigError: one cannot be written.
    """
    contents: Mapping[Path, str] = {x.path: x.text for x in files if x.state != "unchanged"}
    try:
        write_all(contents)
    except UnwritableError as error:
        cause = error.__cause__
        assert isinstance(cause, OSError)
        raise ConfigError(
            [os_problem(error.file, cause, "written")], "nothing was written"
        ) from error
