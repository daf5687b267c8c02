"""Words of texts: which occur, or how much each weighs.

Terms:
    word: a run of what is neither white space nor ASCII punctuation; with `ngrams` of n, also two
        to n such runs that follow one another in the text, a blank between them.
    weight: with c the number of times that a word occurs in a text, n the number of training rows
        and d the number of those with the word: c (1 + log((1 + n) / (1 + d))), divided by the
        root of the sum of the squares of the text's weights. As scikit-learn's `TfidfTransformer`
        does by default; Salton and Buckley, Term-weighting approaches in automatic text retrieval,
        Information Processing and Management 24(5), 1988.
    bucket: what stands for a word in the place of its id in a vocabulary: its hash (FarmHash64,
        the same on every platform) modulo the number of buckets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tfx_pipeline.modules.features.columns import RawColumns
from tfx_pipeline.modules.features.names.lookup_tables import LookupTable, tokens_of
from tfx_pipeline.modules.features.names.token_tables import Column


class Words:
    """The words of a text column.

    `columns` is empty where nothing is learned of them: of buckets without weights.
    """

    def __init__(self, raw: RawColumns, name: str, spec: Mapping[str, Any]) -> None:
        self._words = _split(raw.texts(name)[:, 0], spec)
        self._buckets, self._weighs = spec["hash_buckets"], spec["weights"] == "tfidf"
        self._width = self._buckets or spec["max_vocabulary"] + 1
        self._column = Column(
            f"{name}_words",
            "buckets" if self._buckets else "words",
            None if self._buckets else spec["max_vocabulary"],
            weighs=self._weighs,
        )
        self._ids: tf.Tensor | None = None
        names = self._words.flat_values
        if self._buckets:
            self._ids = tf.strings.to_hash_bucket_fast(names, self._buckets)
            names = tf.strings.as_string(self._ids)
        self._names = tokens_of([self._column], names)
        self.columns = [self._column] if self._weighs or not self._buckets else []
        self.tokens = self._names
        self.values = tf.zeros_like(names, tf.float64)
        if self._weighs:
            rows = self._words.nrows()
            self.tokens = tf.concat([self._names, tf.fill([rows], f"{self._column.key}=")], 0)
            first = _is_first(self._words.value_rowids(), names)
            self.values = tf.concat([first, tf.zeros([rows], tf.float64)], 0)

    def outputs(self, ids: LookupTable, averages: LookupTable) -> dict[str, tf.Tensor]:
        """Make the vector."""
        places = ids[self._names] if self._ids is None else self._ids
        places = tf.where(places < 0, tf.constant(self._width - 1, tf.int64), places)
        matrix = self._weighed(places, averages) if self._weighs else self._occurring(places)
        return {self._column.name: tf.ensure_shape(matrix, [None, self._width])}

    def _occurring(self, places: tf.Tensor) -> tf.Tensor:
        """Mark what occurs."""
        occurs = tf.math.bincount(
            self._words.with_flat_values(places),
            minlength=self._width,
            maxlength=self._width,
            binary_output=True,
            axis=-1,
        )
        return tf.cast(occurs, tf.float32)

    def _weighed(self, places: tf.Tensor, averages: LookupTable) -> tf.Tensor:
        """Weigh what occurs; what the vocabulary does not have is marked last."""
        rarity = tf.cast(averages[self._names], tf.float32)
        unknown = tf.math.is_nan(rarity)
        never_seen = tf.cast(averages[tf.constant(self._column.key)], tf.float32)
        other = never_seen if self._buckets else tf.constant(0.0)
        weights = tf.where(unknown, other, rarity)
        cells = tf.stack([self._words.value_rowids(), places], 1)
        shape = tf.stack([self._words.nrows(), tf.constant(self._width, tf.int64)])
        matrix = tf.scatter_nd(cells, weights, shape)
        matrix = tf.math.divide_no_nan(matrix, tf.norm(matrix, axis=1, keepdims=True))
        if self._buckets:
            return matrix
        marks = self._words.with_flat_values(tf.cast(unknown, tf.float32))
        mark = tf.maximum(tf.reduce_max(marks, axis=1, keepdims=True), 0.0)
        return tf.concat([matrix[:, :-1], mark], 1)


def _split(texts: tf.Tensor, spec: Mapping[str, Any]) -> tf.RaggedTensor:
    """Give the words of each text."""
    texts = tf.strings.lower(texts) if spec["lower_case"] else texts
    words = tf.strings.split(tf.strings.regex_replace(texts, "[[:punct:]]+", " "))
    if spec["ngrams"] == 1:
        return words
    return tf.strings.ngrams(words, tuple(range(1, spec["ngrams"] + 1)))


def _is_first(rows: tf.Tensor, names: tf.Tensor) -> tf.Tensor:
    """Mark by 1 what is the first of its name in its row: `[names] float64`."""
    marks = tf.fingerprint(tf.strings.as_string(rows) + "=" + names)
    distinct, places = tf.unique(tf.bitcast(marks, tf.int64), tf.int64)
    order = tf.range(tf.size(names, tf.int64))
    first = tf.math.unsorted_segment_min(order, places, tf.size(distinct, tf.int64))
    return tf.cast(tf.gather(first, places) == order, tf.float64)
