"""Places of cells among the names that their column knows: see `cells`.

A name that no cell of the column's type can have (`07` in a column of whole numbers) is known by
no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tfx_pipeline.export.onnx.columns.stored import Block
from tfx_pipeline.export.onnx.graph import ML, Graph
from tfx_pipeline.modules.description.number_names import float_named, whole_named


def text_places(graph: Graph, texts: str, names: Sequence[str]) -> str:
    """Give places of texts, of which "" is missing: int64 `[batch]`."""
    return _places(graph, texts, {"": 0} | _numbered(names), len(names), "strings")


def number_places(graph: Graph, block: Block, column: str, names: Sequence[str]) -> str:
    """Give places of a column of a block, whose numbers are names: int64 `[batch]`."""
    row = graph.table(block.names.index(column), np.int64)
    cells = graph.add("Gather", block.values, row, axis=0)
    is_missing = graph.add("Gather", block.missing, row, axis=0)
    number_of, kind = (whole_named, "int64s") if block.type == np.int64 else (float_named, "floats")
    keys = {number_of(name): place for name, place in _numbered(names).items()}
    keys.pop(None, None)
    if not keys:  # a table of none is not allowed
        keys = {0 if block.type == np.int64 else 0.0: len(names) + 1}
    places = _places(graph, cells, keys, len(names), kind)
    return graph.add("Where", is_missing, graph.table(0, np.int64), places)


def _numbered(names: Sequence[str]) -> dict[Any, int]:
    return {name: place for place, name in enumerate(names, 1)}


def _places(graph: Graph, cells: str, keys: dict[Any, int], known: int, kind: str) -> str:
    return graph.add(
        "LabelEncoder",
        cells,
        domain=ML,
        values_int64s=list(keys.values()),
        default_int64=known + 1,
        **{f"keys_{kind}": list(keys)},
    )
