"""What LightGBM grew, as arrays for a graph.

Terms:
    condition: true where a row goes right. Many nodes ask the same, so each is computed once.
    leaf mask: says of each leaf of a tree which conditions lead to it, see `Ensemble.masks`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import Conditions, Tree

_FILLS = {"None": 0.0, "NaN": math.nan}
_ZERO = np.float32(1e-35)  # LightGBM's kZeroThreshold
_LARGEST = float(np.finfo(np.float32).max)


class NumberCondition(NamedTuple):
    """Right where the number is above the threshold, or `fill` is, which stands for a missing one.

    `threshold` is a float32.
    """

    column: int
    fill: float
    threshold: float


class CodeCondition(NamedTuple):
    """Right where the code (see `columns`) is none of these."""

    column: int
    codes: frozenset[int]


@dataclass(frozen=True)
class Ensemble:
    """Trees, those of each output after the other; all have room for the same number of leaves.

    Attributes:
        numbers, codes: the conditions.
        nodes: `[trees, nodes] int32`: the conditions that a tree asks; those on codes follow those
            on numbers, and last comes one that is always true, which fills what is empty.
        masks: `[trees, leaves, nodes] float32`: 1 where the leaf is right of the node, -1 where it
            is left, 0 elsewhere; and, at the first node, which is always true, what makes the sum
            over true conditions 1 in the leaf that a row falls into, and 0 or less in others.
        values: `[outputs, trees of an output, leaves] float64`.
        trees: the same as plain data, those of each output after the other.
    """

    numbers: tuple[NumberCondition, ...]
    codes: tuple[CodeCondition, ...]
    nodes: NDArray[np.int32]
    masks: NDArray[np.float32]
    values: NDArray[np.float64]
    trees: tuple[Tree, ...]

    @classmethod
    def read(cls, model: Mapping[str, Any], number_columns: int) -> Ensemble:
        """Read what `Booster.dump_model` gives; columns from `number_columns` on hold codes."""
        outputs = model["num_tree_per_iteration"]
        trees = [_Tree(tree["tree_structure"], number_columns) for tree in model["tree_info"]]
        trees = [tree for output in range(outputs) for tree in trees[output::outputs]]
        asked = dict.fromkeys(condition for tree in trees for condition in tree.conditions)
        numbers = tuple(x for x in asked if isinstance(x, NumberCondition))
        codes = tuple(x for x in asked if isinstance(x, CodeCondition))
        ordered: list[NumberCondition | CodeCondition] = [*numbers, *codes]
        place = {condition: i for i, condition in enumerate(ordered)}
        shape = (len(trees), max(len(tree.leaves) for tree in trees))
        nodes = np.full(shape, len(place), np.int32)
        masks, values = np.zeros((*shape, shape[1]), np.float32), np.zeros(shape)
        for i, tree in enumerate(trees):
            nodes[i, 1 : 1 + len(tree.conditions)] = [place[x] for x in tree.conditions]
            for leaf, (value, turns) in enumerate(tree.leaves):
                values[i, leaf] = value
                masks[i, leaf, 0] = 1 - sum(turn > 0 for turn in turns.values())
                for node, turn in turns.items():
                    masks[i, leaf, 1 + node] = turn
        values = values.reshape(outputs, -1, shape[1])
        described = tuple(tree.describe(place) for tree in trees)
        return cls(numbers, codes, nodes, masks, values, described)

    def describe(self) -> Conditions:
        """Say the conditions as plain data; those of trees are their places in it."""
        return Conditions(
            np.array([x.column for x in self.numbers], np.int32),
            np.array([x.fill for x in self.numbers], np.float32),
            np.array([x.threshold for x in self.numbers], np.float32),
            np.array([x.column for x in self.codes], np.int32),
            tuple(tuple(sorted(x.codes)) for x in self.codes),
        )


class _Tree:
    """A tree.

    Attributes:
        conditions: of its nodes.
        leaves: value of each, and on the way to it by node: 1 right, -1 left.
        next: of each node, where it goes on to the right (1) and left (-1): a node, or below 0
            a leaf, as `heads.Tree` has it.
    """

    def __init__(self, root: Mapping[str, Any], number_columns: int) -> None:
        self.conditions: list[NumberCondition | CodeCondition] = []
        self.leaves: list[tuple[float, dict[int, int]]] = []
        self.next: list[dict[int, int]] = []
        waiting = [(root, dict[int, int]())]
        while waiting:
            node, turns = waiting.pop()
            if "split_feature" not in node:
                self._arrive(turns, -1 - len(self.leaves))
                self.leaves.append((node["leaf_value"], turns))
                continue
            place = len(self.conditions)
            self._arrive(turns, place)
            self.conditions.append(_condition(node, number_columns))
            self.next.append({})
            waiting.append((node["right_child"], {**turns, place: 1}))
            waiting.append((node["left_child"], {**turns, place: -1}))

    def _arrive(self, turns: dict[int, int], place: int) -> None:
        """Tell the last node on the way where it goes on."""
        if turns:
            last = next(reversed(turns))
            self.next[last][turns[last]] = place

    def describe(self, places: Mapping[NumberCondition | CodeCondition, int]) -> Tree:
        """Say it as plain data; `places` are those of the conditions among all."""
        return Tree(
            np.array([places[x] for x in self.conditions], np.int32),
            np.array([x[1] for x in self.next], np.int32),
            np.array([x[-1] for x in self.next], np.int32),
            np.array([value for value, _ in self.leaves]),
        )


def _condition(node: Mapping[str, Any], number_columns: int) -> NumberCondition | CodeCondition:
    column = node["split_feature"]
    if node["decision_type"] == "==":
        codes = frozenset(int(code) for code in str(node["threshold"]).split("||"))
        return CodeCondition(column - number_columns, codes)
    fill = _FILLS[node["missing_type"]]
    if math.isnan(fill):
        fill = -math.inf if node["default_left"] else math.inf
    return NumberCondition(column, fill, _as_float32(node["threshold"]))


def _as_float32(threshold: float) -> float:
    """Give a float32 that is below the same float32 numbers as the threshold is, in LightGBM.

    That is the next one that is not above; but LightGBM reads what is next to zero as zero.
    """
    if abs(threshold) <= _ZERO:
        return float(_ZERO if threshold >= 0 else np.nextafter(-_ZERO, np.float32(-1)))
    nearest = np.float32(np.clip(threshold, -_LARGEST, _LARGEST))
    if float(nearest) > threshold:
        nearest = np.nextafter(nearest, np.float32(-_LARGEST))
    return float(nearest)
