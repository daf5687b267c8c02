"""Features made from names: ids of categories, bags of words, and averages looked up by key.

Two lookup tables, frozen in the transform graph, serve all columns: see `token_totals`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_transform import tf_utils

from tfx_pipeline.modules.features.columns import FARTHEST, RawColumns, columns_of, id_columns
from tfx_pipeline.modules.features.token_totals import Column, TokenTotals

Specs = Mapping[str, Mapping[str, Any]]


def category_features(
    raw: RawColumns, categorical: Specs, texts: Specs, lookups: Specs
) -> dict[str, tf.Tensor]:
    """Make features of names.

    Args:
        raw: the columns.
        categorical: per column, `max_vocabulary`, `min_frequency` and `oov_buckets`.
        texts: per column, `max_vocabulary` and `lower_case`.
        lookups: per name, the columns `key` and `value`, and `min_rows`.

    Returns:
        `<name>_id` `[batch, 1] int64`: 0 missing, then the categories, then `oov_buckets` ids that
        the unknown ones share by hash. `<name>_words` `[batch, max_vocabulary + 1] float32`: 1
        where a word occurs, unknown words last. `<lookup>_average` `[batch, 1] float32`: the
        average of `value` over the training rows with this key, in standard deviations from the
        overall average; 0 for a key that is missing, unknown or too rare.
    """
    with_ids: list[_Categories | _Words] = [_Words(raw, *text) for text in texts.items()]
    if categorical:
        with_ids.append(_Categories(raw, categorical))
    averages = [_Averages(raw, lookups)] if lookups else []
    if not (with_ids or averages):
        return {}
    ids_path, averages_path = _analyze([*with_ids, *averages])
    outputs: dict[str, tf.Tensor] = {}
    if with_ids:
        ids_table = _LookupTable(ids_path, tf.int64, -1)
        for feature in with_ids:
            outputs |= feature.outputs(ids_table)
    if averages:
        outputs |= averages[0].outputs(_LookupTable(averages_path, tf.float64, float("nan")))
    return outputs


def _analyze(features: Sequence[_Categories | _Words | _Averages]) -> Sequence[tf.Tensor]:
    """Return the paths of the tables of ids and of averages."""
    return tft.experimental.ptransform_analyzer(
        [
            tf.concat([tf.reshape(x.tokens, [-1]) for x in features], 0),
            tf.concat([tf.reshape(x.values, [-1]) for x in features], 0),
        ],
        TokenTotals([column for x in features for column in x.columns]),
        output_dtypes=[tf.string, tf.string],
        output_shapes=[[], []],
        # What stands in the files until the analysis is done: they must parse.
        output_asset_default_values=[b"none\t0", b"none\t0"],
    )


class _LookupTable:
    """A table of the transform graph, read from the file at `path` that the analysis writes."""

    def __init__(self, path: tf.Tensor, dtype: tf.DType, unknown: float) -> None:
        self._path, self._dtype, self._unknown = path, dtype, unknown
        self._table: tf.lookup.StaticHashTable | None = None

    def __getitem__(self, keys: tf.Tensor) -> tf.Tensor:
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


class _Categories:
    """The categories of some columns.

    Attributes (of the classes below, too):
        columns: what the analyzer keeps of the names.
        tokens: names with their column, of any shape, `string`.
        values: what the analyzer averages, of that shape, float64; NaN: the token does not count.
    """

    def __init__(self, raw: RawColumns, specs: Specs) -> None:
        self.columns = [
            Column(f"{name}_id", "ids", spec["max_vocabulary"], spec["min_frequency"])
            for name, spec in specs.items()
        ]
        self.tokens = _tokens(self.columns, raw.texts(*specs))
        self.values = tf.zeros_like(self.tokens, tf.float64)
        self._shared = tf.constant([spec["oov_buckets"] for spec in specs.values()], tf.int64)

    def outputs(self, table: _LookupTable) -> dict[str, tf.Tensor]:
        names = [column.name for column in self.columns]
        ids, known = table[self.tokens], table[tf.constant([x.key for x in self.columns])]
        hashes = tf.strings.to_hash_bucket_fast(self.tokens, 2**62)
        ids = tf.where(ids < 0, known + hashes % self._shared, ids)
        return id_columns(names, ids, known + self._shared)


class _Words:
    """The words of a text: runs of what is neither white space nor ASCII punctuation."""

    def __init__(self, raw: RawColumns, name: str, spec: Mapping[str, Any]) -> None:
        self.columns = [Column(f"{name}_words", "words", spec["max_vocabulary"])]
        texts = raw.texts(name)[:, 0]
        texts = tf.strings.lower(texts) if spec["lower_case"] else texts
        self._words = tf.strings.split(tf.strings.regex_replace(texts, "[[:punct:]]+", " "))
        self.tokens = _tokens(self.columns, self._words.flat_values)
        self.values = tf.zeros_like(self.tokens, tf.float64)
        self._width = spec["max_vocabulary"] + 1

    def outputs(self, table: _LookupTable) -> dict[str, tf.Tensor]:
        ids = table[self.tokens]
        ids = tf.where(ids < 0, tf.constant(self._width - 1, tf.int64), ids)
        occurs = tf.math.bincount(
            self._words.with_flat_values(ids),
            minlength=self._width,
            maxlength=self._width,
            binary_output=True,
            axis=-1,
        )
        occurs = tf.ensure_shape(tf.cast(occurs, tf.float32), [None, self._width])
        return {self.columns[0].name: occurs}


class _Averages:
    """The averages of some columns, each per value of another, its key."""

    def __init__(self, raw: RawColumns, specs: Specs) -> None:
        self.columns = [
            Column(f"{name}_average", "averages", min_rows=spec["min_rows"])
            for name, spec in specs.items()
        ]
        keys = raw.texts(*(spec["key"] for spec in specs.values()))
        self.tokens = _tokens(self.columns, keys)
        self.values = raw.numbers(*(spec["value"] for spec in specs.values()))

    def outputs(self, table: _LookupTable) -> dict[str, tf.Tensor]:
        names = [column.name for column in self.columns]
        keys = [column.key for column in self.columns]
        averages, overall = table[self.tokens], table[tf.constant(keys)]
        deviation = table[tf.constant([f"{key}/deviation" for key in keys])]
        scaled = tf.math.divide_no_nan(averages - overall, deviation)
        known = tf.where(tf.math.is_nan(averages), tf.zeros_like(scaled), scaled)
        known = tf.cast(tf.clip_by_value(known, -FARTHEST, FARTHEST), tf.float32)
        return columns_of(names, known)


def _tokens(columns: Sequence[Column], names: tf.Tensor) -> tf.Tensor:
    return tf.constant([f"{column.key}=" for column in columns]) + names
