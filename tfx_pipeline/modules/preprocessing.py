"""The generic `preprocessing_fn`: raw features to model inputs, driven by the configuration.

Features of one kind are computed together, as the columns of one matrix, and all that is learned
from the data comes out of a single pass over it. That is for speed: tf.Transform traces this
function nine times, and its own analyzers cost more Beam stages than the data takes to read.

First of all, cells that mean missing are made missing, and texts that are numbers, moments or words
in an order become numbers: see `features.conversions`.

Transformed features, `[batch, 1]` where nothing else is said; ids are int64, 0 is missing, and
their range stands in the transformed schema:
    <name>_scaled       float32: a scaled number, moment or rank; the mean where missing
    <name>_missing      float32: 1 where it is missing, else 0
    <name>_bucket       id: the buckets, ascending
    <name>_id           id: the categories, most frequent first, then the unknown ones
    <name>_<part>_part  id: a calendar part
    <name>_periodic     `[batch, 6] float32`: sine and cosine of the turn of day, week and year
    <name>_target       `[batch, classes or 1] float32`: the label of the category's rows, encoded;
                        one a class where there are more than two; 0 for unknown categories
    <name>_words        `[batch, max_vocabulary + 1 or hash_buckets] float32`: 1 where a word
                        occurs, or its weight
    <lookup>_average    float32: a scaled average; 0, the overall average, for unknown keys
    label, label_known  see `label_rule`
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawColumns, RawFeature
from tfx_pipeline.modules.features.conversions import read_columns
from tfx_pipeline.modules.features.label import classes_told_apart, label_features
from tfx_pipeline.modules.features.names.features import name_features
from tfx_pipeline.modules.features.numbers import bucket_features, scaled_features
from tfx_pipeline.modules.features.timestamps import timestamp_features

Specs = Mapping[str, Mapping[str, Any]]
_ZSCORE = {"scale": "zscore"}


def preprocessing_fn(
    inputs: Mapping[str, RawFeature], custom_config: Mapping[str, Any]
) -> dict[str, tf.Tensor]:
    """Transform raw features (see `features.columns`) into model inputs and label.

    `custom_config` are the sections `features`, `lookups` and `label` of the configuration.

    Raises:
        ValueError: a column is missing, or is text where a number is needed.
    """
    with tf.name_scope(scope_of(custom_config)):
        return _features(inputs, custom_config)


def scope_of(custom_config: Mapping[str, Any]) -> str:
    """Name the scope of all operations that make the features, by what they are made by.

    Who finds a feature in a graph that was computed in this scope alone, knows what it is.
    """
    sections = {name: custom_config[name] for name in ("features", "lookups")}
    digest = zlib.crc32(json.dumps(sections, sort_keys=True).encode())
    return f"g{digest:08x}"  # short: it stands in the name of each operation


def scaled(features: Specs) -> Specs:
    """Choose the features that are scaled numbers, each with its `scale`."""
    linear = {x for x, each in features.items() if each.get("linear")}
    by_place = dict.fromkeys([*of_kind(features, "ordinal"), *sorted(linear)], _ZSCORE)
    return {**of_kind(features, "numeric"), **by_place}


def bucketed(features: Specs) -> Specs:
    """Choose the features of which some have buckets."""
    return of_kind(features, "numeric", "bucketized")


def _features(
    inputs: Mapping[str, RawFeature], custom_config: Mapping[str, Any]
) -> dict[str, tf.Tensor]:
    features, lookups = custom_config["features"], custom_config["lookups"]
    raw = read_columns(inputs, features)
    names = {kind: of_kind(features, kind) for kind in ("categorical", "text")}
    label = label_features(RawColumns(inputs), custom_config["label"])
    return {
        **scaled_features(raw, scaled(features)),
        **bucket_features(raw, bucketed(features)),
        **timestamp_features(raw, of_kind(features, "timestamp")),
        **name_features(raw, names, lookups, label, classes_told_apart(custom_config["label"])),
        **label,
    }


def of_kind(features: Specs, *kinds: str) -> dict[str, Any]:
    """Choose the features of some kinds."""
    return {name: feature for name, feature in features.items() if feature["kind"] in kinds}
