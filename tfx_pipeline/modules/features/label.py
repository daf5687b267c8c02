"""The transformed label: class ids or a number, and where it is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN, LABEL_WEIGHT, LabelRule

NO_CLASS = -1
"""Class id of a label that is none of the classes; training refuses it by name."""
BALANCED = "balanced"
"""In the place of a column of weights: each class counts the same."""


def label_features(raw: RawColumns, config: Mapping[str, Any]) -> dict[str, tf.Tensor]:
    """Compute the label of each row by `column`, `task`, `rule` and `classes` of the configuration.

    And its weight, where `weight` names a column.

    Returns:
        `label` `[batch, 1]`: int64 class id (`NO_CLASS` for a value outside the classes), or
        float32 for regression; 0 where unknown. `label_known` `[batch, 1] float32`: 1 or 0.
        `label_weight` `[batch, 1] float32`: NaN where it is missing, or not finite.

    Raises:
        ValueError: the rule or the column does not give what the task needs.
    """
    values, known = _values(raw, config)
    if config["task"] == "regression":
        label = tf.where(known, values, 0.0)
    else:
        label = tf.where(known, values, tf.constant(0, tf.int64))
    features = {LABEL: label, LABEL_KNOWN: tf.cast(known, tf.float32)}
    if config.get("weight") not in (None, BALANCED):
        features[LABEL_WEIGHT] = tf.cast(raw.numbers(config["weight"]), tf.float32)
    return features


def classes_told_apart(config: Mapping[str, Any]) -> int:
    """Count the classes of a label that is no number: more than two; else 0."""
    return len(config["classes"]) if config["task"] == "multiclass" else 0


def _values(raw: RawColumns, config: Mapping[str, Any]) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the label, int64 or float32, and where it is known: `[batch, 1]` each."""
    task, classes = config["task"], config["classes"]
    if config["rule"]:
        values, known = _by_rule(raw, config["rule"], task)
    elif classes:
        texts = raw.texts(config["column"])
        return _class_ids(texts, classes), texts != ""
    else:
        values = raw.numbers(config["column"])
        known = ~tf.math.is_nan(values)
    if task == "regression":
        # What float32 cannot hold is missing, and not infinite.
        known &= tf.abs(values) <= tf.float32.max
        return tf.cast(tf.where(known, values, tf.zeros_like(values)), tf.float32), known
    return _checked_ids(values, len(classes) or 2), known


def _by_rule(raw: RawColumns, text: str, task: str) -> tuple[tf.Tensor, tf.Tensor]:
    rule = LabelRule.parse(text)
    if rule.is_boolean != (task == "binary"):
        needed = "true or false" if task == "binary" else "a number"
        raise ValueError(f"label.rule {text!r} must give {needed} for the task {task}")
    columns = {name: raw.texts(name) for name in sorted(rule.text_columns)}
    whole = []
    for name in sorted(rule.columns - rule.text_columns):
        if raw.is_whole(name):
            whole.append(name)
            columns[name] = raw.numbers(name)
        else:
            columns[name] = raw.decimals(name)
    return rule.evaluate(columns, whole)


def _class_ids(texts: tf.Tensor, classes: Sequence[str]) -> tf.Tensor:
    """Find each text among the classes: `[batch, 1] int64`, or `NO_CLASS`."""
    matches = texts == tf.constant([classes])
    ids = tf.argmax(tf.cast(matches, tf.int32), axis=1)[:, tf.newaxis]
    return tf.where(
        tf.reduce_any(matches, axis=1, keepdims=True), ids, tf.constant(NO_CLASS, tf.int64)
    )


def _checked_ids(values: tf.Tensor, classes: int) -> tf.Tensor:
    """Make class ids of truth values or whole numbers: `[batch, 1] int64`, or `NO_CLASS`."""
    numbers = tf.cast(values, tf.float64)
    is_class = (numbers >= 0) & (numbers < classes) & (numbers == tf.floor(numbers))
    ids = tf.cast(tf.where(is_class, numbers, tf.zeros_like(numbers)), tf.int64)
    return tf.where(is_class, ids, tf.constant(NO_CLASS, tf.int64))
