"""Tables of the transform graph, filled from the files that the analysis writes."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import tensorflow as tf
from tensorflow_transform import tf_utils

from tfx_pipeline.modules.features.names.token_tables import Column


class LookupTable:
    """A table of the transform graph, read from the file at `path` that the analysis writes."""

    def __init__(self, path: tf.Tensor, dtype: tf.DType, unknown: float) -> None:
        """Take the values' type, and the value of a key that the file does not have."""
        self._path, self._dtype, self._unknown = path, dtype, unknown
        self._table: tf.lookup.StaticHashTable | None = None

    def __getitem__(self, keys: tf.Tensor) -> tf.Tensor:
        """Look up keys of any shape."""
        return tf_utils.lookup_table(self._look_up, self._path, keys)[0]

    def _look_up(self, keys: tf.Tensor, path: tf.Tensor) -> tuple[tf.Tensor, None]:
        if self._table is None:
            # Once its file exists the table belongs outside of the graph that is being traced, or
            # each call of it would read the file again.
            is_file = not tf.is_symbolic_tensor(path)
            with tf.init_scope() if is_file else contextlib.nullcontext():
                initializer = _FileInitializer(path, tf.string, 0, self._dtype, 1)
                self._table = tf.lookup.StaticHashTable(initializer, self._unknown)
        return self._table.lookup(keys), None


class _FileInitializer(tf.lookup.TextFileInitializer):
    """Fills a table from a file, whose path does not become part of the exported model."""

    @property
    def _shared_name(self) -> str:
        return ""  # the table then takes a random name; the base class gives one with the path


def tokens_of(columns: Sequence[Column], names: tf.Tensor) -> tf.Tensor:
    """Write names, `[…, columns]`, with their columns."""
    return tf.constant([f"{column.key}=" for column in columns]) + names
