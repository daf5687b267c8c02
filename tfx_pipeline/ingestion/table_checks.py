"""Whether a table has what a pipeline needs of it; all problems at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import Cell
from tfx_pipeline.ingestion.columns.number_step import number_step
from tfx_pipeline.ingestion.columns.number_text import PLAIN, NumberStyle
from tfx_pipeline.ingestion.columns.scan import FLOAT64_WHOLE, LISTED, ColumnScan, file_of
from tfx_pipeline.ingestion.header import no_header_problem
from tfx_pipeline.ingestion.reading.table_files import shown
from tfx_pipeline.ingestion.staging import row_splits
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.modules.label_rule.rule import LabelRule
from tfx_pipeline.wording import counted

_Places = Callable[[Sequence[Cell]], list[str]]
_FEW_ROWS = 50
"""A split that may get fewer rows than this is counted before anything runs."""


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
        problem = Problem(
            "the first line is a single name: what separates the cells?",
            shown(table.files[0].path, 1),
            repr(table.header[0]),
            "a comma, a semicolon, a TAB or a vertical bar",
            "name another delimiter: data.csv.delimiter",
        )
    return [problem] if problem else []


def check_table(table: Table) -> list[Problem]:
    """Find everything in a table that its pipeline could not use.

    Returns:
        All problems, those of reading first; of a kind the first few, then how many more.
    """
    problems = list(table.problems)
    if not table.header:
        return problems
    numbers = [column for column in table.columns if column.is_number]
    found: list[Problem] = []
    for column in numbers:
        # A line is found by reading up to it: those that are shown will do.
        places = table.places if len(found) < LISTED else _files_of
        found += _number_problems(table, column, places)
    problems += _limited(found)
    problems += _limited(list(_empty_problems(table)))
    problems += _rule_problems(table)
    if table.files and not problems:
        problems += _row_problems(table)
    return problems


def ambiguous_numbers(table: Table) -> Iterator[Problem]:
    """Name the columns of numbers that can be read in two ways."""
    styles = {plan.name: plan.style for plan in table.plans}
    for column in table.columns:
        if column.is_number and (problem := _ambiguity(table, column, styles, table.places)):
            yield problem


def _ambiguity(
    table: Table, column: ColumnScan, styles: Mapping[str, NumberStyle], places: _Places
) -> Problem | None:
    if column.style:
        return None
    if column.wrong and styles[column.name] == PLAIN:
        return _ambiguous(column, places) if len(column.styles.readings()) > 1 else None
    return _ambiguous_files(column, styles[column.name], places) or _ambiguous_point(
        table, column, places
    )


def _files_of(cells: Sequence[Cell]) -> list[str]:
    return list(map(file_of, cells))


def _number_problems(table: Table, column: ColumnScan, places: _Places) -> Iterator[Problem]:
    """Say which cells of a column of numbers are none, or none that a model can use."""
    styles = {plan.name: plan.style for plan in table.plans}
    if problem := _ambiguity(table, column, styles, places):
        yield problem
    elif column.wrong and (column.style or styles[column.name] == PLAIN):
        yield _text_problem(table, column, places)
    if cell := column.first_overflow:
        yield Problem(
            f"`{column.name}` has {counted(column.overflows, 'value')} that no model can use",
            places([cell])[0],
            repr(cell.value),
            "a number that a 32-bit float holds; an empty cell where it is missing",
        )


def _text_problem(table: Table, column: ColumnScan, places: _Places) -> Problem:
    first, *others = column.first_wrong
    place, *other_places = places(column.first_wrong)
    received = [repr(first.value)]
    received += [f"{x.value!r} at {at}" for x, at in zip(others, other_places, strict=True)]
    if column.wrong > len(column.first_wrong):
        received.append(f"{column.wrong - len(column.first_wrong):,} more")
    known = number_step(first.value, table.needs.csv)
    step = known or "mend them, or list what means missing in data.csv.missing_values"
    label = table.needs.label
    if label and label.column == column.name and label.rule is None:
        what = f"the label `{column.name}` is text"
        words = ", ".join(sorted({cell.value.strip() for cell in column.first_wrong}))
        words += ", …" * (column.wrong > len(column.first_wrong))
        step = f"list its classes, the negative one first: label.classes: [{words}]"
        if label.task == "regression":
            step = known or (
                "let label.task be binary or multiclass, and list its classes in label.classes"
            )
    else:
        many = counted(column.wrong, "value")
        what = f"`{column.name}` has {many} that cannot be read as a number"
    return Problem(
        what,
        place,
        ", ".join(received),
        "a number; an empty cell where it is missing",
        step,
    )


def _ambiguous(column: ColumnScan, places: _Places) -> Problem:
    cell = column.first_wrong[0]
    readings = " or ".join(style.plain(cell.value) for style in column.styles.readings())
    return Problem(
        f"`{column.name}` can be read in two ways",
        places([cell])[0],
        repr(cell.value),
        readings,
        "say which: data.csv.decimal: ',' or data.csv.thousands: ','",
    )


def _ambiguous_point(table: Table, column: ColumnScan, places: _Places) -> Problem | None:
    """Find `1.234` in a table whose other numbers have a decimal comma."""
    cell = column.shapes.get("fraction") or column.shapes.get("odd_whole")
    comma = [plan.name for plan in table.plans if plan.style.decimal == ","]
    if not comma or cell is None or column.wrong or column.style:
        return None
    if not any(x.decimal == "," and x.thousands == "." for x in column.styles.styles):
        return None
    return Problem(
        f"`{column.name}` can be read in two ways: `{comma[0]}` has a decimal comma",
        places([cell])[0],
        repr(cell.value),
        f"{cell.value} or {cell.value.replace('.', '')}",
        "say which: data.csv.decimal and data.csv.thousands",
    )


def _ambiguous_files(column: ColumnScan, style: NumberStyle, places: _Places) -> Problem | None:
    """Find `1.125` in one file, where only another has a decimal comma."""
    if style.decimal != ",":
        return None
    pointed = [path for path in column.pointed if path not in column.commas]
    if not pointed:
        return None
    cell = column.pointed[pointed[0]]
    other = next(iter(column.commas.values()))
    return Problem(
        f"`{column.name}` can be read in two ways: {other.path.name} has a decimal comma",
        places([cell])[0],
        repr(cell.value),
        f"{cell.value} or {cell.value.replace('.', '')}",
        "write all files alike, or say which: data.csv.decimal and data.csv.thousands",
    )


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
            yield Problem(
                f"`{column.name}` has whole numbers that `label.rule` cannot compare exactly",
                table.place(cell),
                repr(cell.value),
                "up to 2**53 = 9007199254740992",
                "compare it as text, in quotes: column == '…'",
            )


def _row_problems(table: Table) -> Iterator[Problem]:
    """Say that rows are too few for the splits."""
    if not table.rows:
        yield Problem("there is a header and no rows", shown(table.path), "0", "2 rows or more")
        return
    weights = table.needs.splits
    if not weights or table.rows_used * min(weights.values()) / sum(weights.values()) > _FEW_ROWS:
        return
    counts = dict.fromkeys(weights, 0)
    for split in row_splits(table):
        counts[split] += 1
    if not all(counts.values()):
        yield Problem(
            "there are too few rows for the splits",
            shown(table.path),
            ", ".join(f"{split} {count}" for split, count in counts.items()),
            "a row or more in each",
            "give more rows, other weights in data.split, or another data.split.seed",
        )


def _limited(problems: list[Problem]) -> Iterator[Problem]:
    """Give the first few, and say how many more there are."""
    yield from islice(problems, LISTED)
    more = len(problems) - LISTED
    if more > 0:
        yield Problem(f"{counted(more, 'more column')} like these")
