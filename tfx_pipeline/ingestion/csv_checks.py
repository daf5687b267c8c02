"""Whether a table has what a pipeline needs of it; all problems at once."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.csv_columns import ColumnSummary, value_type
from tfx_pipeline.ingestion.csv_table import LISTED, CsvSummary, inspect_csv
from tfx_pipeline.ingestion.csv_text import lines_of, numbered_records, shown


def check_csv(
    table: CsvSummary | Path,
    required_columns: Iterable[str] = (),
    numeric_columns: Iterable[str] = (),
    min_rows: int = 1,
) -> list[Problem]:
    """Find everything in a table that a pipeline could not use.

    Args:
        table: a summary, or the path to make one of.
        required_columns: columns that must be there.
        numeric_columns: columns that must be there and hold finite numbers or nothing. A column
            without any value passes: it has no wrong one.
        min_rows: fewer rows than this are refused.

    Returns:
        All problems, those of reading first; at most `LISTED` of a kind, then their number.
    """
    if isinstance(table, Path):
        table = inspect_csv(table)
    problems = list(table.problems)
    if not table.header:
        return problems
    numeric = dict.fromkeys(numeric_columns)
    problems += _missing_problems(table, dict.fromkeys([*required_columns, *numeric]))
    present = [column for column in table.columns if column.name in numeric]
    problems += _text_problems(table, [c.name for c in present if c.type == "string"])
    problems += _non_finite_problems([c for c in present if c.first_non_finite])
    if table.rows < min_rows and table.files:
        what = "there are too few rows" if table.rows else "there is a header and no rows"
        problems.append(
            Problem(what, shown(table.path), f"{table.rows:,}", f"{min_rows:,} or more")
        )
    return problems


def _missing_problems(table: CsvSummary, columns: Iterable[str]) -> list[Problem]:
    missing = [name for name in columns if name not in table.header]
    problems = [
        Problem(
            f"there is no column `{name}`",
            shown(table.path),
            allowed=", ".join(table.header),
            next_step=_nearest(name, table.header),
        )
        for name in missing[:LISTED]
    ]
    return [*problems, *_rest(len(missing))]


def _nearest(name: str, names: Sequence[str]) -> str | None:
    lower = {candidate.lower(): candidate for candidate in names}
    close = difflib.get_close_matches(name.lower(), lower, n=1)
    return f"did you mean `{lower[close[0]]}`?" if close else None


def _text_problems(table: CsvSummary, names: Sequence[str]) -> list[Problem]:
    """Name the values that are no numbers; this reads the files once more."""
    first: dict[str, list[tuple[str, str]]] = {name: [] for name in names[:LISTED]}
    counts = Counter[str]()
    positions = [(name, table.header.index(name)) for name in first]
    for file in table.files if names else ():
        for line, row in islice(numbered_records(file.path), 1, None):
            for name, position in positions if row else ():
                if value_type(row[position]) == "string":
                    counts[name] += 1
                    if len(first[name]) < LISTED:
                        first[name].append((shown(file.path, line), row[position]))
    problems = [_text_problem(name, counts[name], cells) for name, cells in first.items()]
    return [*problems, *_rest(len(names))]


def _text_problem(name: str, count: int, cells: Sequence[tuple[str, str]]) -> Problem:
    places = [f"{value!r} at {place}" for place, value in cells[1:]]
    if count > len(cells):
        places.append(f"{count - len(cells):,} more")
    return Problem(
        f"`{name}` has {count:,} value{'s' * (count != 1)} that TFX cannot read as a number",
        cells[0][0],
        ", ".join([repr(cells[0][1]), *places]),
        "a number of at most 64 bits; an empty cell where it is missing",
    )


def _non_finite_problems(columns: Sequence[ColumnSummary]) -> list[Problem]:
    problems = []
    for column in columns[:LISTED]:
        cell, count = column.first_non_finite, column.non_finite
        assert cell is not None
        problems.append(
            Problem(
                f"`{column.name}` has {count:,} value{'s' * (count != 1)} that no model can use",
                shown(cell.path, lines_of(cell.path, {cell.index})[cell.index]),
                repr(cell.value),
                "a number that a 32-bit float holds; an empty cell where it is missing",
            )
        )
    return [*problems, *_rest(len(columns))]


def _rest(found: int) -> list[Problem]:
    """Say how many columns have the problem that was listed for the first few."""
    more = found - LISTED
    return [Problem(f"{more:,} more column{'s' * (more > 1)} like these")] if more > 0 else []
