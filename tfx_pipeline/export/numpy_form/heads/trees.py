"""Grown trees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.heads.inputs import HeadInputs
from tfx_pipeline.modules.description.heads import Conditions, Tree, TreeColumns, TreesHead


def trees_logits(head: TreesHead, inputs: HeadInputs) -> NDArray[np.float32]:
    """See `TreesHead`."""
    is_right = _asked(head.conditions, *_seen(head.columns, inputs))
    rows = len(inputs.numbers)
    sums = np.zeros((rows, head.outputs))
    of_output = len(head.trees) // head.outputs
    for place, tree in enumerate(head.trees):
        sums[:, place // of_output] += tree.values[_leaves(tree, is_right, rows)]
    return sums.astype(np.float32)


def _seen(
    columns: TreeColumns, inputs: HeadInputs
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """See `TreeColumns`: numbers `[numbers, rows]`, codes `[categories, rows]`."""
    numbers = inputs.numbers[:, columns.places].copy()
    is_missing = inputs.numbers[:, columns.missing] > 0.5
    numbers[:, : len(columns.missing)][is_missing] = np.nan
    ordered = inputs.ids[:, columns.ordered[:, 0]] - columns.ordered[:, 1]
    codes = columns.codes[inputs.ids[:, columns.categories]]
    return np.concatenate([numbers, ordered.astype(np.float32)], 1).T, codes.T


def _asked(
    conditions: Conditions, numbers: NDArray[np.float32], codes: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Say of each condition and row whether it is true: `[conditions, rows]`."""
    taken = numbers[conditions.number_columns]
    filled = np.where(np.isnan(taken), conditions.fills[:, np.newaxis], taken)
    parts = [filled > conditions.thresholds[:, np.newaxis]]
    for column, left in zip(conditions.code_columns, conditions.left_codes, strict=True):
        parts.append(~np.isin(codes[column], left)[np.newaxis])
    return np.concatenate(parts)


def _leaves(tree: Tree, is_right: NDArray[np.bool_], rows: int) -> NDArray[np.int64]:
    """Find the leaf that each row falls into."""
    if not len(tree.conditions):
        return np.zeros(rows, np.int64)
    place, everyone = np.zeros(rows, np.int64), np.arange(rows)
    while (place >= 0).any():
        node = np.maximum(place, 0)
        turned = np.where(
            is_right[tree.conditions[node], everyone], tree.right[node], tree.left[node]
        )
        place = np.where(place >= 0, turned, place)
    return -1 - place
