"""The names of the columns: what they must be, and what the first column without one is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.number_text import shape_of
from tfx_pipeline.ingestion.needs import clean_name
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.wording import listed, shortened

_INDEX = re.compile(r"__index_level_[0-9]+__")
"""Name that pandas gives to the index of a frame in Parquet, as its last column; in CSV it is the
first, without one."""
_NO_NAME = "a column without a name"


def clean_names(names: Sequence[str]) -> list[str]:
    """Clean all names, see `clean_name`."""
    return [clean_name(name) for name in names]


def left_out(header: Sequence[str]) -> frozenset[int]:
    """Find columns that are none: an index without a name, and what a last delimiter opens."""
    found = {i for i, name in enumerate(header) if _INDEX.fullmatch(name)}
    if len(header) > 1 and not header[0]:
        found.add(0)
    if len(header) > 2 and not header[-1]:
        found.add(len(header) - 1)
    return frozenset(found)


def no_names_problem(path: Path, header: Sequence[str]) -> Problem | None:
    """Say that the first line of a file names no column; None: it names one."""
    if any(clean_names(header)):
        return None
    what = "the first line has no names of columns" if header else "an empty file"
    return Problem(what, shown(path), allowed="a header, then rows")


def header_problems(path: Path, header: Sequence[str]) -> list[Problem]:
    """Find what is wrong with the names in a file."""
    place = shown(path, 1)
    problems = [
        Problem(
            f"{count} columns have the name `{name}`",
            place,
            allowed="one of each name",
            next_step="call one of them otherwise, in the first line of the table",
        )
        for name, count in Counter(header).items()
        if count > 1 and name
    ]
    skipped = left_out(header)
    empty = [str(i) for i, name in enumerate(header, 1) if not name and i - 1 not in skipped]
    if empty:
        step = "write a name for each in the first line, or list all in data.csv.names"
        what = f"column {', '.join(empty)}"
        problems.append(Problem("a column without a name", place, what, next_step=step))
    problems += [
        Problem(
            "a name of a column holds what no name can",
            place,
            shortened(repr(name), 80),
            "printable text",
        )
        for name in header
        if not name.isprintable()
    ]
    return problems


def no_header_problem(path: Path, header: Sequence[str], missing: Sequence[str]) -> Problem | None:
    """Say that the first line is a row, when columns are missing and some names are numbers."""
    numbers = sum(shape_of(name) != "text" for name in header)
    if not missing or not numbers or any(name in header for name in missing):
        return None
    return Problem(
        "the first line looks like a row, not like the names of the columns",
        shown(path, 1),
        listed(list(header), 8),
        f"names, {listed(list(missing))} among them",
        "write them into the first line, or list them in data.csv.names",
    )


def order_of(header: Sequence[str], first_header: Sequence[str]) -> list[int] | None:
    """Give the place in a header of each name of another one; None: they are not the same names."""
    if sorted(header) != sorted(first_header) or len(set(header)) != len(header):
        return None
    return [header.index(name) for name in first_header]


def header_difference(
    path: Path, header: Sequence[str], first: Path, first_header: Sequence[str]
) -> Problem:
    """Say how a file's header differs from that of the first file of the folder."""
    missing = [name or _NO_NAME for name in first_header if name not in header]
    extra = [name or _NO_NAME for name in header if name not in first_header]
    parts = [f"without {', '.join(missing)}"] if missing else []
    parts += [f"with {', '.join(extra)}"] if extra else []
    return Problem(
        f"its columns are not those of {first.name}",
        shown(path, 1),
        " and ".join(parts) or "another order or number of the same names",
        "the same header in all files of a folder",
    )
