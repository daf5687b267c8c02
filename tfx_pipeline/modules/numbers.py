"""Features made from numbers: scaled, with an indicator of missing values, and bucketized.

Terms:
    numbers: `[batch, features] float32`; NaN is missing: mean, variance and quantiles pass it over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft

from tfx_pipeline.modules.ids import id_columns
from tfx_pipeline.modules.raw_inputs import RawColumns

Specs = Mapping[str, Mapping[str, Any]]


def scaled_features(raw: RawColumns, features: Specs) -> dict[str, tf.Tensor]:
    """Scale numbers, and say where they are missing.

    Args:
        raw: the columns.
        features: per column, `scale`: zscore, log_zscore (of log(1 + max(x, 0))), minmax or none.

    Returns:
        `<name>_scaled` and `<name>_missing`, each `[batch, 1] float32`. A missing number stands
        at the mean of the training rows; one that never varies is 0 after zscore and minmax.
    """
    outputs: dict[str, tf.Tensor] = {}
    for scale, scaling in _SCALINGS.items():
        names = [name for name, feature in features.items() if feature["scale"] == scale]
        if names:
            numbers = raw.numbers(*names)
            missing = tf.cast(tf.math.is_nan(numbers), tf.float32)
            outputs |= _by_name([f"{name}_scaled" for name in names], scaling(numbers))
            outputs |= _by_name([f"{name}_missing" for name in names], missing)
    return outputs


def bucket_features(raw: RawColumns, features: Specs) -> dict[str, tf.Tensor]:
    """Find the bucket that each number falls into; a number on a boundary, into the upper one.

    Args:
        raw: the columns.
        features: per column, `buckets` (quantiles of the training rows; 0: none) or `boundaries`.

    Returns:
        `<name>_bucket`: `[batch, 1] int64` ids, 0 for missing.
    """
    groups: dict[int | tuple[float, ...], list[str]] = {}
    for name, feature in features.items():
        key = tuple(feature.get("boundaries", ())) or feature["buckets"]
        groups.setdefault(key, []).append(name)
    groups.pop(0, None)
    outputs: dict[str, tf.Tensor] = {}
    for key, names in groups.items():
        numbers = raw.numbers(*names)
        if isinstance(key, int):
            boundaries, size = _quantiles(numbers, key), key + 1
        else:
            boundaries, size = tf.constant([key] * len(names)), len(key) + 2
        buckets = tf.searchsorted(boundaries, tf.transpose(numbers), "right", tf.int64)
        ids = tf.where(tf.math.is_nan(numbers), tf.constant(0, tf.int64), 1 + tf.transpose(buckets))
        sizes = tf.constant([size] * len(names), tf.int64)
        outputs |= id_columns([f"{name}_bucket" for name in names], ids, sizes)
    return outputs


def _by_name(names: list[str], matrix: tf.Tensor) -> dict[str, tf.Tensor]:
    return dict(zip(names, tf.split(matrix, len(names), axis=1), strict=True))


def _quantiles(numbers: tf.Tensor, buckets: int) -> tf.Tensor:
    """Cut each column into buckets of about equal size: boundaries `[features, buckets - 1]`."""
    error = min(0.01, 0.1 / buckets)  # in ranks, so that a bucket's size is right to about 10 %
    return tft.quantiles(numbers, buckets, error, reduce_instance_dims=False)


def _zscore(numbers: tf.Tensor) -> tf.Tensor:
    return _or_zero(tft.scale_to_z_score(numbers, elementwise=True))


def _log_zscore(numbers: tf.Tensor) -> tf.Tensor:
    return _zscore(tf.math.log1p(tf.maximum(numbers, 0.0)))


def _minmax(numbers: tf.Tensor) -> tf.Tensor:
    missing = tf.math.is_nan(numbers)
    # Unlike the mean, minimum and maximum of what holds a NaN are NaN.
    low = tft.min(tf.where(missing, math.inf, numbers), reduce_instance_dims=False)
    high = tft.max(tf.where(missing, -math.inf, numbers), reduce_instance_dims=False)
    filled = tf.where(missing, tft.mean(numbers, reduce_instance_dims=False), numbers)
    return _or_zero(tf.math.divide_no_nan(filled - low, high - low))


def _unscaled(numbers: tf.Tensor) -> tf.Tensor:
    mean = tft.mean(numbers, reduce_instance_dims=False)
    return _or_zero(tf.where(tf.math.is_nan(numbers), mean, numbers))


def _or_zero(numbers: tf.Tensor) -> tf.Tensor:
    return tf.where(tf.math.is_finite(numbers), numbers, 0.0)


_SCALINGS: dict[str, Callable[[tf.Tensor], tf.Tensor]] = {
    "zscore": _zscore,
    "log_zscore": _log_zscore,
    "minmax": _minmax,
    "none": _unscaled,
}
