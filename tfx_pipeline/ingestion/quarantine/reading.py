"""Read a table until no row is left in it that cannot be used; those that were are put aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.put_aside import BadRow, PutAside
from tfx_pipeline.ingestion.data_tests.running import TestResult
from tfx_pipeline.ingestion.needs import IsUnique, TableNeeds
from tfx_pipeline.ingestion.quarantine.bad_cells import bad_cells
from tfx_pipeline.ingestion.quarantine.mended import RowPlace, mended_rows
from tfx_pipeline.ingestion.quarantine.quarantined_row import (
    QuarantinedRow,
    quarantined_rows,
    table_folder,
)
from tfx_pipeline.ingestion.spans.choice import Span
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.ingestion.table_reading import read_table
from tfx_pipeline.wording import counted, percent, shortened

_ROUNDS = 8
"""Readings at most: cells, then labels and tests, then keys; more only where a test changes its
answer with the rows that it sees."""
_SHOWN_ROWS, _SHOWN_RULES, _SHOWN = 3, 5, 80


def read_usable(
    path: Path,
    needs: TableNeeds,
    files: Sequence[Path] | None = None,
    staging: Path | None = None,
    spans: Mapping[Path, Span] | None = None,
) -> tuple[Table, list[QuarantinedRow]]:
    """Read a table as `read_table` does; put the rows aside that cannot be used, if that is wanted.

    A table without such rows is read once.

    Returns:
        The table without them, with problems where what is left cannot be used; and these rows.

    Raises:
        PlaceError: the copy cannot be written, or the records of mended rows not be read.
        UnreadableError: a file is no table any more.
        OSError: one is gone.
    """
    if not needs.bad_rows.quarantine:
        return read_table(path, needs, files, staging, spans), []
    known = mended_rows(needs.bad_rows.mended_at, table_folder(path))
    aside = PutAside()
    for _ in range(_ROUNDS):
        table = read_table(path, needs, files, staging, spans, aside)
        aside = table.aside.with_rows(_bad_rows(table))
        if len(aside) == len(table.aside):
            break
        if _share(table, len(aside) - len(known)) > needs.bad_rows.max_share:
            break  # too many, and be all of the known ones among them
    else:
        aside = table.aside  # what is left is refused
    rows = quarantined_rows(table, aside)
    return table, [replace(row, mended=known.get(RowPlace.of(row), "")) for row in rows]


def too_many(table: Table, rows: Sequence[QuarantinedRow]) -> list[Problem]:
    """Say that more rows were put aside than may be, by what is wrong with them."""
    bad = [row for row in rows if not row.mended]
    allowed = table.needs.bad_rows.max_share
    share = _share(table, len(bad))
    if share <= allowed:
        return []
    by_rule: dict[tuple[str, str], list[QuarantinedRow]] = {}
    for row in bad:
        by_rule.setdefault((row.column, row.rule), []).append(row)
    what = f"{len(bad):,} of {counted(table.rows_read, 'row')} ({percent(share)}) cannot be used"
    step = "mend the rows, or let more pass: data.max_bad_share"
    first = Problem(what, None, None, f"{percent(allowed)} (data.max_bad_share)", step)
    return [first, *_of_rules(table, by_rule)]


def quarantine_notes(rows: Sequence[QuarantinedRow]) -> list[str]:
    """Note what is wrong with the rows that were put aside."""
    by_rule: dict[tuple[str, str], list[QuarantinedRow]] = {}
    for row in rows:
        if not row.mended:
            by_rule.setdefault((row.column, row.rule), []).append(row)
    notes = [
        f"{counted(len(found), 'row')} put aside ({_words(*rule)}): {_places(found)}"
        for rule, found in list(by_rule.items())[:_SHOWN_RULES]
    ]
    if (more := len(by_rule) - _SHOWN_RULES) > 0:
        notes.append(f"rows put aside by {counted(more, 'other rule')}")
    if mended := sum(bool(row.mended) for row in rows):
        notes.append(f"{counted(mended, 'row')} put aside that stand{'s' * (mended == 1)} mended")
    return notes


def _of_rules(
    table: Table, by_rule: Mapping[tuple[str, str], list[QuarantinedRow]]
) -> Iterator[Problem]:
    for rule, rows in list(by_rule.items())[:_SHOWN_RULES]:
        share = percent(_share(table, len(rows)))
        yield Problem(
            f"{counted(len(rows), 'row')} ({share}): {_words(*rule)}", None, _places(rows)
        )
    if (more := len(by_rule) - _SHOWN_RULES) > 0:
        yield Problem(f"and {counted(more, 'other rule')}")


def _words(column: str, rule: str) -> str:
    return f"not {rule}, `{column}`" if column else f"not {rule}"


def _places(rows: Sequence[QuarantinedRow]) -> str:
    shown = [f"{x.file}:{x.line}: {shortened(x.value, _SHOWN)}" for x in rows[:_SHOWN_ROWS]]
    more = len(rows) - len(shown)
    return "; ".join(shown) + (f" and {more:,} more" if more else "")


def _bad_rows(table: Table) -> list[BadRow]:
    """Give rows of a table that cannot be used, as far as this reading tells.

    What is compared with other rows is compared with good ones: its turn comes last.
    """
    if table.unreadable or not table.files:
        return []
    if cells := bad_cells(table):
        return cells
    label = table.needs.label
    names = ", ".join(label.names) if label else ""
    column = label.column if label else ""
    found = [BadRow(cell, f"one of the classes {names}", column) for cell in table.labels.outside]
    refused = [x for x in table.tests if x.test.is_error and not x.is_kept]
    found += chain.from_iterable(
        _rows_of(result) for result in refused if not isinstance(result.test.check, IsUnique)
    )
    return found or list(chain.from_iterable(map(_rows_of, refused)))


def _rows_of(result: TestResult) -> Iterator[BadRow]:
    """Give the rows that break a test."""
    columns = result.test.columns
    column = columns[0] if len(columns) == 1 else ""
    rule = f"`{result.test.text}`"
    return (BadRow(cell, rule, column) for cell in result.cells(plain=True))


def _share(table: Table, bad: int) -> float:
    rows = table.rows_read
    return bad / rows if rows else 0.0
