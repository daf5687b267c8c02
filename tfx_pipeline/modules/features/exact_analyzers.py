"""Statistics in float64 that tf.Transform has, and gives in float32 or one by one only.

Its public `quantiles` rounds boundaries to float32, and `mean` and `var` are two analyzers where
one computes both. So these take what those are made of, from TFX 1.16 to 1.21.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow_transform import analyzers

_RESOLUTION = 2.0**-48  # a deviation below this share of the mean is rounding


def mean_and_variance(numbers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute both of each column in one pass; NaN is passed over.

    Args:
        numbers: `[batch, columns] float64`.

    Returns:
        `[columns] float64` each; 0 for a column without a number.
    """
    zeros = tf.zeros(numbers.shape[1:], tf.float64)
    statistics = analyzers._mean_and_var(numbers, reduce_instance_dims=False)
    # Until the analysis is done, scalars stand in their place.
    mean, variance = (tf.where(tf.math.is_finite(x), x, zeros) for x in statistics)
    return mean, variance


def quantiles(numbers: tf.Tensor, buckets: int, error: float) -> tf.Tensor:
    """Compute boundaries of about equally many numbers a bucket; NaN is passed over.

    Args:
        numbers: `[batch, columns] float64`.
        buckets: their number.
        error: largest error of a boundary, in ranks, as a share of the numbers.

    Returns:
        `[columns, buckets - 1] float64`; each boundary is one of the numbers.
    """
    columns = numbers.shape[1]
    combiner = analyzers.QuantilesCombiner(
        buckets,
        error,
        np.float64,
        has_weights=False,
        output_shape=[columns, buckets - 1],
        feature_shape=[columns],
    )
    with tf.compat.v1.name_scope(None, "quantiles"):  # the analyzer is known by it
        (boundaries,) = analyzers._apply_cacheable_combiner(combiner, numbers)
    return boundaries


def is_spread(deviation: Any, mean: Any) -> Any:
    """Say whether numbers differ, or their deviation is only what rounding left of equal ones."""
    return deviation > _RESOLUTION * abs(mean)


def spread_or_zero(deviation: tf.Tensor, mean: tf.Tensor) -> tf.Tensor:
    """Give the deviation of numbers that differ, 0 of others."""
    return tf.where(is_spread(deviation, mean), deviation, tf.zeros_like(deviation))
