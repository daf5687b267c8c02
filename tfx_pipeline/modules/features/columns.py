"""Columns: raw ones made dense, a value a row, missing ones marked; transformed ones taken apart.

Terms:
    raw feature: `[batch, ?]` SparseTensor or RaggedTensor with at most one value a row, or a dense
        tensor `[batch]` or `[batch, 1]`; float32, int64 or string, or float64 where it was read
        out of texts.
    number: float64, so that whole numbers are exact up to 2**53; NaN is missing, and so is
        whatever is not finite in the data.
    text: string; "" is missing.
    missing, in a dense tensor: what a schema calls required can be missing all the same once the
        model is served. `MISSING` says how it is written, by data type.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import tensorflow as tf
from tensorflow_transform import schema_inference

from tfx_pipeline.modules.description.columns import FARTHEST_MOMENT
from tfx_pipeline.modules.label_rule.arithmetic import decimals_with

RawFeature: TypeAlias = tf.Tensor | tf.SparseTensor | tf.RaggedTensor
MISSING = {tf.float32: float("nan"), tf.int64: tf.int64.min, tf.string: ""}
"""A missing value in a dense tensor. No column holds -2**63, the least of all integers."""
FARTHEST = 1e6
"""A scaled number is at most this, and at least its negative: that many standard deviations, or
ranges of the training rows. No row can be that far from the rows that it is one of, unless there
are 10**12; what a caller sends can be, and would overflow in the network."""

_RESOLUTION = 2.0**-48  # a deviation below this share of the mean is rounding


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

    def __init__(
        self, raw: Mapping[str, RawFeature], read: Mapping[str, RawFeature] | None = None
    ) -> None:
        """Take raw features by column name, at least one.

        `read` are the numbers that some columns of texts were read as: see `conversions`.
        """
        self._raw, self._read = raw, read or {}
        self._dense: dict[tuple[tuple[str, ...], tf.DType, str], tf.Tensor] = {}
        self._rows = count_rows(raw)

    def numbers(self, *names: str) -> tf.Tensor:
        """Read columns as numbers, side by side: `[batch, names] float64`."""
        values = self._side_by_side(names, tf.float64, float("nan"))
        return tf.where(tf.math.is_finite(values), values, tf.constant(float("nan"), tf.float64))

    def decimals(self, name: str) -> tf.Tensor:
        """Read a column of float32 as the decimals that the table writes: `[batch, 1] float64`."""
        values = tf.cast(self.numbers(name), tf.float32)
        return decimals_with(values, tf.round, tf.where, tf.cast)

    def stored(self, *names: str) -> tf.Tensor:
        """Read columns of one type as they are, side by side: `[batch, names]`, see `MISSING`."""
        dtype = self.dtype(names[0])
        return self._side_by_side(names, dtype, MISSING[dtype])

    def dtype(self, name: str) -> tf.DType:
        """Give the type of a column, as it was read."""
        return self._feature(name).dtype

    def is_whole(self, name: str) -> bool:
        """Tell whether a column holds integers."""
        return bool(self._feature(name).dtype.is_integer)

    def texts(self, *names: str) -> tf.Tensor:
        """Read columns as texts, side by side: `[batch, names] string`.

        The number 7 becomes "7", and so does 7.0; a fraction has as few digits, 6 at least unless
        they are zeros, as tell it from every other float32. Different numbers have different texts.
        """
        return self._side_by_side(names, tf.string, "")

    def whole_numbers(self, *names: str) -> tuple[tf.Tensor, tf.Tensor]:
        """Read columns of whole numbers exactly; a fraction is cut off towards the past.

        Returns:
            The values, `[batch, names] int64` (0 where missing), and where they are missing,
            `[batch, names] bool`.
        """
        missing = tf.math.is_nan(self.numbers(*names))
        values = self._side_by_side(names, tf.int64, 0)
        return tf.where(missing, tf.constant(0, tf.int64), values), missing

    def _side_by_side(self, names: tuple[str, ...], dtype: tf.DType, missing: object) -> tf.Tensor:
        """Make columns dense, those of one form and type together: `[batch, names]`.

        A thousand columns made dense one by one are ten thousand operations, to be traced and
        saved several times.
        """
        key = (names, dtype, repr(missing))
        if key not in self._dense:
            alike: dict[tuple[bool, tf.DType], list[str]] = {}
            for name in names:
                feature = self._feature(name, dtype)
                if feature.dtype == tf.string != dtype:
                    raise ValueError(f"column {name!r} holds text where a number is needed")
                is_sparse = not isinstance(feature, tf.Tensor)
                alike.setdefault((is_sparse, feature.dtype), []).append(name)
            parts = [
                (self._of_sparse if is_sparse else self._of_dense)(group, dtype, missing)
                for (is_sparse, _), group in alike.items()
            ]
            order = [name for group in alike.values() for name in group]
            self._dense[key] = _in_order(parts, [order.index(name) for name in names])
        return self._dense[key]

    def _feature(self, name: str, dtype: tf.DType | None = None) -> RawFeature:
        """Give what is known of a column; where texts are wanted, as they stand."""
        if name in self._read and dtype != tf.string:
            return self._read[name]
        if name not in self._raw:
            known = ", ".join(sorted(self._raw))
            raise ValueError(f"no column {name!r} in the schema; it has {known}")
        return self._raw[name]

    def _of_dense(self, names: Sequence[str], dtype: tf.DType, missing: object) -> tf.Tensor:
        """Convert dense columns of one type: `[batch, names]`."""
        columns = [self._feature(name, dtype) for name in names]
        values = tf.concat([x if x.shape.rank == 2 else tf.reshape(x, [-1, 1]) for x in columns], 1)
        if not values.dtype.is_integer:  # NaN and "" are missing already
            return _converted(values, dtype)
        is_missing = values == tf.constant(MISSING[tf.int64], values.dtype)
        return tf.where(is_missing, tf.constant(missing, dtype), _converted(values, dtype))

    def _of_sparse(self, names: Sequence[str], dtype: tf.DType, missing: object) -> tf.Tensor:
        """Convert the values there are, then put `missing` where a row has none."""
        columns = [
            x.to_sparse() if isinstance(x, tf.RaggedTensor) else x
            for x in (self._feature(name, dtype) for name in names)
        ]
        indices = tf.concat([x.indices for x in columns], 0)
        counts = tf.concat(tf.raw_ops.ShapeN(input=[x.values for x in columns]), 0)
        # A second value in a row is out of range there.
        places = (
            tf.repeat(tf.range(len(names), dtype=tf.int64), counts) + len(names) * indices[:, 1]
        )
        values = _converted(tf.concat([x.values for x in columns], 0), dtype)
        empty = tf.fill([self._rows, len(names)], tf.constant(missing, dtype))
        cells = tf.stack([indices[:, 0], places], 1)
        return tf.ensure_shape(
            tf.tensor_scatter_nd_update(empty, cells, values), [None, len(names)]
        )


def _in_order(parts: Sequence[tf.Tensor], order: Sequence[int]) -> tf.Tensor:
    """Put matrices side by side, then their columns in this order."""
    matrix = tf.concat(parts, 1) if len(parts) > 1 else parts[0]
    return matrix if sorted(order) == list(order) else tf.gather(matrix, order, axis=1)


def _converted(values: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """Convert to float64, int64 or string; what the new type cannot hold is not cast."""
    if dtype == tf.string:
        return _as_text(values)
    if dtype == tf.int64 and values.dtype.is_floating:
        # Every float below is an int64, and no moment or id of a table is beyond.
        held = tf.clip_by_value(tf.floor(values), -FARTHEST_MOMENT, FARTHEST_MOMENT)
        return tf.cast(tf.where(tf.math.is_finite(values), held, tf.zeros_like(held)), tf.int64)
    return tf.cast(values, dtype)


def _as_text(values: tf.Tensor) -> tf.Tensor:
    if values.dtype == tf.string:
        return values
    if values.dtype.is_integer:
        return tf.strings.as_string(values)
    is_whole = (values == tf.floor(values)) & (tf.abs(values) < 2.0**63)
    whole = tf.strings.as_string(tf.cast(tf.where(is_whole, values, 0.0), tf.int64))
    others = tf.where(tf.math.is_finite(values) & ~is_whole)
    text = tf.where(is_whole, whole, "")
    return tf.tensor_scatter_nd_update(text, others, _shortest(tf.gather_nd(values, others)))


def _shortest(values: tf.Tensor) -> tf.Tensor:
    """Write float32 numbers with as few digits as give the same number again: 6 to 9.

    9 digits always do: Steele and White, How to print floating-point numbers accurately (1990).
    """
    text = tf.strings.as_string(values, precision=9, shortest=True)
    for digits in (8, 7, 6):
        shorter = tf.strings.as_string(values, precision=digits, shortest=True)
        text = tf.where(tf.strings.to_number(shorter) == values, shorter, text)
    return text


def columns_of(names: Sequence[str], matrix: tf.Tensor) -> dict[str, tf.Tensor]:
    """Take a matrix `[batch, names]` apart into columns by name, `[batch, 1]` each."""
    return dict(zip(names, tf.split(matrix, len(names), axis=1), strict=True))


def id_columns(names: Sequence[str], ids: tf.Tensor, sizes: tf.Tensor) -> dict[str, tf.Tensor]:
    """Take id columns apart and record their ranges.

    Args:
        names: of the columns.
        ids: `[batch, names] int64`, in [0, sizes).
        sizes: number of ids per column, `[names] int64`; perhaps known only after the analysis.

    Returns:
        Each column by name, `[batch, 1] int64`; the transformed schema gives it the domain
        [0, size - 1].
    """
    columns = columns_of(names, ids)
    zero = tf.constant(0, tf.int64)
    for column, largest in zip(columns.values(), tf.unstack(sizes - 1, len(names)), strict=True):
        schema_inference.set_tensor_schema_override(column, zero, largest)
    return columns


def is_spread(deviation: Any, mean: Any) -> Any:
    """Say whether numbers differ, or their deviation is only what rounding left of equal ones."""
    return deviation > _RESOLUTION * abs(mean)
