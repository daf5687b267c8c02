"""Which files belong to a table, and which of a folder are passed over."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.wording import below, listed

_SUFFIXES = (".csv", ".tsv", ".tab", ".parquet", ".pq", ".tfrecord", ".tfrecords")
_SHARD = re.compile(r".*tfrecords?-\d+-of-\d+")  # as TFX and Beam name them
_PACKED = (".gz", ".bz2", ".xz", ".zst")
_ALLOWED = "*.csv, *.tsv, *.tab, each also as .gz, .bz2, .xz or .zst, *.parquet, *.tfrecord"
_NO_TABLES = ("readme", "license", "licence", "copying", "schema.")


@dataclass(frozen=True)
class TableFiles:
    """The files of a table.

    Attributes:
        files: that belong to it, by name.
        passed_over: names of others in the folder that may hold rows.
        problems: why there are none, or what is in the way.
    """

    files: tuple[Path, ...] = ()
    passed_over: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def note(self) -> str | None:
        """Say what was passed over."""
        if not self.passed_over:
            return None
        return f"passed over in the table's folder: {listed(self.passed_over)}"


def shown(path: Path, line: int | None = None) -> str:
    """Name a file the short way, relative to the working directory where that is possible."""
    name = below(path, Path.cwd())
    return name if line is None else f"{name}:{line}"


def os_problem(path: Path, error: OSError, done: str = "read") -> Problem:
    """Say why a file cannot be read, or what else was to be done with it."""
    return Problem(f"it cannot be {done}", shown(path), error.strerror or str(error))


def table_files(path: Path) -> TableFiles:
    """List the files of a table: the file itself, or those of a folder, whatever their case.

    Hidden files, which macOS, Excel and editors leave, are none of it; nor are texts about the
    table.
    """
    try:
        if path.is_file():
            return TableFiles((path,))
        if not path.is_dir():
            return TableFiles(problems=(Problem("no such file or folder", shown(path)),))
        with os.scandir(path) as listing:  # it knows what is a folder, without a look at each
            names = {x.name: x.is_dir() for x in listing if not x.name.startswith((".", "~$"))}
    except OSError as error:
        return TableFiles(problems=(os_problem(path, error),))
    found = [name for name in sorted(names) if is_table_name(name)]
    files = tuple(path / name for name in found if not names[name])
    others = tuple(
        name
        for name in sorted(names)
        if not is_table_name(name) and not _is_about_the_table(path / name)
    )
    problems = [
        Problem("a folder has the name of a table", shown(path / x), next_step="rename or move it")
        for x in found
        if names[x]
    ]
    if not found:
        there = f"only {listed(others)}" if others else "nothing"
        step = "rename it, or let data.path name the file itself" if others else None
        problems.append(Problem("no table in this folder", shown(path), there, _ALLOWED, step))
    return TableFiles(files, others if files else (), tuple(problems))


def is_table_name(name: str) -> bool:
    """Tell by its suffixes whether a file of a folder belongs to the table."""
    name = name.lower()
    for packed in _PACKED:
        name = name.removesuffix(packed)
    return name.endswith(_SUFFIXES) or _SHARD.fullmatch(name) is not None


def staged_name(file: Path) -> str:
    """Name the clean copy of a file: differently for files that differ in their suffixes alone."""
    return file.name if file.suffix == ".csv" else f"{file.name}.csv"


def _is_about_the_table(entry: Path) -> bool:
    name = entry.name.lower()
    return entry.suffix.lower() in (".md", ".pbtxt") or name.startswith(_NO_TABLES)
