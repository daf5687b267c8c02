"""What is said of tests: why a table is refused, and what is noted of one that is not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.data_tests.running import TestResult
from tfx_pipeline.ingestion.needs import IsFresh
from tfx_pipeline.wording import counted, percent, shortened

_SHOWN = 200  # letters of a row


def refusals(
    results: Sequence[TestResult], places: Callable[[Sequence[Cell]], list[str]]
) -> Iterator[Problem]:
    """Say which tests of severity error more rows break than may, with the first rows."""
    for result in results:
        if result.test.is_error and not result.is_kept:
            yield _problem(result, places(result.first))


def notes_of(
    results: Sequence[TestResult], places: Callable[[Sequence[Cell]], list[str]]
) -> list[str]:
    """Note how many tests there were, and which rows break one although it stops nothing."""
    if not results:
        return []
    kept = sum(not result.count and not result.stale for result in results)
    notes = [f"data tests: {kept} of {len(results)} hold in all {results[0].rows:,} rows"]
    for result in results:
        if not (result.count or result.stale) or (result.test.is_error and not result.is_kept):
            continue
        why = "of severity warn" if not result.test.is_error else "within its max_bad_share"
        notes.append(f"{_what(result)} ({why}){_rows(result, places(result.first))}")
    return notes


def _what(result: TestResult) -> str:
    if result.stale:
        return f"`{result.test.text}`: {result.stale}"
    rows = f"{result.count:,} of {counted(result.rows, 'row')} ({percent(result.share)})"
    return f"{rows} break{'s' if result.count == 1 else ''} `{result.test.text}`"


def _rows(result: TestResult, places: Sequence[str]) -> str:
    shown = [
        f"{place}: {shortened(cell.value, _SHOWN)}"
        for place, cell in zip(places, result.first, strict=True)
    ]
    return f": {'; '.join(shown)}" if shown else ""


def _problem(result: TestResult, places: Sequence[str]) -> Problem:
    rows = _rows(result, places).removeprefix(": ")
    if isinstance(result.test.check, IsFresh):
        step = "deliver newer rows; or `severity: warn` only notes it"
        return Problem(_what(result), result.test.place, next_step=step)
    allowed = f"{percent(result.test.max_bad_share)} of the rows (max_bad_share of the test)"
    step = (
        "mend the rows; or put them aside: data.on_bad_row: quarantine; or let them pass:"
        f" max_bad_share: {_share_above(result.share)}, or severity: warn"
    )
    return Problem(_what(result), result.test.place, rows, allowed, step)


def _share_above(share: float) -> str:
    """Write a round share that is no less."""
    for digits in range(1, 12):
        rounded = math.ceil(share * 10**digits) / 10**digits
        if share <= rounded <= 1.5 * share:
            return f"{rounded:.{digits}f}"
    return f"{share:.12f}"
