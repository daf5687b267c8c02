"""Why a column cannot have the type that it should: which cell forbids it, and what to do."""

from __future__ import annotations

from tfx_pipeline.errors import Problem
from tfx_pipeline.ingestion.columns.cells import Cell, Place
from tfx_pipeline.ingestion.columns.number_text import FLOAT32_WHOLE, Shape
from tfx_pipeline.ingestion.columns.scan import ColumnScan


def no_number(column: ColumnScan, said_at: str, place: Place) -> Problem:
    """Say that a column stays text by its first use, and is computed with by another one."""
    odd_first: tuple[Shape, ...] = ("text", "odd_integer", "odd_whole", "fraction", "whole")
    odd = [column.shapes[shape] for shape in odd_first if shape in column.shapes]
    cell = next(iter([*odd, *column.beyond.values(), *column.shapes.values()]))
    what = f"`{column.name}` is needed as a number ({said_at}), and stays text as a {column.use}"
    step = "mend the cell, let its kind be numeric, or compute with another column"
    return Problem(
        what, place(cell), repr(cell.value), "one spelling of a number in all cells", step
    )


def not_whole(column: ColumnScan, cell: Cell, place: Place) -> Problem:
    """Say that a fraction is no INT."""
    what = f"`{column.name}` is INT in the curated schema, and not all cells are whole numbers"
    step = "mend the cell, or let its type in the schema be FLOAT"
    return Problem(what, place(cell), repr(cell.value), "a whole number of 64 bits", step)


def not_of_type(column: ColumnScan, cell: Cell, in_schema: str, place: Place) -> Problem:
    """Say that a text is neither INT nor FLOAT."""
    what = f"`{column.name}` is {in_schema} in the curated schema, and not all cells are numbers"
    step = (
        "mend the cell, let its type in the schema be BYTES, or list it in data.csv.missing_values"
    )
    return Problem(what, place(cell), repr(cell.value), "a number; empty where missing", step)


def too_large(column: ColumnScan, cell: Cell, place: Place) -> Problem:
    """Say that a whole number is beyond what INT keeps."""
    what = f"`{column.name}` is INT in the curated schema, and a cell has too many digits for it"
    step = "let its type in the schema be BYTES; then it stays as written"
    return Problem(what, place(cell), repr(cell.value), "up to 2**53 = 9007199254740992", step)


def merged(column: ColumnScan, cell: Cell, place: Place) -> Problem:
    """Say that whole numbers are beyond what FLOAT keeps apart."""
    what = f"`{column.name}` is FLOAT in the curated schema, and 32-bit floats merge such codes"
    step = "let its type in the schema be INT, or BYTES to keep it as written"
    return Problem(
        what, place(cell), repr(cell.value), "whole numbers up to 2**24 = 16777216", step
    )


def moment_problems(column: ColumnScan, fraction: Cell | None, place: Place) -> list[Problem]:
    """Refuse moments in 32-bit floats, which merge up to 128 seconds of this decade."""
    if fraction:
        what = f"`{column.name}` has fractions, which 32-bit floats cannot keep beside 1970"
        step = "write whole seconds or milliseconds (unit: ms)"
        return [Problem(what, place(fraction), repr(fraction.value), next_step=step)]
    if cell := column.beyond.get(FLOAT32_WHOLE):
        what = f"`{column.name}` is FLOAT in the curated schema, and 32-bit floats merge moments"
        step = "let its type in the schema be INT"
        return [Problem(what, place(cell), repr(cell.value), next_step=step)]
    return []
