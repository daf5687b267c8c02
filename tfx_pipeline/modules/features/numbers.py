"""Features made from numbers: scaled, with an indicator of missing values, and bucketized.

All is computed in float64, and only what is scaled becomes float32: seconds since 1970 keep their
spread, and a variance does not overflow.

Terms:
    numbers: `[batch, features] float64`; NaN is missing: mean, variance and quantiles pass it over.

What is learned of the training rows passes through tensors with names of their own, `learned_…`: by
these it is read out of the transform graph (see `describing.learned_values`).

tf.Transform's public `quantiles` rounds boundaries to float32, and its `mean` and `var` are two
analyzers where one computes both: used is what those are made of, from TFX 1.16 to 1.21.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform import analyzers

from tfx_pipeline.modules.features.columns import (
    FARTHEST,
    RawColumns,
    columns_of,
    id_columns,
    is_spread,
)

Specs = Mapping[str, Mapping[str, Any]]
MEANS, DEVIATIONS = "learned_means", "learned_deviations"
"""Names of tensors, `[features] float64`: of scaled numbers (log_zscore: of their logarithms)."""
LOWS, HIGHS = "learned_lows", "learned_highs"
"""Likewise, of the features with the scale `minmax`."""
BOUNDARIES = "learned_boundaries_{}"
"""Likewise, `[features, boundaries]`, of each group of `alike_bucketed`."""


def scaled_features(raw: RawColumns, features: Specs) -> dict[str, tf.Tensor]:
    """Scale numbers, and say where they are missing.

    Args:
        raw: the columns.
        features: per column, `scale`: zscore, log_zscore (of log(1 + max(x, 0))), minmax or none.

    Returns:
        `<name>_scaled` and `<name>_missing`, each `[batch, 1] float32`. A missing number stands
        at the mean of the training rows; one that never varies in them is 0 after zscore and
        minmax, whatever is sent later.
    """
    names = in_order_of_scales(features)
    if not names:
        return {}
    counts = [sum(features[name]["scale"] == scale for name in names) for scale in _SCALES]
    numbers = raw.numbers(*names)
    parts = tf.split(numbers, counts, axis=1)
    parts[_LOG] = tf.math.log1p(tf.maximum(parts[_LOG], 0.0))
    mean, variance = _mean_and_variance(tf.concat(parts, 1))
    mean = tf.identity(mean, MEANS)
    means, deviation = tf.split(mean, counts), tf.sqrt(variance)
    deviation = tf.where(is_spread(deviation, mean), deviation, tf.zeros_like(deviation))
    deviations = tf.split(tf.identity(deviation, DEVIATIONS), counts)
    scaled = [
        _scaled(parts[_ZSCORE], means[_ZSCORE], means[_ZSCORE], deviations[_ZSCORE]),
        _scaled(parts[_LOG], means[_LOG], means[_LOG], deviations[_LOG]),
        _minmax(parts[_MINMAX], means[_MINMAX]) if counts[_MINMAX] else parts[_MINMAX],
        _unscaled(parts[_NONE], means[_NONE]),
    ]
    matrix = tf.cast(tf.concat(scaled, 1), tf.float32)
    missing = tf.cast(tf.math.is_nan(numbers), tf.float32)
    return {
        **columns_of([f"{name}_scaled" for name in names], matrix),
        **columns_of([f"{name}_missing" for name in names], missing),
    }


def in_order_of_scales(features: Specs) -> list[str]:
    """List features in the order in which what is learned of them stands in its tensors."""
    return [name for scale in _SCALES for name in features if features[name]["scale"] == scale]


def bucket_features(raw: RawColumns, features: Specs) -> dict[str, tf.Tensor]:
    """Find the bucket that each number falls into; a number on a boundary, into the upper one.

    Args:
        raw: the columns.
        features: per column, `buckets` (quantiles of the training rows; 0: none) or `boundaries`.

    Returns:
        `<name>_bucket`: `[batch, 1] int64` ids, 0 for missing.
    """
    outputs: dict[str, tf.Tensor] = {}
    for place, (key, names) in enumerate(alike_bucketed(features).items()):
        numbers = raw.numbers(*names)
        if isinstance(key, int):
            boundaries, size = _quantiles(numbers, key), key + 1
        else:
            stored = [_as_stored(key, raw.dtype(name)) for name in names]
            boundaries = tf.constant(stored, tf.float64)
            size = len(key) + 2
        boundaries = tf.identity(boundaries, BOUNDARIES.format(place))
        buckets = tf.searchsorted(boundaries, tf.transpose(numbers), "right", tf.int64)
        ids = tf.where(tf.math.is_nan(numbers), tf.constant(0, tf.int64), 1 + tf.transpose(buckets))
        sizes = tf.constant([size] * len(names), tf.int64)
        outputs |= id_columns([f"{name}_bucket" for name in names], ids, sizes)
    return outputs


def alike_bucketed(features: Specs) -> dict[int | tuple[float, ...], list[str]]:
    """Group features by their number of buckets or their boundaries; each group has a tensor."""
    groups: dict[int | tuple[float, ...], list[str]] = {}
    for name, feature in features.items():
        key = tuple(feature.get("boundaries", ())) or feature["buckets"]
        groups.setdefault(key, []).append(name)
    groups.pop(0, None)
    return groups


def _as_stored(boundaries: tuple[float, ...], dtype: tf.DType) -> list[float]:
    """Round boundaries as the column's numbers were: 0.7 in a column of float32 is below 0.7."""
    return np.array(boundaries, np.float32 if dtype == tf.float32 else np.float64).tolist()


