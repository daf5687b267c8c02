"""Which type ExampleGen stores a column as: by schema, configuration, and what all cells are.

The rule: two cells that differ stay different, and a number keeps its value. What cannot be kept
is refused, with the column, the first cell, and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import Cell, Place, cell_problem
from tfx_pipeline.ingestion.columns.number_text import (
    FLOAT32_WHOLE,
    FLOAT64_WHOLE,
    INT64,
    PLAIN,
    NumberStyle,
    Shape,
)
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.needs import SchemaType, TableNeeds

ColumnType = Literal["int64", "float32", "string"]

_OF_SCHEMA: dict[SchemaType, ColumnType] = {"INT": "int64", "FLOAT": "float32", "BYTES": "string"}
_WHOLE = {"integer", "odd_integer", "whole", "odd_whole"}


@dataclass(frozen=True)
class ColumnPlan:
    """How the cells of a column become values.

    Attributes:
        name: of the column.
        type: what they are stored as.
        style: how its numbers are written; only for columns of numbers.
        is_number: whether marks of missing numbers count as missing.
        is_rewritten: whether some cells must be written anew for ExampleGen to read them.
    """

    name: str
    type: ColumnType
    style: NumberStyle = PLAIN
    is_number: bool = False
    is_rewritten: bool = False


def plan_column(
    column: ColumnScan, needs: TableNeeds, place: Place
) -> tuple[ColumnPlan, list[Problem], list[str]]:
    """Decide the type of a column; give the problems and the notes that come with it."""
    in_schema = needs.schema.get(column.name)
    if column.is_number:
        is_label = needs.label is not None and needs.label.column == column.name
        return _plan_number(column, in_schema, is_label, place)
    if in_schema:
        plan, problems, notes = _plan_by_schema(column, in_schema, place)
    else:
        plan, problems, notes = _plan_name(column, place)
    if plan.type == "string" and column.shapes and not problems and column.name in needs.numbers:
        problems = [_no_number(column, needs.numbers[column.name], place)]
    return plan, problems, notes


def _plan_number(
    column: ColumnScan, in_schema: SchemaType | None, is_label: bool, place: Place
) -> tuple[ColumnPlan, list[Problem], list[str]]:
    """Decide about a column of numbers, whose problems as text `number_checks` names."""
    style = column.chosen_style or PLAIN
    type_ = _OF_SCHEMA[in_schema] if in_schema else _number_type(column)
    problems = []
    if in_schema == "BYTES":
        what = f"`{column.name}` is text in the curated schema, and a number in the configuration"
        step = "let its kind be categorical, or its type in the schema INT or FLOAT"
        if is_label:
            step = "list its classes in label.classes, or let its type in the schema be INT"
        problems.append(Problem(what, "data.schema_file", "type: BYTES", next_step=step))
    fraction = column.shapes.get("fraction")
    if in_schema == "INT" and fraction:
        problems.append(_not_whole(column, fraction, place))
    elif in_schema == "INT" and (cell := column.beyond.get(INT64[-1])):
        problems.append(_not_whole(column, cell, place))
    if column.use == "moment" and type_ == "float32":
        problems += _moment_problems(column, fraction, place)
    notes = []
    if style != PLAIN and (column.wrong or column.is_styled):
        notes.append(f"`{column.name}` is written with {style.in_words()}")
    elif column.pointed and not column.style and column.styles.may_be_german:
        cell = next(iter(column.pointed.values()))
        notes.append(
            f"`{column.name}`: `{cell.value}` is read as a fraction;"
            f" data.csv.thousands: '.' reads {cell.value.replace('.', '')}"
        )
    if column.marks:
        notes.append(f"{_marks(column)} count as missing in `{column.name}`")
    # `17.0` in a column of int64, marks and blanks: ExampleGen reads none of them.
    rewritten = (
        style != PLAIN
        or bool(column.wrong or column.marks or column.blank)
        or (type_ == "int64" and not column.shapes.keys() <= {"integer"})
    )
    return ColumnPlan(column.name, type_, style, True, rewritten), problems, notes


def _moment_problems(column: ColumnScan, fraction: Cell | None, place: Place) -> list[Problem]:
    """Refuse moments in 32-bit floats, which merge up to 128 seconds of this decade."""
    if fraction:
        what = f"`{column.name}` has fractions, which 32-bit floats cannot keep beside 1970"
        step = "write whole seconds or milliseconds (unit: ms)"
        return [cell_problem(what, fraction, place, step=step)]
    if cell := column.beyond.get(FLOAT32_WHOLE):
        what = f"`{column.name}` is FLOAT in the curated schema, and 32-bit floats merge moments"
        step = "let its type in the schema be INT"
        return [cell_problem(what, cell, place, step=step)]
    return []


def _no_number(column: ColumnScan, said_at: str, place: Place) -> Problem:
    """Say that a column stays text by its first use, and is computed with by another one."""
    odd_first: tuple[Shape, ...] = ("text", "odd_integer", "odd_whole", "fraction", "whole")
    odd = [column.shapes[shape] for shape in odd_first if shape in column.shapes]
    cell = next(iter([*odd, *column.beyond.values(), *column.shapes.values()]))
    what = f"`{column.name}` is needed as a number ({said_at}), and stays text as a {column.use}"
    step = "mend the cell, let its kind be numeric, or compute with another column"
    return cell_problem(what, cell, place, "one spelling of a number in all cells", step)


def _number_type(column: ColumnScan) -> ColumnType:
    """Take int64 where all are whole numbers, if written so, or too large for a 32-bit float."""
    if not column.shapes or not column.shapes.keys() <= _WHOLE:
        return "float32"
    if INT64[-1] in column.beyond:
        return "float32"
    as_integers = column.shapes.keys() <= {"integer", "odd_integer"}
    return "int64" if as_integers or column.largest > FLOAT32_WHOLE else "float32"


def _plan_by_schema(
    column: ColumnScan, in_schema: SchemaType, place: Place
) -> tuple[ColumnPlan, list[Problem], list[str]]:
    """Keep to the curated schema, or say which cell forbids it."""
    if in_schema == "BYTES":
        return ColumnPlan(column.name, "string"), [], _name_notes(column)
    problem = _against_schema(column, in_schema, place)
    has_points = in_schema == "INT" and "whole" in column.shapes
    rewritten = problem is None and (bool(column.blank) or has_points)
    plan = ColumnPlan(column.name, _OF_SCHEMA[in_schema], is_rewritten=rewritten)
    return plan, [problem] if problem else [], []


def _against_schema(column: ColumnScan, in_schema: SchemaType, place: Place) -> Problem | None:
    """Find the first cell that the type in the curated schema cannot keep."""
    what = f"`{column.name}` is {in_schema} in the curated schema,"
    step = "let its type in the schema be BYTES; then it stays as written"
    is_used = column.use != "unused"
    if cell := column.shapes.get("text"):
        allowed = "a number; empty where missing"
        step = (
            "mend the cell, let its type in the schema be BYTES, or list it in"
            " data.csv.missing_values"
        )
        return cell_problem(f"{what} and not all cells are numbers", cell, place, allowed, step)
    spelled = [column.shapes[x] for x in ("odd_integer", "odd_whole") if x in column.shapes]
    if is_used and spelled:
        what = f"`{column.name}` is a number in the curated schema, which drops how it is spelled"
        return cell_problem(what, spelled[0], place, step=step)
    if in_schema == "INT":
        limit = FLOAT64_WHOLE if column.use == "category" else INT64[-1]
        if cell := column.shapes.get("fraction"):
            return _not_whole(column, cell, place)
        if cell := column.beyond.get(limit):
            what = f"{what} and a cell has too many digits for it"
            return cell_problem(what, cell, place, "up to 2**53 = 9007199254740992", step)
    elif is_used and (cell := column.beyond.get(FLOAT32_WHOLE)):
        what = f"{what} and 32-bit floats merge such codes"
        step = "let its type in the schema be INT, or BYTES to keep it as written"
        return cell_problem(what, cell, place, "whole numbers up to 2**24 = 16777216", step)
    elif is_used and (cell := column.first_loose):
        allowed = "fractions of up to 6 digits, without zeros at their end"
        return cell_problem(f"{what} which drops how it is spelled", cell, place, allowed, step)
    return None


def _not_whole(column: ColumnScan, cell: Cell, place: Place) -> Problem:
    what = f"`{column.name}` is INT in the curated schema, and not all cells are whole numbers"
    step = "mend the cell, or let its type in the schema be FLOAT"
    return cell_problem(what, cell, place, "a whole number of 64 bits", step)


def _plan_name(column: ColumnScan, place: Place) -> tuple[ColumnPlan, list[Problem], list[str]]:
    """Take the look of the cells, and text wherever another type would merge or change some."""
    shapes = column.shapes.keys()
    rewritten = bool(column.blank)
    limit = FLOAT64_WHOLE if column.use == "category" else INT64[-1]
    if (
        column.use not in ("spelling", "text")
        and shapes == {"integer"}
        and limit not in column.beyond
    ):
        return ColumnPlan(column.name, "int64", is_rewritten=rewritten), [], []
    if column.use == "category" and shapes == {"whole"} and limit not in column.beyond:
        return ColumnPlan(column.name, "int64", is_rewritten=True), [], []
    if column.use == "unused" and shapes and shapes <= {"integer", "whole", "fraction"}:
        if shapes == {"whole"} and FLOAT32_WHOLE in column.beyond and limit not in column.beyond:
            return ColumnPlan(column.name, "int64", is_rewritten=True), [], []
        if "fraction" in shapes or FLOAT32_WHOLE not in column.beyond:
            return ColumnPlan(column.name, "float32", is_rewritten=rewritten), [], []
    notes = _name_notes(column)
    if column.use == "category" and shapes and "text" not in shapes:
        notes.append(_kept_as_text(column, place))
    return ColumnPlan(column.name, "string", is_rewritten=rewritten), [], notes


def _name_notes(column: ColumnScan) -> list[str]:
    notes = []
    if column.marks:
        are = "is a category" if len(column.marks) == 1 else "are categories"
        notes.append(
            f"{_marks(column)} {are} of `{column.name}`;"
            " data.csv.missing_values lists what is missing instead"
        )
    return notes


def _marks(column: ColumnScan) -> str:
    return ", ".join(f"`{mark}` ({count:,} ×)" for mark, count in sorted(column.marks.items()))


def _kept_as_text(column: ColumnScan, place: Place) -> str:
    """Say why a category that looks like numbers is none."""
    for shape, why in (
        ("odd_integer", "spelled as no other number is"),
        ("odd_whole", "spelled as no other number is"),
        ("fraction", "a fraction"),
        ("whole", "beside whole numbers without a point"),
    ):
        cell = column.shapes.get(shape)  # type: ignore[call-overload]
        if cell and column.shapes.keys() != {"whole"}:
            why = "written with an exponent" if "e" in cell.value.lower() else why
            return f"`{column.name}` stays text: `{cell.value}` at {place(cell)} is {why}"
    cell = column.beyond[FLOAT64_WHOLE]
    return f"`{column.name}` stays text: `{cell.value}` at {place(cell)} is beyond 2**53"
