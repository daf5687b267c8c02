"""Numbers out of texts, in the graph: see `number_style`, whose Arrow reads the same."""

from __future__ import annotations

import tensorflow as tf

from tfx_pipeline.modules.features.number_style import (
    CANONICAL,
    EXACT,
    MAGNITUDE,
    MAGNITUDES,
    PARENTHESES,
    PLUS_SIGNS,
    SIGN,
    TOO_EXACT,
    NumberStyle,
)


def parsed_numbers(texts: tf.Tensor, style: NumberStyle) -> tf.Tensor:
    """Read texts, string of any shape, as numbers: float64 of that shape; NaN where one is none."""
    is_negative = tf.zeros_like(texts, tf.bool)
    if style.is_accounting:
        is_negative = tf.strings.regex_full_match(texts, PARENTHESES)
        texts = tf.where(is_negative, tf.strings.regex_replace(texts, "[()]", ""), texts)
    is_number = tf.strings.regex_full_match(texts, style.pattern)
    texts = tf.where(is_number, texts, "0")
    plain = tf.strings.regex_replace(texts, style.pattern, CANONICAL)
    if style.thousands:
        plain = tf.strings.regex_replace(plain, style.mark_class, "")
    plain = tf.strings.regex_replace(plain, TOO_EXACT, EXACT)
    plain = tf.strings.regex_replace(plain, ";", ".")
    numbers = tf.strings.to_number(plain, tf.float64)
    if style.has_magnitudes:
        magnitude = tf.strings.regex_replace(texts, style.pattern, MAGNITUDE)
        for mark, factor in MAGNITUDES.items():
            numbers = tf.where(magnitude == mark, numbers * factor, numbers)
    sign = tf.strings.regex_replace(texts, style.pattern, SIGN)
    is_positive = tf.reduce_any([sign == plus for plus in PLUS_SIGNS], axis=0)
    numbers = tf.where(is_negative | ~is_positive, -numbers, numbers)
    return tf.where(is_number, numbers, tf.constant(float("nan"), tf.float64))
