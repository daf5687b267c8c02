"""Rows are parsed as TensorFlow does it, with fewer operations."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tfx_pipeline.modules.features.parsing import parse_rows

SPECS = {
    "z": tf.io.VarLenFeature(tf.string),
    "number": tf.io.FixedLenFeature([], tf.float32, float("nan")),
    "whole": tf.io.FixedLenFeature([1], tf.int64, tf.int64.min),
    "text": tf.io.FixedLenFeature([1], tf.string, ""),
    "pair": tf.io.FixedLenFeature([2], tf.float32),
    "a": tf.io.VarLenFeature(tf.int64),
}


def row(**values):
    example = tf.train.Example()
    for name, value in values.items():
        feature = example.features.feature[name]
        if isinstance(value[0], str):
            feature.bytes_list.value.extend(x.encode() for x in value)
        elif isinstance(value[0], int):
            feature.int64_list.value.extend(value)
        else:
            feature.float_list.value.extend(value)
    return example.SerializeToString()


ROWS = [
    row(z=["x", "y"], number=[1.5], whole=[7], text=["é"], pair=[1.0, 2.0], a=[3]),
    row(pair=[0.0, -1.0]),
    row(a=[1, 2], pair=[3.0, 4.0], whole=[-1]),
]


@pytest.mark.parametrize("in_graph", [False, True])
@pytest.mark.parametrize("names", [[*SPECS], ["z", "a"], ["number", "text"]])
def test_rows_are_parsed_as_by_tensorflow(names, in_graph):
    specs = {name: SPECS[name] for name in names}
    parse = tf.function(lambda x: parse_rows(x, specs)) if in_graph else parse_rows
    found = parse(tf.constant(ROWS)) if in_graph else parse(ROWS, specs)
    expected = tf.io.parse_example(ROWS, specs)
    assert set(found) == set(expected)
    for name, tensor in expected.items():
        for one, other in zip(
            tf.nest.flatten(found[name], expand_composites=True),
            tf.nest.flatten(tensor, expand_composites=True),
            strict=True,
        ):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_row_without_what_is_required_is_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="pair"):
        parse_rows([row(a=[1])], SPECS)


def test_specs_of_other_kinds_are_left_to_tensorflow():
    specs = {"a": tf.io.RaggedFeature(tf.int64), "z": tf.io.VarLenFeature(tf.string)}
    assert parse_rows(ROWS, specs)["a"].to_list() == [[3], [], [1, 2]]
    specs = {"pair": tf.io.FixedLenFeature([2], tf.float32, [0.0, 9.0])}
    assert parse_rows([row(a=[1])], specs)["pair"].numpy().tolist() == [[0.0, 9.0]]


def test_parsing_a_thousand_required_columns_is_few_operations():
    specs = {f"c{i}": tf.io.FixedLenFeature([1], tf.float32, 0.0) for i in range(1000)}
    function = tf.function(lambda x: parse_rows(x, specs))
    graph = function.get_concrete_function(tf.TensorSpec([None], tf.string)).graph
    operations = [x for x in graph.get_operations() if x.type != "Identity"]  # the outputs
    assert len(operations) < 20
