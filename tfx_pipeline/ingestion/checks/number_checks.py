"""Whether the cells of a column of numbers can be read, in one way only, and be used by a model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import Cell, file_of
from tfx_pipeline.ingestion.columns.number_text import PLAIN, NumberStyle, are_numbers
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.needs import CsvFormat
from tfx_pipeline.ingestion.table import Table
from tfx_pipeline.wording import counted

Places = Callable[[Sequence[Cell]], list[str]]
"""Names the file and the line of each cell."""

_TRUTH = {"true", "false", "yes", "no", "y", "n", "t", "f", "on", "off"}
_MOMENT = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\b.*|\d{1,2}:\d{2}(:\d{2}.*)?", re.DOTALL)


def ambiguous_numbers(table: Table) -> Iterator[Problem]:
    """Name the columns of numbers that can be read in two ways."""
    for column, plan in zip(table.columns, table.plans, strict=True):
        if column.is_number and (problem := _ambiguity(table, column, plan.style, table.places)):
            yield problem


def _ambiguity(
    table: Table, column: ColumnScan, style: NumberStyle, places: Places
) -> Problem | None:
    if column.style:
        return None
    if column.wrong and style == PLAIN:
        return _ambiguous(column, places) if len(column.styles.readings()) > 1 else None
    return _ambiguous_files(column, style, places) or _ambiguous_point(table, column, places)


def files_of(cells: Sequence[Cell]) -> list[str]:
    """Name the files of cells, and not their lines, as `file_of` does."""
    return list(map(file_of, cells))


def number_problems(
    table: Table, column: ColumnScan, style: NumberStyle, places: Places
) -> Iterator[Problem]:
    """Say which cells of a column of numbers are none, or none that a model can use."""
    if problem := _ambiguity(table, column, style, places):
        yield problem
    elif column.wrong and (column.style or style == PLAIN):
        yield _text_problem(table, column, places)
    if cell := column.first_overflow:
        what = f"`{column.name}` has {counted(column.overflows, 'value')} that no model can use"
        allowed = "a number that a 32-bit float holds; an empty cell where it is missing"
        yield Problem(what, places([cell])[0], repr(cell.value), allowed)


def _text_problem(table: Table, column: ColumnScan, places: Places) -> Problem:
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
    allowed = "a number; an empty cell where it is missing"
    return Problem(what, place, ", ".join(received), allowed, step)


def _ambiguous(column: ColumnScan, places: Places) -> Problem:
    cell = column.first_wrong[0]
    readings = " or ".join(style.plain(cell.value) for style in column.styles.readings())
    what = f"`{column.name}` can be read in two ways"
    step = "say which: data.csv.decimal: ',' or data.csv.thousands: ','"
    return Problem(what, places([cell])[0], repr(cell.value), readings, step)


def _ambiguous_point(table: Table, column: ColumnScan, places: Places) -> Problem | None:
    """Find `1.234` in a table whose other numbers have a decimal comma."""
    cell = column.shapes.get("fraction") or column.shapes.get("odd_whole")
    comma = [plan.name for plan in table.plans if plan.style.decimal == ","]
    if not comma or cell is None or column.wrong or column.style:
        return None
    if not column.styles.may_be_german:
        return None
    step = "say which: data.csv.decimal and data.csv.thousands"
    return _comma_elsewhere(column, cell, f"`{comma[0]}`", places, step)


def _ambiguous_files(column: ColumnScan, style: NumberStyle, places: Places) -> Problem | None:
    """Find `1.125` in one file, where only another has a decimal comma."""
    if style.decimal != ",":
        return None
    pointed = [path for path in column.pointed if path not in column.commas]
    if not pointed:
        return None
    cell = column.pointed[pointed[0]]
    other = next(iter(column.commas.values()))
    step = "write all files alike, or say which: data.csv.decimal and data.csv.thousands"
    return _comma_elsewhere(column, cell, other.path.name, places, step)


def _comma_elsewhere(
    column: ColumnScan, cell: Cell, elsewhere: str, places: Places, step: str
) -> Problem:
    """Say that the point in a cell may stand between thousands, as a comma is decimal elsewhere."""
    what = f"`{column.name}` can be read in two ways: {elsewhere} has a decimal comma"
    allowed = f"{cell.value} or {cell.value.replace('.', '')}"
    return Problem(what, places([cell])[0], repr(cell.value), allowed, step)


def number_step(cell: str, csv: CsvFormat) -> str | None:
    """Say how a cell that its column's style does not read becomes a number; None: it is none."""
    text = cell.strip()
    if text.lower() in _TRUTH:
        return "let its kind be categorical, or write 1 and 0"
    if len(text) > 2 and text[0] == text[-1] == "'":
        return 'cells stand in single quotes: data.csv.quote: "\'"'
    if _MOMENT.fullmatch(text):
        return "write seconds since 1970 for a moment, or let its kind be categorical"
    if (csv.decimal or csv.thousands) and are_numbers(f"{text}\n"):
        return "it is a number as most write them: mend data.csv.decimal and data.csv.thousands"
    unit = text.strip("0123456789.,'+-eE() \u00a0\u202f\u2212")
    if len(unit) <= 3 and not unit.isalpha() and any(x.isdigit() for x in text):
        if unit:
            return f"write the number alone, without `{unit}`"
        if text.startswith(("\u2212", "(")):
            return "write a negative number with a hyphen: -7"
    return None
