"""Operations on names: ids, and numbers that are looked up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tfx_pipeline.export.onnx.columns.cells import Cells
from tfx_pipeline.export.onnx.features.rows import Rows
from tfx_pipeline.export.onnx.graph import Graph
from tfx_pipeline.modules.description.operations import CategoryId, NameValues


def category_ids(graph: Graph, cells: Cells, operations: Sequence[CategoryId]) -> list[Rows]:
    """Give ids of names; all unknown ones share one."""
    tables = []
    for each in operations:
        ids = {name: place for place, name in enumerate(each.names)}
        known = ["", *cells.names(each.column)]
        tables.append([*(ids.get(name, len(ids)) for name in known), len(ids)])
    found = cells.looked_up([x.column for x in operations], tables, np.int32)
    return [Rows(found, [(x.output, 0) for x in operations])]


def name_values(graph: Graph, cells: Cells, operations: Sequence[NameValues]) -> list[Rows]:
    """Look up numbers, each of a vector by itself."""
    columns, tables, parts = list[str](), list[list[float]](), list[tuple[str, int]]()
    for each in operations:
        places = {name: place for place, name in enumerate(each.names)}
        known = ["", *cells.names(each.column)]
        for part in range(each.values.shape[1]):
            of_part = each.values[:, part]
            taken = (of_part[places[name]] if name in places else 0.0 for name in known)
            columns.append(each.column)
            tables.append([*map(float, taken), 0.0])
            parts.append((each.output, part))
    return [Rows(cells.looked_up(columns, tables, np.float32), parts)]
