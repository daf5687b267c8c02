from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tfx_pipeline.modules.learners.trees.ensemble import (
    CodeCondition,
    Ensemble,
    NumberCondition,
    _as_float32,
)

ZERO = 1.0000000180025095e-35  # what LightGBM takes for zero, up to here


def node(left, right, **split):
    defaults = {"decision_type": "<=", "missing_type": "None", "default_left": False}
    return {**defaults, "left_child": left, "right_child": right, **split}


def leaf(value):
    return {"leaf_value": value}


@given(
    threshold=st.floats(-1e39, 1e39) | st.floats(-1e-34, 1e-34),
    steps=st.integers(-2, 2),
)
def test_as_float32_has_the_same_float32_numbers_below_as_the_threshold(threshold, steps) -> None:
    with np.errstate(over="ignore"):
        number = np.float32(np.clip(threshold, -3.4e38, 3.4e38))
    for _ in range(abs(steps)):
        number = np.nextafter(number, np.float32(math.copysign(3e38, steps)))
    read = 0.0 if abs(float(number)) <= ZERO else float(number)
    assert (float(number) <= _as_float32(threshold)) == (read <= threshold)


def test_read_gives_conditions_once_and_masks_that_are_1_in_the_leaf_of_a_row() -> None:
    inner = node(leaf(1.0), leaf(2.0), split_feature=3, threshold="0||2", decision_type="==")
    root = node(inner, leaf(3.0), split_feature=0, threshold=0.5)
    twice = node(leaf(-1.0), leaf(1.0), split_feature=0, threshold=0.5)
    model = {
        "num_tree_per_iteration": 1,
        "tree_info": [{"tree_structure": root}, {"tree_structure": twice}],
    }
    ensemble = Ensemble.read(model, number_columns=3)
    assert ensemble.numbers == (NumberCondition(0, 0.0, 0.5),)
    assert ensemble.codes == (CodeCondition(0, frozenset({0, 2})),)
    for is_above in (0, 1):
        for is_other in (0, 1):
            is_true = np.array([is_above, is_other, 1])
            asked = is_true[ensemble.nodes]
            is_in = np.maximum(np.einsum("tln,tn->tl", ensemble.masks, asked), 0)
            assert is_in.sum(axis=1).tolist() == [1, 1]
            value = (is_in * ensemble.values[0]).sum()
            first = 3.0 if is_above else 1.0 + is_other
            assert value == first + (1 if is_above else -1)


def test_read_of_several_outputs_puts_the_trees_of_each_together() -> None:
    trees = [{"tree_structure": leaf(value)} for value in (1.0, 10.0, 2.0, 20.0)]
    ensemble = Ensemble.read({"num_tree_per_iteration": 2, "tree_info": trees}, 0)
    assert ensemble.values.tolist() == [[[1.0], [2.0]], [[10.0], [20.0]]]


def test_read_missing_numbers_go_where_the_library_sends_them() -> None:
    def fill(**split):
        tree = node(leaf(0.0), leaf(1.0), split_feature=0, threshold=1.0, **split)
        model = {"num_tree_per_iteration": 1, "tree_info": [{"tree_structure": tree}]}
        return Ensemble.read(model, 1).numbers[0].fill

    assert fill() == 0
    assert fill(missing_type="NaN", default_left=True) == -math.inf
    assert fill(missing_type="NaN", default_left=False) == math.inf
