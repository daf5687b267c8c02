"""Reading serialized rows, of tables of any width.

`tf.io.parse_example` makes five operations of each column that is required, and processes its
default value in Python: of a thousand columns that is seconds, each time that they are traced.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawFeature


def parse_rows(serialized: Any, specs: Mapping[str, Any]) -> dict[str, RawFeature]:
    """Parse serialized tf.Examples, `[batch] string`, as `tf.io.parse_example` does.

    `specs` are as there; columns of one type and default value share the tensor of the latter.
    """
    kinds = {name: type(spec) for name, spec in specs.items()}
    sparse = sorted(name for name, kind in kinds.items() if kind is tf.io.VarLenFeature)
    dense = sorted(name for name, kind in kinds.items() if kind is tf.io.FixedLenFeature)
    if len(sparse) + len(dense) < len(specs) or not all(map(_is_plain, specs.values())):
        return tf.io.parse_example(serialized, dict(specs))
    defaults: dict[tuple[Any, ...], tf.Tensor] = {}
    for name in dense:
        key = _default_key(specs[name])
        if key not in defaults:
            defaults[key] = _default(specs[name])
    parsed = tf.raw_ops.ParseExampleV2(
        serialized=tf.convert_to_tensor(serialized, tf.string),
        names=tf.constant([], tf.string),
        sparse_keys=tf.constant(sparse, tf.string),
        dense_keys=tf.constant(dense, tf.string),
        ragged_keys=tf.constant([], tf.string),
        dense_defaults=[defaults[_default_key(specs[name])] for name in dense],
        num_sparse=len(sparse),
        sparse_types=[specs[name].dtype for name in sparse],
        ragged_value_types=[],
        ragged_split_types=[],
        dense_shapes=[specs[name].shape for name in dense],
    )
    values = zip(parsed.sparse_indices, parsed.sparse_values, parsed.sparse_shapes, strict=True)
    columns = [*(tf.SparseTensor(*each) for each in values), *parsed.dense_values]
    return dict(zip([*sparse, *dense], columns, strict=True))


def _is_plain(spec: Any) -> bool:
    """Say whether a column has at most one value a row, or its own tensor of them, if required."""
    if isinstance(spec, tf.io.VarLenFeature):
        return True
    return spec.default_value is None or list(spec.shape) in ([], [1])


def _default_key(spec: Any) -> tuple[Any, ...]:
    return (spec.dtype, tuple(spec.shape), repr(spec.default_value))  # NaN is not equal to itself


def _default(spec: Any) -> tf.Tensor:
    """Make the default value; an empty one says that there is none."""
    if spec.default_value is None:
        return tf.constant([], spec.dtype)
    return tf.reshape(tf.constant(spec.default_value, spec.dtype), list(spec.shape))
