"""Grown trees, as `TreeEnsembleRegressor` of float64: its sums are as exact as they were grown.

Terms:
    asked: what nodes ask of a row, `[batch, asked]`: numbers, NaN where missing, and answers.
    answer: of a condition on codes: 1 where it is true, else 0.
    node: goes to the left where what it asks is at most its threshold, or is NaN and the node says
        so; what stands for a missing number is known when this is written. Of an answer the
        threshold is 0.5.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.onnx.graph import ML, Graph, column, onnx_module
from tfx_pipeline.export.onnx.transformed import Transformed
from tfx_pipeline.modules.description.heads import Conditions, Tree, TreeColumns, TreesHead


def trees_logits(graph: Graph, head: TreesHead, rows: Transformed) -> str:
    """Ask the trees, and add up the values of the leaves that a row falls into."""
    used = np.unique(np.concatenate([np.zeros(0, np.int64), *(x.conditions for x in head.trees)]))
    asked, places = _asked(graph, head.columns, head.conditions, used.astype(int), rows)
    lists: dict[str, list[Any]] = defaultdict(list)
    trees_of_output = max(1, len(head.trees) // head.outputs)
    for number, tree in enumerate(head.trees):
        _add_nodes(lists, number, tree, head.conditions, places)
        _add_leaves(lists, number, tree, number // trees_of_output)
    numbers = {
        f"{name}_as_tensor": onnx_module("numpy_helper").from_array(
            np.array(lists.pop(name), np.float64), name
        )
        for name in ("nodes_values", "target_weights")
    }
    return graph.add(
        "TreeEnsembleRegressor",
        asked,
        domain=ML,
        n_targets=head.outputs,
        post_transform="NONE",
        aggregate_function="SUM",
        **lists,
        **numbers,
    )


def _add_nodes(
    lists: Mapping[str, list[Any]],
    number: int,
    tree: Tree,
    conditions: Conditions,
    places: Mapping[int, int],
) -> None:
    """Add the nodes of a tree; its leaves are numbered behind them."""
    first_leaf = len(tree.conditions)
    for place, condition in enumerate(tree.conditions.tolist()):
        threshold, goes_left = _threshold(conditions, condition)
        goes_to = tree.left[place], tree.right[place]
        left, right = (int(x) if x >= 0 else first_leaf - 1 - int(x) for x in goes_to)
        node = (places[condition], threshold, goes_left, left, right)
        _add_node(lists, number, place, "BRANCH_LEQ", node)


def _add_leaves(lists: Mapping[str, list[Any]], number: int, tree: Tree, output: int) -> None:
    """Add the leaves of a tree, whose values belong to an output."""
    for place, value in enumerate(tree.values.tolist(), len(tree.conditions)):
        _add_node(lists, number, place, "LEAF", (0, 0.0, 0, 0, 0))
        lists["target_treeids"].append(number)
        lists["target_nodeids"].append(place)
        lists["target_ids"].append(output)
        lists["target_weights"].append(value)


def _add_node(
    lists: Mapping[str, list[Any]], tree: int, place: int, mode: str, node: tuple[float, ...]
) -> None:
    names = ("featureids", "values", "missing_value_tracks_true", "truenodeids", "falsenodeids")
    said = {"treeids": tree, "nodeids": place, "modes": mode, **dict(zip(names, node, strict=True))}
    for name, value in said.items():
        lists[f"nodes_{name}"].append(value)


def _threshold(conditions: Conditions, place: int) -> tuple[float, int]:
    """Give a node's threshold, and 1 where a missing number goes to the left."""
    if place >= len(conditions.thresholds):
        return 0.5, 0
    threshold, fill = float(conditions.thresholds[place]), float(conditions.fills[place])
    return threshold, int(fill <= threshold)


def _asked(
    graph: Graph,
    columns: TreeColumns,
    conditions: Conditions,
    used: Sequence[int],
    rows: Transformed,
) -> tuple[str, dict[int, int]]:
    """Make what the conditions in use ask, float64, and give the place of each."""
    count = len(conditions.thresholds)
    of_numbers = [place for place in used if place < count]
    taken = sorted({int(conditions.number_columns[place]) for place in of_numbers})
    places = {place: taken.index(conditions.number_columns[place]) for place in of_numbers}
    parts = []
    if taken:
        parts.append(_numbers(graph, columns, taken, rows))
    by_column: dict[int, list[int]] = {}
    for place in used:
        if place >= count:
            by_column.setdefault(int(conditions.code_columns[place - count]), []).append(place)
    start = len(taken)
    for code_column, alike in by_column.items():
        left = [conditions.left_codes[place - count] for place in alike]
        parts.append(_answers(graph, columns, code_column, left, rows))
        places |= {place: start + i for i, place in enumerate(alike)}
        start += len(alike)
    if not parts:  # trees that ask nothing
        shape = graph.joined([graph.rows, graph.table([1], np.int64)])
        parts.append(graph.add("Expand", graph.table(0, np.float32), shape))
    return graph.cast(graph.joined(parts, axis=1), np.float64), places


def _numbers(graph: Graph, columns: TreeColumns, taken: Sequence[int], rows: Transformed) -> str:
    """Take columns of numbers, NaN where missing: `[batch, taken] float32`."""
    of_numbers = [x for x in taken if x < len(columns.places)]
    flagged = [x for x in of_numbers if x < len(columns.missing)]
    unflagged = of_numbers[len(flagged) :]
    parts = []
    for group, flags in ((flagged, columns.missing), (unflagged, None)):
        if not group:
            continue
        assert rows.numbers is not None
        values = graph.taken(rows.numbers, [int(columns.places[x]) for x in group], rows.width)
        if flags is not None:
            said = graph.taken(rows.numbers, [int(flags[x]) for x in group], rows.width)
            is_missing = graph.add("Greater", said, graph.table(0.5, np.float32))
            nothing = graph.table(np.nan, np.float32)
            values = graph.add("Where", is_missing, nothing, values)
        parts.append(values)
    if ordered := [x - len(columns.places) for x in taken if x >= len(columns.places)]:
        assert rows.ids is not None
        places, starts = np.transpose(columns.ordered[ordered])
        ids = graph.taken(rows.ids, places.tolist(), rows.columns)
        ids = graph.add("Sub", ids, graph.table(column(starts, np.int32)))
        parts.append(graph.cast(ids, np.float32))
    return graph.add("Transpose", graph.joined(parts), perm=[1, 0])


def _answers(
    graph: Graph,
    columns: TreeColumns,
    code_column: int,
    left: Sequence[Sequence[int]],
    rows: Transformed,
) -> str:
    """Look up the answers to the conditions on a column of codes: `[batch, conditions] float32`."""
    assert rows.ids is not None
    codes: NDArray[np.int32] = columns.codes
    of_codes = np.ones((int(codes.max()) + 1, len(left)))
    for place, names in enumerate(left):
        of_codes[[code for code in names if code < len(of_codes)], place] = 0
    row = graph.table(int(columns.categories[code_column]), np.int64)
    ids = graph.add("Gather", rows.ids, row, axis=0)
    code = graph.add("Gather", graph.table(codes, np.int32), ids, axis=0)
    return graph.add("Gather", graph.table(of_codes, np.float32), code, axis=0)
