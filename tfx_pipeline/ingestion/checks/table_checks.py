"""Whether a table has what a pipeline needs of it; all problems at once."""

from __future__ import annotations

from collections.abc import Iterator

from tfx_pipeline.errors import DataError, Problem
from tfx_pipeline.ingestion.checks.number_checks import files_of, number_problems
from tfx_pipeline.ingestion.columns.cells import LISTED, cell_problem, first_few
from tfx_pipeline.ingestion.columns.header import no_header_problem
from tfx_pipeline.ingestion.columns.number_text import FLOAT64_WHOLE
from tfx_pipeline.ingestion.data_tests.failures import refusals
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.ingestion.staging import count_splits
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.modules.label_rule.rule import LabelRule

_FEW_ROWS = 50
"""A split that may get fewer rows than this is counted before anything runs."""

_MORE_ROWS = {
    "row": "give more rows, other weights in data.split, or another data.split.seed",
    "key": "give rows of more keys, other weights in data.split, or another data.split.seed",
    "time": "give rows of more moments (equal ones stay together), or other data.split weights,"
    " eval_from or test_from",
    "column": "list in data.split.values what the column holds, for each split",
}


def unreadable(table: Table) -> list[Problem]:
    """Say why a table cannot be compared with a configuration at all; empty: it can be."""
    if not table.header or not table.files:
        return list(table.unreadable)
    needed = [*table.needs.uses, *([table.needs.label.column] if table.needs.label else [])]
    missing = [name for name in dict.fromkeys(needed) if name not in table.header]
    problem = no_header_problem(table.files[0].path, table.header, missing)
    if problem is None and missing and table.unreadable:
        return list(table.unreadable)
    if problem is None and missing and len(table.header) == 1 and len(needed) > 1:
        what = "the first line is a single name: what separates the cells?"
        allowed = "a comma, a semicolon, a TAB or a vertical bar"
        step = "name another delimiter: data.csv.delimiter"
        place = shown(table.files[0].path, 1)
        problem = Problem(what, place, repr(table.header[0]), allowed, step)
    return [problem] if problem else []


def check_table(table: Table) -> list[Problem]:
    """Find all that its pipeline could not use: what reading met first; of a kind the first few."""
    problems = list(table.problems)
    if not table.header:
        return problems
    found: list[Problem] = []
    for column, plan in zip(table.columns, table.plans, strict=True):
        # A line is found by reading up to it: those that are shown will do.
        places = table.places if len(found) < LISTED else files_of
        if column.is_number:
            found += number_problems(table, column, plan.style, places)
    problems += first_few(found, LISTED, "column")
    problems += first_few(list(_empty_problems(table)), LISTED, "column")
    problems += _rule_problems(table)
    problems += [*table.failures, *refusals(table.tests, table.places)]
    if table.files and not problems:
        problems += _row_problems(table)
    return problems


def _empty_problems(table: Table) -> Iterator[Problem]:
    """Name columns that are used and have no value in any row."""
    for column in table.columns:
        if column.use != "unused" and column.rows and column.missing == column.rows:
            yield Problem(
                f"`{column.name}` has no value in any row",
                table.needs.places.get(column.name),
                next_step="leave it out of the configuration, or give a table that has it",
            )


def _rule_problems(table: Table) -> Iterator[Problem]:
    """Refuse what a rule would compare inexactly: whole numbers beyond 64-bit floats."""
    label = table.needs.label
    columns = LabelRule.parse(label.rule).columns if label and label.rule else ()
    for column in table.columns:
        cell = column.beyond.get(FLOAT64_WHOLE)
        if column.name in columns and column.is_number and cell:
            what = f"`{column.name}` has whole numbers that `label.rule` cannot compare exactly"
            allowed = "up to 2**53 = 9007199254740992"
            step = "compare it as text, in quotes: column == '…'"
            yield cell_problem(what, cell, table.place, allowed, step)


def _row_problems(table: Table) -> Iterator[Problem]:
    """Say that rows are too few for the splits."""
    if not table.rows:
        yield Problem("there is a header and no rows", shown(table.path), "0", "2 rows or more")
        return
    weights = table.needs.split.weights
    if not weights:
        return
    fewest = table.rows_used * min(weights.values()) / sum(weights.values())
    if fewest > _FEW_ROWS and table.needs.split.by == "row":
        return
    try:
        counts = count_splits(table)
    except DataError as error:
        yield from error.problems
        return
    if not all(counts.values()):
        yield Problem(
            "there are too few rows for the splits",
            shown(table.path),
            ", ".join(f"{split} {count}" for split, count in counts.items()),
            "a row or more in each",
            _MORE_ROWS[table.needs.split.by],
        )
