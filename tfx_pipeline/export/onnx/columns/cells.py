"""Raw columns as numbers, as names and as texts: see `modules.description.columns`.

Terms:
    place: of a cell's name among those that its column knows, from 1; 0 where missing, and one
        more than all of them where unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from tfx_pipeline.export.onnx.columns.moment_texts import moments_of_texts
from tfx_pipeline.export.onnx.columns.number_texts import numbers_of_texts
from tfx_pipeline.export.onnx.columns.places import number_places, text_places
from tfx_pipeline.export.onnx.columns.stored import Block, float_block, whole_block
from tfx_pipeline.export.onnx.columns.texts import are_marks
from tfx_pipeline.export.onnx.graph import Graph, column
from tfx_pipeline.modules.description.columns import (
    FARTHEST_MOMENT,
    Column,
    MomentParse,
    NumberParse,
    Ranks,
)
from tfx_pipeline.modules.features.missing_marks import read_marks
from tfx_pipeline.modules.features.number_style import read_style


class Uses(NamedTuple):
    """What columns are used for.

    Attributes:
        numbers: the columns whose numbers are needed.
        names: by column, the names that are looked up.
    """

    numbers: tuple[str, ...]
    names: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class _Numbers:
    """Columns as numbers, `[columns, batch]`: float64, 0 where missing, and where that is."""

    names: tuple[str, ...]
    values: str
    missing: str


class Cells:
    """The columns of a graph's inputs, each read once."""

    def __init__(
        self, graph: Graph, columns: Iterable[Column], inputs: Mapping[str, str], uses: Uses
    ) -> None:
        """Read columns; `inputs` are those of the graph, by column."""
        self._graph, self._inputs = graph, inputs
        self._columns = {each.name: each for each in columns}
        wanted = [self._columns[name] for name in uses.numbers]
        plain = {each.name for each in wanted if each.parse is None}
        ranks = {each.name: each.parse.values for each in wanted if isinstance(each.parse, Ranks)}
        self._names = {
            name: tuple(
                x for x in dict.fromkeys([*uses.names.get(name, ()), *ranks.get(name, ())]) if x
            )
            for name in dict.fromkeys([*uses.names, *ranks])
        }
        numbers = self._blocks_of(plain)
        self._blocks = [*numbers, *self._blocks_of(set(self._names) - plain)]
        parts = [self._of_block(block) for block in numbers]
        if ranks:
            parts.append(self._ranked(ranks))
        if read := [each for each in wanted if isinstance(each.parse, NumberParse | MomentParse)]:
            parts.append(self._read(read))
        self._parts = parts

    def names(self, name: str) -> tuple[str, ...]:
        """Give the names that a column's places count; without "", which is missing."""
        return self._names[name]

    def places(self, name: str) -> str:
        """Give the places of a column's cells: int64 `[batch]`."""
        known = self._names[name]
        for block in self._blocks:
            if name in block.names:
                return number_places(self._graph, block, name, known)
        places = text_places(self._graph, self._inputs[name], known)
        if not self._columns[name].marks:
            return places
        zero = self._graph.table(0, np.int64)
        return self._graph.add("Where", self._are_marks(name), zero, places)

    def texts(self, name: str) -> str:
        """Give a column's texts, "" where missing: `[batch]`."""
        texts = self._inputs[name]
        if not self._columns[name].marks:
            return texts
        empty = self._graph.table(np.array([""], object))
        return self._graph.add("Where", self._are_marks(name), empty, texts)

    def numbers(self, names: Sequence[str]) -> tuple[str, str]:
        """Give numbers, float64 `[columns, batch]`, 0 where missing, and where that is: bool."""
        all_of_them = self._together
        rows = [all_of_them.names.index(name) for name in names]
        count = len(all_of_them.names)
        values = self._graph.taken(all_of_them.values, rows, count)
        return values, self._graph.taken(all_of_them.missing, rows, count)

    def whole(self, names: Sequence[str]) -> str:
        """Give whole numbers, a fraction cut off towards the past: int64 `[columns, batch]`."""
        parts, order = list[str](), list[str]()
        for block in self._blocks:
            stored = [x for x in dict.fromkeys(names) if x in block.names]
            if block.type == np.int64 and stored:
                rows = [block.names.index(x) for x in stored]
                parts.append(self._graph.taken(block.values, rows, len(block.names)))
                order += stored
        if others := [x for x in dict.fromkeys(names) if x not in order]:
            limits = (self._graph.table(x * FARTHEST_MOMENT, np.float64) for x in (-1, 1))
            floor = self._graph.add("Floor", self.numbers(others)[0])
            parts.append(self._graph.cast(self._graph.add("Clip", floor, *limits), np.int64))
            order += others
        joined = self._graph.joined(parts)
        return self._graph.taken(joined, [order.index(x) for x in names], len(order))

    @property
    def _together(self) -> _Numbers:
        return _Numbers(
            tuple(name for part in self._parts for name in part.names),
            self._graph.joined([part.values for part in self._parts]),
            self._graph.joined([part.missing for part in self._parts]),
        )

    def _blocks_of(self, names: set[str]) -> list[Block]:
        """Read those of the columns that hold numbers."""
        blocks = []
        for cell_type, read in (("float32", float_block), ("int64", whole_block)):
            of_type = [x for x in self._columns.values() if x.name in names and x.type == cell_type]
            if of_type:
                blocks.append(read(self._graph, of_type, [self._inputs[x.name] for x in of_type]))
        return blocks

    def _of_block(self, block: Block) -> _Numbers:
        return _Numbers(block.names, self._graph.cast(block.values, np.float64), block.missing)

    def _ranked(self, ranks: Mapping[str, Sequence[str]]) -> _Numbers:
        """Give the place of each cell among a column's ordered values, from 0."""
        tables = []
        for name, values in ranks.items():
            rank = {value: float(place) for place, value in reversed(list(enumerate(values)))}
            # A missing cell's rank and an unknown one's are none.
            tables.append([-1.0, *(rank.get(x, -1.0) for x in self._names[name]), -1.0])
        found = self.looked_up(list(ranks), tables, np.float64)
        zero = self._graph.table(0, np.float64)
        values = self._graph.add("Max", found, zero)
        return _Numbers(tuple(ranks), values, self._graph.add("Less", found, zero))

    def _read(self, columns: Sequence[Column]) -> _Numbers:
        """Read texts as numbers or moments, as their columns say."""
        cells = self._graph.stacked([self._read_texts(each) for each in columns])
        distance = self._graph.add("Abs", cells)
        given = self._graph.add("Less", distance, self._graph.table(np.inf, np.float64))
        clean = self._graph.add("Where", given, cells, self._graph.table(0, np.float64))
        names = tuple(each.name for each in columns)
        return _Numbers(names, clean, self._graph.add("Not", given))

    def _read_texts(self, column_: Column) -> str:
        """Read a column of texts: float64 `[batch]`; NaN where missing, or no such text."""
        texts = self.texts(column_.name)
        if isinstance(column_.parse, MomentParse):
            return moments_of_texts(self._graph, texts, column_.parse)
        assert isinstance(column_.parse, NumberParse)
        numbers = numbers_of_texts(self._graph, texts, read_style(column_.parse.example))
        for mark in read_marks(column_.marks).numbers:
            is_mark = self._graph.add("Equal", numbers, self._graph.table(mark, np.float64))
            nothing = self._graph.table(np.nan, np.float64)
            numbers = self._graph.add("Where", is_mark, nothing, numbers)
        return numbers

    def looked_up(
        self, names: Sequence[str], tables: Sequence[Sequence[float]], dtype: type
    ) -> str:
        """Look places up, each column's in a table of its own: `[columns, batch]`.

        A table has a number for each place: the missing one, the known ones, the unknown one.
        """
        starts = np.cumsum([0, *map(len, tables[:-1])])
        places = self._graph.stacked([self.places(name) for name in names])
        moved = self._graph.add("Add", places, self._graph.table(column(starts, np.int64)))
        table = self._graph.table(np.concatenate([np.asarray(x, dtype) for x in tables]))
        return self._graph.add("Gather", table, moved, axis=0)

    def _are_marks(self, name: str) -> str:
        marks = read_marks(self._columns[name].marks).texts
        return are_marks(self._graph, self._inputs[name], marks)
