"""Columns of numbers as they are stored: what is missing among their cells, and what is left.

Terms:
    clean: 0 where a cell is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfx_pipeline.export.onnx.graph import Graph, column
from tfx_pipeline.modules.description.columns import AMBIGUOUS, LARGEST_WHOLE, Column
from tfx_pipeline.modules.features.missing_marks import read_marks


@dataclass(frozen=True)
class Block:
    """Columns of one type, one above the other: `[columns, batch]`.

    Attributes:
        names: of the columns.
        type: float32 or int64.
        values: clean, of that type.
        missing: bool.
    """

    names: tuple[str, ...]
    type: Any
    values: str
    missing: str


def float_block(graph: Graph, columns: Sequence[Column], inputs: Sequence[str]) -> Block:
    """Read columns of float32: NaN, infinite ones and marks are missing."""
    cells = graph.stacked(inputs)
    absent = float("nan")  # equals nothing
    given = _is_finite(graph, cells, np.float32)
    given = _without_marks(graph, cells, given, [read_marks(x.marks).held for x in columns], absent)
    clean = graph.add("Where", given, cells, graph.table(0, np.float32))
    return Block(tuple(x.name for x in columns), np.float32, clean, graph.add("Not", given))


def whole_block(graph: Graph, columns: Sequence[Column], inputs: Sequence[str]) -> Block:
    """Read columns of int64, whose cells are float64: see `modules.description.columns`."""
    cells = graph.stacked(inputs)
    given = _is_finite(graph, cells, np.float64)
    finite = graph.add("Where", given, cells, graph.table(0, np.float64))
    rounded = graph.add("Round", finite)
    limits = graph.table(-LARGEST_WHOLE, np.float64), graph.table(LARGEST_WHOLE, np.float64)
    whole = graph.cast(graph.add("Clip", rounded, *limits), np.int64)
    if any(x.is_name for x in columns):
        is_exact = graph.add("Equal", rounded, finite)
        is_small = graph.add("Less", graph.add("Abs", finite), graph.table(AMBIGUOUS, np.float64))
        is_size = graph.table(column([not x.is_name for x in columns], bool))
        is_known = graph.add("Or", graph.add("And", is_exact, is_small), is_size)
        whole = graph.add("Where", is_known, whole, graph.table(np.iinfo(np.int64).max, np.int64))
    absent = np.iinfo(np.int64).min  # no cell is that
    marks = [read_marks(x.marks).whole for x in columns]
    if any(marks):
        given = _without_marks(graph, whole, given, marks, absent)
        whole = graph.add("Where", given, whole, graph.table(0, np.int64))
    return Block(tuple(x.name for x in columns), np.int64, whole, graph.add("Not", given))


def _is_finite(graph: Graph, cells: str, dtype: Any) -> str:
    return graph.add("Less", graph.add("Abs", cells), graph.table(np.inf, dtype))


def _without_marks(
    graph: Graph, cells: str, given: str, marks: Sequence[Sequence[float]], absent: float
) -> str:
    """Say of which cells something is given and no mark; `marks` are of each row of cells."""
    dtype = np.int64 if isinstance(absent, int) else np.float32
    for place in range(max(map(len, marks))):
        of_rows = [each[place] if place < len(each) else absent for each in marks]
        is_mark = graph.add("Equal", cells, graph.table(column(of_rows, dtype)))
        given = graph.add("And", given, graph.add("Not", is_mark))
    return given
