"""The generic `preprocessing_fn`: raw features to model inputs, driven by the configuration.

Features of one kind are computed together, as the columns of one matrix, and all that is learned
from the data comes out of a single pass over it. That is for speed: tf.Transform traces this
function nine times, and its own analyzers cost more Beam stages than the data takes to read.

Transformed features, `[batch, 1]` except the words; ids are int64, 0 is missing, and their range
stands in the transformed schema:
    <name>_scaled       float32: a scaled number; the mean where missing
    <name>_missing      float32: 1 where the number is missing, else 0
    <name>_bucket       id: the buckets, ascending
    <name>_id           id: the categories, most frequent first, then the unknown ones
    <name>_<part>_part  id: a calendar part
    <name>_words        `[batch, max_vocabulary + 1] float32`: 1 where a word occurs
    <lookup>_average    float32: a scaled average; 0, the overall average, for unknown keys
    label, label_known  see `label_rule`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.categories import category_features
from tfx_pipeline.modules.features.columns import RawColumns, RawFeature
from tfx_pipeline.modules.features.label import label_features
from tfx_pipeline.modules.features.numbers import bucket_features, scaled_features
from tfx_pipeline.modules.features.timestamps import timestamp_features


def preprocessing_fn(
    inputs: Mapping[str, RawFeature], custom_config: Mapping[str, Any]
) -> dict[str, tf.Tensor]:
    """Transform raw features (see `features.columns`) into model inputs and label.

    `custom_config` are the sections `features`, `lookups` and `label` of the configuration.

    Raises:
        ValueError: a column is missing, or is text where a number is needed.
    """
    features, lookups = custom_config["features"], custom_config["lookups"]
    raw = RawColumns(inputs)
    return {
        **scaled_features(raw, _of_kind(features, "numeric")),
        **bucket_features(raw, _of_kind(features, "numeric", "bucketized")),
        **timestamp_features(raw, _of_kind(features, "timestamp")),
        **category_features(
            raw, _of_kind(features, "categorical"), _of_kind(features, "text"), lookups
        ),
        **label_features(raw, custom_config["label"]),
    }


def _of_kind(features: Mapping[str, Mapping[str, Any]], *kinds: str) -> dict[str, Any]:
    return {name: feature for name, feature in features.items() if feature["kind"] in kinds}