def _quantiles(numbers: tf.Tensor, buckets: int) -> tf.Tensor:
    """Cut each column into buckets of about equal size: boundaries `[features, buckets - 1]`.

    Each of them, float64, is one of the numbers.
    """
    columns = numbers.shape[1]
    combiner = analyzers.QuantilesCombiner(
        buckets,
        min(0.01, 0.1 / buckets),  # error in ranks, so that a bucket's size is right to about 10 %
        np.float64,
        has_weights=False,
        output_shape=[columns, buckets - 1],
        feature_shape=[columns],
    )
    with tf.compat.v1.name_scope(None, "quantiles"):  # the analyzer is known by it
        (boundaries,) = analyzers._apply_cacheable_combiner(combiner, numbers)
    return boundaries


def _mean_and_variance(numbers: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Compute both of each column in one pass: `[features]`; 0 for one without a number."""
    zeros = tf.zeros(numbers.shape[1:], tf.float64)
    statistics = analyzers._mean_and_var(numbers, reduce_instance_dims=False)
    # Until the analysis is done, scalars stand in their place.
    mean, variance = (tf.where(tf.math.is_finite(x), x, zeros) for x in statistics)
    return mean, variance


def _scaled(numbers: tf.Tensor, mean: tf.Tensor, origin: tf.Tensor, unit: tf.Tensor) -> tf.Tensor:
    """Put the missing numbers at the mean, then measure all from `origin` in `unit`.

    Without a unit, which is zero where all numbers are the same and undefined where there are
    none, the answer is 0.
    """
    filled = tf.where(tf.math.is_nan(numbers), mean, numbers)
    has_unit = tf.math.is_finite(unit) & (unit > 0)
    scaled = tf.math.divide_no_nan(filled - origin, tf.where(has_unit, unit, tf.zeros_like(unit)))
    return tf.clip_by_value(scaled, -FARTHEST, FARTHEST)


def _minmax(numbers: tf.Tensor, mean: tf.Tensor) -> tf.Tensor:
    missing = tf.math.is_nan(numbers)
    # Unlike the mean, minimum and maximum of what holds a NaN are NaN.
    infinity = tf.constant(math.inf, tf.float64)
    low = tft.min(tf.where(missing, infinity, numbers), reduce_instance_dims=False)
    high = tft.max(tf.where(missing, -infinity, numbers), reduce_instance_dims=False)
    low, high = tf.identity(low, LOWS), tf.identity(high, HIGHS)
    return _scaled(numbers, mean, low, high - low)


def _unscaled(numbers: tf.Tensor, mean: tf.Tensor) -> tf.Tensor:
    filled = tf.where(tf.math.is_nan(numbers), mean, numbers)
    return tf.clip_by_value(filled, -float(tf.float32.max), float(tf.float32.max))


_SCALES = ("zscore", "log_zscore", "minmax", "none")
_ZSCORE, _LOG, _MINMAX, _NONE = range(4)
