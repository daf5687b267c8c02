"""Raw features, as they come from tf.Example, made dense: a value a row, missing ones marked.

Terms:
    raw feature: `[batch, ?]` SparseTensor or RaggedTensor with at most one value a row, or a dense
        tensor `[batch]` or `[batch, 1]`; float32, int64 or string.
    number: float32; NaN is missing, and so is whatever is not finite in the data.
    text: string; "" is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

import tensorflow as tf

RawFeature: TypeAlias = tf.Tensor | tf.SparseTensor | tf.RaggedTensor


def count_rows(raw: Mapping[str, RawFeature]) -> tf.Tensor:
    """Return how many rows a batch of raw features, at least one, has: int64 scalar."""
    feature = next(iter(raw.values()))
    if isinstance(feature, tf.SparseTensor):
        return feature.dense_shape[0]
    if isinstance(feature, tf.RaggedTensor):
        return feature.nrows(tf.int64)
    return tf.shape(feature, tf.int64)[0]


class RawColumns:
    """The columns of a batch of raw features, each made dense once.

    Its methods raise a ValueError where the table has no such column, or where it holds text and
    numbers are needed.
    """

    def __init__(self, raw: Mapping[str, RawFeature]) -> None:
        """Take raw features by column name, at least one."""
        self._raw = raw
        self._dense: dict[tuple[str, tf.DType], tf.Tensor] = {}
        self._shape = tf.stack([count_rows(raw), 1])

    def numbers(self, *names: str) -> tf.Tensor:
        """Read columns as numbers, side by side: `[batch, names] float32`."""
        values = self._side_by_side(names, tf.float32, float("nan"))
        return tf.where(tf.math.is_finite(values), values, float("nan"))

    def texts(self, *names: str) -> tf.Tensor:
        """Read columns as texts, side by side: `[batch, names] string`.

        The number 7 becomes "7", and so does 7.0; a fraction keeps 6 digits.
        """
        return self._side_by_side(names, tf.string, "")

    def whole_numbers(self, *names: str) -> tuple[tf.Tensor, tf.Tensor]:
        """Read columns of whole numbers exactly.

        Returns:
            The values, `[batch, names] int64` (0 where missing), and where they are missing,
            `[batch, names] bool`.
        """
        missing = tf.math.is_nan(self.numbers(*names))
        return self._side_by_side(names, tf.int64, 0), missing

    def _side_by_side(self, names: tuple[str, ...], dtype: tf.DType, missing: object) -> tf.Tensor:
        columns = []
        for name in names:
            if (name, dtype) not in self._dense:
                self._dense[name, dtype] = self._make_dense(name, dtype, missing)
            columns.append(self._dense[name, dtype])
        return tf.concat(columns, 1) if len(columns) > 1 else columns[0]

    def _make_dense(self, name: str, dtype: tf.DType, missing: object) -> tf.Tensor:
        """Convert the values there are, then put `missing` where a row has none: `[batch, 1]`."""
        if name not in self._raw:
            known = ", ".join(sorted(self._raw))
            raise ValueError(f"no column {name!r} in the schema; it has {known}")
        feature = self._raw[name]
        if feature.dtype == tf.string != dtype:
            raise ValueError(f"column {name!r} holds text where a number is needed")
        convert: Callable[[tf.Tensor], tf.Tensor] = (
            _as_text if dtype == tf.string else lambda values: tf.cast(values, dtype)
        )
        if isinstance(feature, tf.RaggedTensor):
            feature = feature.to_sparse()
        if not isinstance(feature, tf.SparseTensor):
            return tf.reshape(convert(feature), [-1, 1])
        values = tf.SparseTensor(feature.indices, convert(feature.values), self._shape)
        return tf.ensure_shape(tf.sparse.to_dense(values, missing), [None, 1])


def _as_text(values: tf.Tensor) -> tf.Tensor:
    if values.dtype == tf.string:
        return values
    if values.dtype.is_integer:
        return tf.strings.as_string(values)
    whole = tf.strings.as_string(tf.cast(values, tf.int64))
    fraction = tf.strings.as_string(values, precision=6, shortest=True)
    text = tf.where(values == tf.floor(values), whole, fraction)
    return tf.where(tf.math.is_finite(values), text, "")
