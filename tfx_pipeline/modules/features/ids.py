"""Id columns, whose range the transformed schema tells."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf
from tensorflow_transform import schema_inference


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
    columns = dict(zip(names, tf.split(ids, len(names), axis=1), strict=True))
    zero = tf.constant(0, tf.int64)
    for column, largest in zip(columns.values(), tf.unstack(sizes - 1, len(names)), strict=True):
        schema_inference.set_tensor_schema_override(column, zero, largest)
    return columns
