"""Transformed columns, taken out of the matrices in which features of one kind are computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf
from tensorflow_transform import schema_inference

FARTHEST = 1e6
"""A scaled number is at most this, and at least its negative: that many standard deviations, or
ranges of the training rows. No row can be that far from the rows that it is one of, unless there
are 10**12; what a caller sends can be, and would overflow in the network."""

_RESOLUTION = 2.0**-48  # a deviation below this share of the mean is rounding


def columns_of(names: Sequence[str], matrix: tf.Tensor) -> dict[str, tf.Tensor]:
    """Take a matrix `[batch, names]` apart into columns by name, `[batch, 1]` each."""
    return dict(zip(names, tf.split(matrix, len(names), axis=1), strict=True))


def id_columns(names: Sequence[str], ids: tf.Tensor, sizes: tf.Tensor) -> dict[str, tf.Tensor]:
    """Take id columns apart and record their ranges.

    Args:
        names: of the columns.
        ids: `[batch, names] int64`, in [0, sizes).
        sizes: number of ids per column, `[names] int64`; perhaps known only after the analysis.

    Returns:
        Each column by name, `[batch, 1] int64`; the transformed schema gives it the domain
        [0, size - 1].
    """
    columns = columns_of(names, ids)
    zero = tf.constant(0, tf.int64)
    for column, largest in zip(columns.values(), tf.unstack(sizes - 1, len(names)), strict=True):
        schema_inference.set_tensor_schema_override(column, zero, largest)
    return columns


def is_spread(deviation: Any, mean: Any) -> Any:
    """Say whether numbers differ, or their deviation is only what rounding left of equal ones."""
    return deviation > _RESOLUTION * abs(mean)
