"""All transformed columns of a model, those of a type together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tfx_pipeline.export.tflite.features.cells import Cells
from tfx_pipeline.export.tflite.features.clocks import Clocks
from tfx_pipeline.export.tflite.features.names import Codes, write_codes
from tfx_pipeline.export.tflite.features.numbers import (
    Part,
    write_buckets,
    write_missing,
    write_scaled,
)
from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.writer import Writer
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
)


def write_columns(
    writer: Writer, cells: Cells, clocks: Clocks, description: ModelDescription
) -> tuple[Tensor | None, Tensor | None]:
    """Write all transformed columns that a head reads.

    Returns:
        Numbers `[rows, width] float32`, and ids `[rows, columns] int32` in the numbering that all
        share; None where there are none.
    """
    codes = write_codes(writer, cells, description.operations)
    numbers, ids = _parts(writer, cells, codes, description.operations)
    for each in description.operations:
        if isinstance(each, CalendarId):
            ids.append(([each.output], clocks.ids(each)))
        elif isinstance(each, Periodic):
            numbers.append(([each.output], clocks.turns(each)))
    return (
        _numbers_in_order(writer, numbers, description.widths),
        _ids_in_order(writer, ids, description.sizes),
    )


def _parts(
    writer: Writer, cells: Cells, codes: Codes | None, operations: Sequence[Operation]
) -> tuple[list[Part], list[Part]]:
    """Write all operations but those of clocks: numbers, and ids."""

    def of(kind: type[Any]) -> list[Any]:
        return [each for each in operations if isinstance(each, kind)]

    numbers = [
        *write_scaled(writer, cells, codes, of(Scaled)),
        *write_missing(writer, cells, codes, of(IsMissing)),
        *_name_values(writer, codes, of(NameValues)),
    ]
    ids = [
        *write_buckets(writer, cells, codes, of(Bucket)),
        *_category_ids(writer, codes, of(CategoryId)),
    ]
    return numbers, ids


def _category_ids(
    writer: Writer, codes: Codes | None, operations: Sequence[CategoryId]
) -> list[Part]:
    if not operations:
        return []
    assert codes is not None
    tables = []
    for each in operations:
        ids = {name: place for place, name in enumerate(each.names)}
        found = [len(ids) if x is None else ids.get(x, len(ids)) for x in codes.of(each.column)]
        tables.append(np.array(found, np.int32))
    matrix = codes.looked_up(writer, [each.column for each in operations], tables)
    return [([each.output for each in operations], matrix)]


def _name_values(
    writer: Writer, codes: Codes | None, operations: Sequence[NameValues]
) -> list[Part]:
    """Look numbers up, for all columns of one width at once."""
    parts = []
    groups: dict[int, list[NameValues]] = {}
    for each in operations:
        groups.setdefault(each.values.shape[1], []).append(each)
    for width, group in groups.items():
        assert codes is not None
        tables = []
        for each in group:
            places = {name: place for place, name in enumerate(each.names)}
            rows = np.append(each.values, np.zeros((1, width)), axis=0)  # last: of others
            found = [-1 if x is None else places.get(x, -1) for x in codes.of(each.column)]
            tables.append(rows[found].astype(np.float32))
        matrix = codes.looked_up(writer, [x.column for x in group], tables)
        flat = writer.reshape(matrix, (matrix.shape[0], len(group) * width))
        parts.append(([each.output for each in group], flat))
    return parts


def _numbers_in_order(
    writer: Writer, parts: Iterable[Part], widths: Mapping[str, int]
) -> Tensor | None:
    """Put the columns of numbers side by side, as the head reads them."""
    places, joined, start = dict[str, int](), [], 0
    for names, matrix in parts:
        for name in names:
            places[name], start = start, start + widths.get(name, matrix.shape[1] // len(names))
        joined.append(matrix)
    if not widths:
        return None
    order = [places[name] + each for name, width in widths.items() for each in range(width)]
    return writer.taken(writer.joined(joined), order)


def _ids_in_order(writer: Writer, parts: Iterable[Part], sizes: Mapping[str, int]) -> Tensor | None:
    """Put the columns of ids side by side, in the numbering that all share."""
    if not sizes:
        return None
    listed = list(parts)
    order = [name for names, _ in listed for name in names]
    matrix = writer.taken(
        writer.joined([matrix for _, matrix in listed]), [order.index(name) for name in sizes]
    )
    starts = np.cumsum([0, *list(sizes.values())[:-1]])
    return writer.two("ADD", matrix, starts[np.newaxis])
