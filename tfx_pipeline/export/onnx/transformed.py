"""Transformed columns, side by side: what heads read."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfx_pipeline.export.onnx.columns.cells import Cells, Uses
from tfx_pipeline.export.onnx.features.calendar import calendar_ids, turns
from tfx_pipeline.export.onnx.features.names import category_ids, name_values
from tfx_pipeline.export.onnx.features.numbers import are_missing, buckets, scaled
from tfx_pipeline.export.onnx.features.rows import Rows
from tfx_pipeline.export.onnx.features.words import words
from tfx_pipeline.export.onnx.graph import Graph, column
from tfx_pipeline.modules.description.model_description import ModelDescription
from tfx_pipeline.modules.description.operations import (
    Bucket,
    CalendarId,
    CategoryId,
    IsMissing,
    NameValues,
    Operation,
    Periodic,
    Scaled,
    Words,
)

Emit = Callable[[Graph, Cells, Sequence[Any]], list[Rows]]

OPERATIONS: Mapping[type[Operation], Emit] = {
    Scaled: scaled,
    IsMissing: are_missing,
    Bucket: buckets,
    CategoryId: category_ids,
    NameValues: name_values,
    Words: words,
    CalendarId: calendar_ids,
    Periodic: turns,
}
"""By type of operation, what makes all of that type at once."""


@dataclass(frozen=True)
class Transformed:
    """What a head reads.

    Attributes:
        numbers: `[width, batch] float32`; None: there are none.
        width: of them.
        ids: `[columns, batch] int32`, in the numbering that all columns share; likewise.
        columns: of them.
    """

    numbers: str | None
    width: int
    ids: str | None
    columns: int


def uses_of(operations: Sequence[Operation]) -> Uses:
    """Tell what raw columns are used for."""
    numbers: dict[str, None] = {}
    names: dict[str, list[str]] = {}
    for each in operations:
        if isinstance(each, CategoryId | NameValues):
            names.setdefault(each.column, []).extend(each.names)
        elif isinstance(each, CalendarId | Periodic):
            numbers[each.clock.column] = None
        elif not isinstance(each, Words):
            numbers[each.column] = None
    return Uses(tuple(numbers), names)


def transformed(graph: Graph, cells: Cells, description: ModelDescription) -> Transformed:
    """Make all transformed columns."""
    by_type: dict[type[Operation], list[Operation]] = {}
    for each in description.operations:
        by_type.setdefault(type(each), []).append(each)
    made = [
        rows for kind, alike in by_type.items() for rows in OPERATIONS[kind](graph, cells, alike)
    ]
    numbers = [(name, part) for name, width in description.widths.items() for part in range(width)]
    ids = _in_order(graph, made, [(name, 0) for name in description.sizes])
    if ids is not None:
        starts = list(itertools.accumulate(description.sizes.values(), initial=0))[:-1]
        ids = graph.add("Add", ids, graph.table(column(starts, np.int32)))
    return Transformed(
        _in_order(graph, made, numbers),
        len(numbers),
        ids,
        len(description.sizes),
    )


def _in_order(graph: Graph, made: Sequence[Rows], parts: Sequence[tuple[str, int]]) -> str | None:
    """Put these rows one above the other; None: there are none."""
    wanted = set(parts)
    taken = [rows for rows in made if not wanted.isdisjoint(rows.parts)]
    if not taken:
        return None
    order = {part: row for row, part in enumerate(part for rows in taken for part in rows.parts)}
    joined = graph.joined([rows.value for rows in taken])
    return graph.taken(joined, [order[part] for part in parts], sum(len(x.parts) for x in taken))
