"""Real rows with a feature missing, or as no row has it: what a caller may send all the same.

A table in which a column is never empty has no row that shows what the served model makes of a
missing value there. So rows are made that do, as tf.Examples, which are not what a caller sends:
an absent feature and a NaN go to the transform graph by different ways, and must come to the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tfx_pipeline.modules.features.raw_columns import RawColumns, RawFeature

UNSEEN_TEXT = "(never seen)"
_MOST = 64  # groups of features, and rows to find one in that has a value


def changed_rows(
    serialized: Sequence[bytes], raw: Mapping[str, RawFeature], features: Sequence[str]
) -> Iterator[tuple[bytes, str]]:
    """Change one feature a row; several, where there are more than 64 of them.

    Args:
        serialized: tf.Examples, at least one.
        raw: the raw features of these and of more rows, whose range is what counts as seen.
        features: raw features to change.

    Yields:
        A serialized tf.Example, and what was changed in it: first each feature missing, then each
        as no row has it, a text or a number beyond all others.
    """
    columns = RawColumns(raw)
    groups = [features[start::_MOST] for start in range(min(_MOST, len(features)))]
    for state in ("missing", "unseen"):
        for group in groups:
            example = tf.train.Example.FromString(_row_with(group[0], serialized))
            for name in group:
                example.features.feature.pop(name, None)
                if state == "unseen":
                    _write(example.features.feature[name], _unseen(columns, name, raw[name].dtype))
            names = ", ".join(f"`{name}`" for name in group)
            yield example.SerializeToString(deterministic=True), f"{names} {state}"


def _row_with(name: str, serialized: Sequence[bytes]) -> bytes:
    """Give an early row in which the feature has a value; the first of all, where none has."""
    for row in serialized[:_MOST]:
        if name in tf.train.Example.FromString(row).features.feature:
            return row
    return serialized[0]


def _unseen(columns: RawColumns, name: str, dtype: tf.DType) -> float | int | str:
    if dtype == tf.string:
        return UNSEEN_TEXT
    numbers = columns.numbers(name).numpy()
    numbers = numbers[~np.isnan(numbers)]
    low, high = (numbers.min(), numbers.max()) if len(numbers) else (0.0, 0.0)
    # Far enough to be none of the rows, near enough for float32 to compute with.
    beyond = high + 2 * (high - low) + 1
    if dtype.is_integer:
        return int(beyond) if beyond < 2**53 else math.floor(low - 1)
    return float(beyond) if beyond < tf.float32.max else 0.0


def _write(feature: Any, value: float | int | str) -> None:
    if isinstance(value, str):
        feature.bytes_list.value.append(value.encode())
    elif isinstance(value, int):
        feature.int64_list.value.append(value)
    else:
        feature.float_list.value.append(value)
