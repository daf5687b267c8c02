"""What the configuration says of a column's cells: which mean missing, and how texts are read.

Before anything is computed of them, cells that mean missing are made missing, texts that are
parsed become numbers or moments, and words that have an order become their ranks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.columns import MISSING, RawColumns, RawFeature, columns_of
from tfx_pipeline.modules.features.missing_marks import MissingMarks, read_marks
from tfx_pipeline.modules.features.moment_style import read_pattern
from tfx_pipeline.modules.features.moment_text import parsed_moments
from tfx_pipeline.modules.features.number_style import read_style
from tfx_pipeline.modules.features.number_text import parsed_numbers
from tfx_pipeline.modules.features.time_zone import read_zone

Specs = Mapping[str, Mapping[str, Any]]
_NAN = float("nan")


def without_marks(raw: Mapping[str, RawFeature], features: Specs) -> Mapping[str, RawFeature]:
    """Let cells be missing that mean it, as `missing` of each feature says.

    Returns:
        `raw`, with the columns that have marks dense: `[batch, 1]`, see `columns.MISSING`.
    """
    marked = {x: tuple(each["missing"]) for x, each in features.items() if each.get("missing")}
    if not marked:
        return raw
    columns = RawColumns(raw)
    groups: dict[tuple[Any, tuple[str, ...]], list[str]] = {}
    for name, cells in marked.items():
        groups.setdefault((columns.dtype(name), cells), []).append(name)
    dense = dict(raw)
    for (dtype, cells), names in groups.items():
        values = columns.stored(*names)
        is_mark = _are_marks(values, read_marks(cells))
        dense |= columns_of(names, tf.where(is_mark, tf.constant(MISSING[dtype], dtype), values))
    return dense


def read_columns(raw: Mapping[str, RawFeature], features: Specs) -> RawColumns:
    """Take raw features as the configuration reads them: see `without_marks` and `as_numbers`."""
    unmarked = without_marks(raw, features)
    return RawColumns(unmarked, as_numbers(unmarked, features))


def as_numbers(raw: Mapping[str, RawFeature], features: Specs) -> dict[str, tf.Tensor]:
    """Read texts as numbers, where a feature says how.

    Args:
        raw: the columns, without marks.
        features: by column; of a number `parse` is an example, of a moment a pattern, in `zone`;
            a feature of the kind `ordinal` has `values`.

    Returns:
        Such columns, float64 `[batch, 1]`: numbers, seconds since 1970 in UTC, or ranks from 0;
        NaN where missing, and where a text is none of these.
    """
    groups: dict[tuple[Any, ...], list[str]] = {}
    for name, feature in features.items():
        if key := _reading(feature):
            groups.setdefault(key, []).append(name)
    if not groups:
        return {}
    columns, read = RawColumns(raw), dict[str, tf.Tensor]()
    for (reads, *how, cells), names in groups.items():
        values = reads(columns.texts(*names), *how)
        marks = read_marks(cells)
        if marks.numbers:
            values = tf.where(_are_marks(values, marks), tf.constant(_NAN, tf.float64), values)
        read |= columns_of(names, values)
    return read


def is_read(feature: Mapping[str, Any]) -> bool:
    """Tell whether a feature's column of texts is read as numbers."""
    return _reading(feature) is not None


def _reading(feature: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Say how texts become numbers: a function, its arguments, and the marks; None: they do not."""
    kind, cells = feature["kind"], tuple(feature.get("missing", ()))
    if kind == "ordinal":
        return _ranks, tuple(feature["values"]), ()
    if not feature.get("parse"):
        return None
    if kind == "timestamp":
        return _moments, feature["parse"], feature.get("zone"), ()
    return _numbers, feature["parse"], cells


def _numbers(texts: tf.Tensor, example: str) -> tf.Tensor:
    return parsed_numbers(texts, read_style(example))


def _moments(texts: tf.Tensor, pattern: str, zone: str | None) -> tf.Tensor:
    return parsed_moments(texts, read_pattern(pattern), read_zone(zone) if zone else None)


def _ranks(texts: tf.Tensor, values: tuple[str, ...]) -> tf.Tensor:
    """Give the place of each text among the values, `[batch, columns] float64`; NaN for others."""
    matches = texts[..., tf.newaxis] == tf.constant(values)
    ranks = tf.cast(tf.argmax(tf.cast(matches, tf.int32), axis=-1), tf.float64)
    return tf.where(tf.reduce_any(matches, axis=-1), ranks, tf.constant(_NAN, tf.float64))


def _are_marks(values: tf.Tensor, marks: MissingMarks) -> tf.Tensor:
    """Tell which values, of any shape, are marks; bool of that shape."""
    if values.dtype == tf.string:
        values, found = tf.strings.strip(values), tf.constant(marks.texts, tf.string)
    elif values.dtype.is_integer:
        found = tf.constant(marks.whole, tf.int64)
    else:
        numbers = marks.held if values.dtype == tf.float32 else marks.numbers
        found = tf.constant(numbers, values.dtype)
    return tf.reduce_any(values[..., tf.newaxis] == found, axis=-1)
