"""Moments out of texts, in the graph: see `moment_style`, whose Arrow reads the same."""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from tfx_pipeline.modules.features.calendar_arithmetic import seconds_of_fields
from tfx_pipeline.modules.features.moment_style import (
    MONTHS,
    OFFSET_PARTS,
    TEXT_FIELDS,
    MomentStyle,
)
from tfx_pipeline.modules.features.time_zone import TimeZone


def parsed_moments(texts: tf.Tensor, style: MomentStyle, zone: TimeZone | None) -> tf.Tensor:
    """Read texts as moments.

    Args:
        texts: string, of any shape.
        style: how they are written.
        zone: that a text without an offset is in; None: UTC.

    Returns:
        Seconds since 1970-01-01 00:00 UTC, float64 of that shape; NaN where a text is no such
        moment, or a date that does not exist.
    """
    texts = tf.strings.strip(texts)
    is_written = tf.strings.regex_full_match(texts, style.pattern)
    found = {
        name: tf.where(
            is_written, tf.strings.regex_replace(texts, style.pattern, rf"\{1 + place}"), ""
        )
        for place, name in enumerate(style.fields)
    }
    fields = _numbers({name: text for name, text in found.items() if name not in TEXT_FIELDS})
    if "month_name" in found:
        names = tf.strings.lower(found["month_name"])[..., tf.newaxis]
        is_month = tf.cast(names == tf.constant(MONTHS), tf.int32)
        fields["month"] = 1 + tf.argmax(is_month, axis=-1) % 12
    if "half" in found:
        fields["half"] = tf.cast(tf.strings.lower(found["half"]) == "pm", tf.int64)
    if "offset" in found:
        fields["ahead"] = _ahead(found["offset"])
    seconds, is_date = seconds_of_fields(fields)
    seconds = tf.broadcast_to(seconds, tf.shape(texts))
    if zone is not None:
        ahead = ahead_when(seconds, zone)
        if "offset" in found:
            ahead = tf.where(found["offset"] == "", ahead, tf.zeros_like(ahead))
        seconds -= ahead
    moments = tf.cast(seconds, tf.float64)
    if "fraction" in found:
        fraction = tf.strings.join(["0.", found["fraction"], "0"])
        moments += tf.strings.to_number(fraction, tf.float64)
    return tf.where(is_written & is_date, moments, tf.constant(float("nan"), tf.float64))


def ahead_when(shown: tf.Tensor, zone: TimeZone) -> tf.Tensor:
    """Tell how far clocks that show this are ahead of UTC: int64 seconds; see `TimeZone`."""
    return _looked_up(shown, zone.local_moves, zone.offsets)


def ahead_at(seconds: tf.Tensor, zone: TimeZone) -> tf.Tensor:
    """Tell how far clocks are ahead of UTC at moments in UTC: int64 seconds; see `TimeZone`."""
    return _looked_up(seconds, zone.moves, zone.offsets)


def _looked_up(seconds: tf.Tensor, moves: tuple[int, ...], offsets: tuple[int, ...]) -> tf.Tensor:
    places = tf.searchsorted(tf.constant(moves, tf.int64), tf.reshape(seconds, [-1]), "right")
    found = tf.gather(tf.constant(offsets, tf.int64), places)
    return tf.reshape(found, tf.shape(seconds))


def _numbers(texts: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Read digits, perhaps with a blank before them, all at once; 0 where there are none."""
    if not texts:
        return {}
    digits = tf.strings.strip(tf.stack(list(texts.values())))
    numbers = tf.strings.to_number(tf.strings.join(["0", digits]), tf.int64)
    return dict(zip(texts, tf.unstack(numbers, len(texts)), strict=True))


def _ahead(offsets: tf.Tensor) -> tf.Tensor:
    """Read offsets: int64 seconds; 0 for `Z` and where there is none."""
    is_offset = tf.strings.regex_full_match(offsets, OFFSET_PARTS)
    parts = _numbers(
        {
            unit: tf.where(
                is_offset, tf.strings.regex_replace(offsets, OFFSET_PARTS, rf"\{place}"), ""
            )
            for unit, place in (("hours", 2), ("minutes", 3), ("seconds", 4))
        }
    )
    size = 3600 * parts["hours"] + 60 * parts["minutes"] + parts["seconds"]
    return tf.where(tf.strings.regex_full_match(offsets, "-.*"), -size, size)
