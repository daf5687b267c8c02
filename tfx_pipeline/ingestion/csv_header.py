"""What the header of a CSV file must be: TFX splits its first line at commas, quoted or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.csv_text import shown


def header_problems(path: Path, header: Sequence[str]) -> list[Problem]:
    """Find what TFX would silently misread in the first line of a file."""
    place = shown(path, 1)
    problems = [
        Problem(f"{count} columns have the name `{name}`", place, allowed="one of each name")
        for name, count in Counter(header).items()
        if count > 1 and name
    ]
    empty = [str(position) for position, name in enumerate(header, start=1) if not name]
    if empty:
        problems.append(Problem("a column without a name", place, f"column {', '.join(empty)}"))
    problems += [
        Problem("TFX cannot read this name of a column", place, repr(name), "no comma or quote")
        for name in header
        if any(character in name for character in ',"\r\n')
    ]
    if len(header) == 1:
        problems += [
            Problem("the columns are not separated by commas", place, repr(mark), "','")
            for mark in ";\t|"
            if mark in header[0]
        ]
    return problems


def header_difference(
    path: Path, header: Sequence[str], first: Path, first_header: Sequence[str]
) -> Problem:
    """Say how a file's header differs from that of the first file of the folder."""
    missing = [name for name in first_header if name not in header]
    extra = [name for name in header if name not in first_header]
    parts = [f"without {', '.join(missing)}"] if missing else []
    parts += [f"with {', '.join(extra)}"] if extra else []
    return Problem(
        f"its columns are not those of {first.name}",
        shown(path, 1),
        " and ".join(parts) or "another order or number of the same names",
        "the same header in all files of a folder",
    )
