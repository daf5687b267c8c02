"""Cells that the type of their column cannot hold, where the others say what it is.

The type is that of schema and configuration; how numbers are written, most cells say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from tfx_pipeline.ingestion.columns.cells import Block, block_of, file_of
from tfx_pipeline.ingestion.columns.number_text import (
    FLOAT32_MAX,
    FLOAT32_WHOLE,
    FLOAT64_WHOLE,
    INT64,
    MISSING_MARKS,
    PLAIN,
    STYLES,
    NumberStyle,
    are_numbers,
    is_exact_fraction,
    is_infinite,
    largest_of,
    shape_of,
    shape_of_all,
    size_of,
)
from tfx_pipeline.ingestion.columns.put_aside import BadRow
from tfx_pipeline.ingestion.columns.scan import ColumnScan
from tfx_pipeline.ingestion.columns.types import plan_column
from tfx_pipeline.ingestion.needs import SchemaType
from tfx_pipeline.ingestion.reading.arrow_arrays import codes_of
from tfx_pipeline.ingestion.reading.blocks import TableBlocks
from tfx_pipeline.ingestion.reading.parquet import as_texts
from tfx_pipeline.ingestion.table import Table

Judge: TypeAlias = Callable[[str], "str | None"]
"""Names the rule that a cell breaks; None: its column can hold it."""

_INTEGERS = {"integer", "odd_integer"}


def bad_cells(table: Table) -> list[BadRow]:
    """Find the rows with cells that their columns cannot hold; the table is read again for them.

    Raises:
        UnreadableError: a file is no table any more.
        OSError: one is gone.
    """
    columns = [i for i, x in enumerate(table.columns) if _may_hold_bad_cells(table, x)]
    if not columns:
        return []
    styles = {i: _style(table, i) for i in columns}
    judges = {i: _judge(table, table.columns[i], styles[i]) for i in columns}
    found = []
    for position, block in _blocks(table, columns):
        if _are_good(table.columns[position], styles[position], block.values):
            continue
        broken = {value: rule for value in block.values if (rule := judges[position](value))}
        if broken:
            name = table.columns[position].name
            cells = block.firsts(set(broken), len(block.codes))
            found += [BadRow(cell, broken[cell.value], name) for cell in cells]
    return found


def _may_hold_bad_cells(table: Table, column: ColumnScan) -> bool:
    _, problems, _ = plan_column(column, table.needs, file_of)
    if not column.is_number:
        return bool(problems)
    has_one_style = column.chosen_style is not None or len(column.styles.readings()) > 1
    return bool(
        problems
        or column.overflows
        or (column.wrong and (column.style is not None or not has_one_style))
        or (INT64[-1] in column.beyond and column.shapes.keys() <= _INTEGERS)
    )


def _blocks(table: Table, columns: Sequence[int]) -> Iterator[tuple[int, Block]]:
    """Read the table again: yield its cells, block by block, of some columns."""
    mark = table.needs.csv.decimal or "."
    for file in table.files:
        aside = table.aside.by_file.get(file.path, {})
        for block in TableBlocks(file.path, table.needs.csv).blocks():
            if not len(block.indices):
                continue
            for position in columns:
                column = as_texts(block.columns[file.positions[position]], mark)
                cells = block_of(column, file.path, block.indices)
                if aside:
                    codes = codes_of(column).copy()
                    codes[[index in aside for index in block.indices]] = -1
                    cells = Block(cells.values, codes, file.path, block.indices)
                yield position, cells


def _style(table: Table, position: int) -> NumberStyle:
    """Give the style of a column of numbers: that in which most of its cells are written."""
    column = table.columns[position]
    known = column.style or column.chosen_style
    if known or not column.is_number:
        return known or PLAIN
    wrong = [f"{cell.value.strip()}\n" for cell in column.first_wrong]
    styles = [PLAIN, *(x for x in STYLES if x != PLAIN and any(map(x.reads, wrong)))]
    if len(styles) == 1:
        return PLAIN
    counts: Counter[NumberStyle] = Counter()
    for _, block in _blocks(table, [position]):
        for value, count in _counted(block):
            counts.update({style: count for style in styles if style.reads(f"{value}\n")})
    return max(styles, key=lambda style: counts[style])  # of equal ones, the first


def _counted(block: Block) -> Iterator[tuple[str, int]]:
    """Give the different cells that are not missing, and how many there are of each."""
    counts = np.bincount(block.codes + 1, minlength=len(block.values) + 1)[1:]
    for value, count in zip(block.values, counts.tolist(), strict=True):
        if count and (text := value.strip()) not in MISSING_MARKS:
            yield text, count


def _are_good(column: ColumnScan, style: NumberStyle, values: Sequence[str]) -> bool:
    """Tell, fast, that all cells of a column of numbers are good; false: each must be judged."""
    if not column.is_number or not values:
        return False
    joined = "\n".join(values) + "\n"
    if shape_of_all(joined) == "integer" and style.thousands != ".":
        return largest_of(values) <= FLOAT64_WHOLE
    return (
        style == PLAIN
        and column.use != "moment"
        and INT64[-1] not in column.beyond
        and "fraction" in column.shapes
        and are_numbers(joined)
        and sum(map(abs, map(float, values))) <= FLOAT32_MAX
    )


def _judge(table: Table, column: ColumnScan, style: NumberStyle) -> Judge:
    in_schema = table.needs.schema.get(column.name)
    if column.is_number:
        return _number_judge(column, in_schema, style)
    if in_schema in ("INT", "FLOAT"):
        return _schema_judge(column, in_schema)
    return lambda cell: "a number" if cell.strip() and shape_of(cell) == "text" else None


def _number_judge(column: ColumnScan, in_schema: SchemaType | None, style: NumberStyle) -> Judge:
    is_whole = in_schema == "INT" or (
        in_schema is None and INT64[-1] in column.beyond and column.shapes.keys() <= _INTEGERS
    )

    def judge(cell: str) -> str | None:
        text = cell.strip()
        if not text or text in MISSING_MARKS:
            return None
        if is_infinite(text):
            return "a number that a 32-bit float holds"
        if not style.reads(f"{text}\n"):
            return "a number"
        plain = style.plain(text)
        if abs(float(plain)) > FLOAT32_MAX:
            return "a number that a 32-bit float holds"
        is_fraction = shape_of(plain) == "fraction"
        if column.use == "moment" and is_fraction:
            return "a moment in whole seconds or milliseconds"
        if is_whole and (is_fraction or size_of(_digits(plain)) > INT64[-1]):
            return "a whole number of 64 bits"
        return None

    return judge


def _schema_judge(column: ColumnScan, in_schema: SchemaType) -> Judge:
    """Judge the cells of a column that is a number in the curated schema alone."""
    limit = FLOAT64_WHOLE if column.use == "category" else INT64[-1]
    is_used = column.use != "unused"

    def judge(cell: str) -> str | None:
        if not cell.strip():
            return None
        shape = shape_of(cell)
        is_odd = is_used and shape in ("odd_integer", "odd_whole")
        if shape == "text" or is_odd:
            return f"{in_schema} in the curated schema"
        if in_schema == "INT":
            is_good = shape != "fraction" and size_of(_digits(cell)) <= limit
            return None if is_good else "INT in the curated schema"
        if not is_used:
            return None
        is_loose = shape == "fraction" and not is_exact_fraction(cell)
        if is_loose or (shape != "fraction" and size_of(_digits(cell)) > FLOAT32_WHOLE):
            return "FLOAT in the curated schema, which must give back how a cell is spelled"
        return None

    return judge


def _digits(plain: str) -> str:
    return plain.partition(".")[0] or "0"
