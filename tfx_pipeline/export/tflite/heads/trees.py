"""Grown trees: all their conditions at once, then a step down in all trees at once, to the leaves.

Terms:
    node: of all trees, also a leaf; the children of one stand side by side, left first.
    condition 0: is never true; leaves ask it, and are their own left child.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.tflite.graph import Tensor
from tfx_pipeline.export.tflite.heads.conditions import write_conditions
from tfx_pipeline.export.tflite.heads.inputs import HeadInputs
from tfx_pipeline.modules.description.heads import Tree, TreesHead

_BITS = 40
"""Of the fraction of leaves' sums, whose largest is below 1 but for a power of 2."""


def write_trees(head: TreesHead, inputs: HeadInputs) -> Tensor:
    """Write the head; see `TreesHead`."""
    writer = inputs.writer
    count = len(head.trees) // head.outputs
    if not any(len(tree.conditions) for tree in head.trees):
        values = np.array([tree.values[0] for tree in head.trees]).reshape(head.outputs, count)
        return writer.repeated(values.sum(axis=1).astype(np.float32))
    conditions = write_conditions(head, inputs)
    nodes = _number_nodes(head.trees)
    asked = writer.constant(nodes.asked, np.int32)
    firsts = writer.constant(nodes.firsts, np.int32)
    state: Tensor | None = None
    for _ in range(nodes.depth):
        if state is None:
            answers = writer.taken(conditions, nodes.asked[nodes.roots].tolist())
            first: Tensor | NDArray[np.int32] = nodes.firsts[nodes.roots][np.newaxis]
        else:
            places = writer.gathered(asked, state)
            answers = writer.gathered(conditions, places, axis=1, batch_axes=1)
            first = writer.gathered(firsts, state)
        state = writer.two("ADD", answers, first)
    assert state is not None
    largest = sum(float(np.abs(tree.values).max()) for tree in head.trees)
    exponent = _BITS - int(np.ceil(np.log2(max(largest, 1e-30))))
    whole = np.rint(np.ldexp(nodes.values, exponent)).astype(np.int64)
    values = writer.gathered(whole, state)
    shape = (values.shape[0], head.outputs, count)
    sums = writer.cast(writer.summed(writer.reshape(values, shape), 2), "float32")
    return writer.two("MUL", sums, np.array(2.0**-exponent))


@dataclass(frozen=True)
class _Nodes:
    """Nodes of all trees.

    Attributes:
        asked: the condition of each.
        firsts: its left child.
        values: of leaves, float64.
        roots: of the trees.
        depth: of the deepest tree.
    """

    asked: NDArray[np.int32]
    firsts: NDArray[np.int32]
    values: NDArray[np.float64]
    roots: NDArray[np.int32]
    depth: int


def _number_nodes(trees: Sequence[Tree]) -> _Nodes:
    """Number the nodes of all trees; conditions count from 1."""
    asked, firsts, values, roots = list[int](), list[int](), list[float](), list[int]()

    def room(count: int) -> int:
        asked.extend([0] * count)
        firsts.extend(range(len(firsts), len(firsts) + count))
        values.extend([0.0] * count)
        return len(asked) - count

    deepest = 0
    for tree in trees:
        roots.append(room(1))
        waiting = [(roots[-1], 0 if len(tree.conditions) else -1, 0)]
        while waiting:
            place, node, depth = waiting.pop()
            deepest = max(deepest, depth)
            if node < 0:
                values[place] = float(tree.values[-1 - node])
                continue
            asked[place], firsts[place] = 1 + int(tree.conditions[node]), room(2)
            left = firsts[place]
            waiting += [
                (left, int(tree.left[node]), depth + 1),
                (left + 1, int(tree.right[node]), depth + 1),
            ]
    whole = (np.array(x, np.int32) for x in (asked, firsts, roots))
    first, second, third = whole
    return _Nodes(first, second, np.array(values), third, deepest)
