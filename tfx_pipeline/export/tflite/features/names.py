"""Names of columns, and what is looked up by them.

Terms:
    code: what a cell's name is found as, from 0 on; each code has a meaning: a name, "" for
        missing, or None for any other name.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.tflite.features.cells import Cells
from tfx_pipeline.export.tflite.features.search import counts_at_most
from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.writer import Writer
from tfx_pipeline.modules.description.columns import Column, Ranks
from tfx_pipeline.modules.description.number_names import float_named, whole_named
from tfx_pipeline.modules.description.operations import CategoryId, NameValues, Operation
from tfx_pipeline.modules.features.missing_marks import read_marks

_BLANKS = ("", " ", "  ", "   ", "\t", "\r", "\n", "\r\n")
"""What may stand around a mark of texts; no kernel strips blanks, so these are listed."""


@dataclass(frozen=True)
class Codes:
    """Codes of the cells of some columns.

    Attributes:
        places: of each column, by name.
        matrix: `[rows, columns] int32`.
        meanings: of the codes of each column.
    """

    places: dict[str, int]
    matrix: Tensor
    meanings: tuple[tuple[str | None, ...], ...]

    def of(self, column: str) -> tuple[str | None, ...]:
        """Give the meanings of a column's codes."""
        return self.meanings[self.places[column]]

    def looked_up(
        self, writer: Writer, columns: Sequence[str], tables: Sequence[NDArray[np.generic]]
    ) -> Tensor:
        """Look up what tables of these columns say of each code: `[rows, columns, …]`."""
        starts = np.cumsum([0, *map(len, tables[:-1])])[np.newaxis]
        cells = writer.taken(self.matrix, [self.places[column] for column in columns])
        if len(tables) > 1:
            cells = writer.two("ADD", cells, starts)
        return writer.gathered(np.concatenate(tables), cells)


def write_codes(writer: Writer, cells: Cells, operations: Iterable[Operation]) -> Codes | None:
    """Find the names of all columns that something is looked up by; None: there are none."""
    names: dict[str, dict[str, None]] = {}
    for each in operations:
        if isinstance(each, CategoryId | NameValues):
            names.setdefault(each.column, {}).update(dict.fromkeys(each.names))
    for column in cells.columns.values():
        if isinstance(column.parse, Ranks):
            names.setdefault(column.name, {}).update(dict.fromkeys(column.parse.values))
    if not names:
        return None
    parts, meanings, order = [], list[tuple[str | None, ...]](), list[str]()
    for kind in ("string", "float32", "int64"):
        columns = [x for name, x in cells.columns.items() if x.type == kind and name in names]
        if columns:
            find = _of_texts if kind == "string" else _of_numbers
            matrix, found = find(writer, cells, columns, [list(names[x.name]) for x in columns])
            parts.append(matrix)
            meanings += found
            order += [x.name for x in columns]
    places = {name: place for place, name in enumerate(order)}
    return Codes(places, writer.joined(parts), tuple(meanings))


def _of_texts(
    writer: Writer, cells: Cells, columns: Sequence[Column], names: Sequence[list[str]]
) -> tuple[Tensor, list[tuple[str | None, ...]]]:
    """Find texts in a table of each column; marks are missing, with the blanks around them."""
    found, meanings = [], []
    for column, known in zip(columns, names, strict=True):
        marks = [
            before + mark + after
            for mark in read_marks(column.marks).texts
            for before, after in itertools.product(_BLANKS, repeat=2)
        ]
        of_texts: dict[str, str | None] = dict.fromkeys(["", *marks], "")
        of_texts |= {name: name for name in known if name not in of_texts}
        table = writer.table(list(of_texts))
        found.append(writer.look_up(table, cells.inputs[column.name], len(of_texts)))
        meanings.append((*of_texts.values(), None))
    return writer.cast(writer.side_by_side(found), "int32"), meanings


def _of_numbers(
    writer: Writer, cells: Cells, columns: Sequence[Column], names: Sequence[list[str]]
) -> tuple[Tensor, list[tuple[str | None, ...]]]:
    """Find numbers among those that names are; a code more is for others, one for missing."""
    kind = columns[0].type
    read = float_named if kind == "float32" else _whole_named
    numbers = cells.numbers(kind)
    places = [numbers.places[column.name] for column in columns]
    values, missing = (writer.taken(x, places) for x in (numbers.values, numbers.missing))
    tables, meanings = [], list[tuple[str | None, ...]]()
    for known in names:
        of_numbers: dict[float | int, str] = {}
        for name in known:
            number = read(name)
            if number is not None:
                of_numbers[number] = name
        ascending = np.array(sorted(of_numbers), np.float32 if kind == "float32" else np.int64)
        tables.append(ascending)
        meanings.append((*(of_numbers[x] for x in sorted(of_numbers)), None, ""))
    others = np.array([[len(table) for table in tables]])
    counts = writer.two("MINIMUM", counts_at_most(writer, values, tables), others)
    flat, starts = _padded(tables)
    nearest = writer.gathered(flat, writer.two("ADD", counts, starts[np.newaxis]))
    is_known = writer.two("EQUAL", nearest, values)
    codes = writer.where(is_known, writer.two("SUB", counts, np.array(1)), others)
    return writer.where(missing, others + 1, codes), meanings


def _padded(tables: Sequence[NDArray[np.generic]]) -> tuple[NDArray[np.generic], NDArray[np.int32]]:
    """Join tables, and say where each begins; a place before each is of what is below them all.

    It holds what no value is: NaN, or the least int64.
    """
    dtype = tables[0].dtype
    none = np.array([np.nan if dtype == np.float32 else np.iinfo(np.int64).min], dtype)
    starts = np.cumsum([0, *(1 + len(table) for table in tables[:-1])])
    return np.concatenate([x for table in tables for x in (none, table)]), starts.astype(np.int32)


def _whole_named(name: str) -> int | None:
    """Read the whole number that has this name, but the largest: it stands for unknown names."""
    number = whole_named(name)
    return None if number == np.iinfo(np.int64).max else number
