"""Lookups in training: the average of a key without the row itself.

A row's own value is part of the average of its key, and the whole of it where no other row has the
key. Where that value is the label, or a column that no caller sends, the model would learn to read
the answer from its input. So the rows that the averages were learned from get, in the place of the
table's average, one that was learned from other rows. Evaluation and serving use the table, which
their rows have no part in.

Terms:
    fold: one of 5 parts of the training rows, chosen by a seeded hash of the row: equal rows are in
        the same fold, and the order of the rows does not matter.

For a row of fold f with key k, with n and s the count and the sum of the values over rows:
    average  = (s_k - s_kf) / (n_k - n_kf), over the rows with key k outside of fold f
    feature  = (average - overall) / deviation; 0 where n_k - n_kf is 0 or less than `min_rows`
`overall` and `deviation` are those of the table (see `token_totals`).

Averages of the label per category: Micci-Barreca, A preprocessing scheme for high-cardinality
categorical attributes in classification and prediction problems, SIGKDD Explorations 3(1), 2001.
Folds: "cross fitting" as in scikit-learn's `TargetEncoder`, which has 5 too; leaving out the row
alone would tell its value by what is missing from the key's average.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import FARTHEST, RawColumns, RawFeature, is_spread
from tfx_pipeline.modules.features.token_totals import UNUSABLE
from tfx_pipeline.modules.model.model_inputs import ModelInputs

_FOLDS = 5
_FOLD = "fold"


class OutOfFold:
    """Replaces averages of training rows; does nothing where no lookup needs it."""

    def __init__(
        self,
        lookups: Mapping[str, Mapping[str, Any]],
        raw_features: Collection[str],
        inputs: ModelInputs,
        seed: int,
    ) -> None:
        """Find the lookups whose values no caller sends, as `raw_features`, but the model reads.

        `lookups` are that section of the configuration; `seed` is that of the folds.
        """
        self._lookups = {
            name: lookup
            for name, lookup in lookups.items()
            if lookup["value"] not in raw_features and f"{name}_average" in inputs.widths
        }
        self._inputs, self._seed = inputs, seed

    def read(self, serialized: tf.Tensor, raw: Mapping[str, RawFeature]) -> dict[str, tf.Tensor]:
        """Read what `replace` needs of a batch: `[batch]` each."""
        if not self._lookups:
            return {}
        columns = RawColumns(raw)
        key = [self._seed, 0]
        read = {_FOLD: tf.strings.to_hash_bucket_strong(serialized, _FOLDS, key)}
        for name, lookup in self._lookups.items():
            texts = columns.texts(lookup["key"])[:, 0]
            separators = "[" + UNUSABLE.decode() + "]"
            is_usable = (texts != "") & ~tf.strings.regex_full_match(texts, f"(?s).*{separators}.*")
            ids = tf.bitcast(tf.fingerprint(texts), tf.int64)
            read[f"{name}/key"] = tf.where(is_usable, ids, tf.zeros_like(ids))
            read[f"{name}/value"] = columns.numbers(lookup["value"])[:, 0]
        return read

    def replace(
        self, numbers: NDArray[Any], read: Mapping[str, NDArray[Any]], known: NDArray[np.bool_]
    ) -> None:
        """Replace the averages in `numbers` `[known rows, width] float32`.

        `read` is of all training rows; `known` `[rows]` says of which the label is known.
        """
        for name, lookup in self._lookups.items():
            averages = out_of_fold_averages(
                read[f"{name}/key"], read[f"{name}/value"], read[_FOLD], lookup["min_rows"]
            )
            numbers[:, self._inputs.place(f"{name}_average")] = averages[known]


def out_of_fold_averages(
    keys: NDArray[np.int64], values: NDArray[np.float64], folds: NDArray[np.int64], min_rows: int
) -> NDArray[np.float32]:
    """Compute the feature of the module's formula.

    Args:
        keys: `[rows]`; 0 is missing.
        values: `[rows]`; NaN is missing.
        folds: `[rows]`, from 0 to 4.
        min_rows: a key with fewer rows is unknown.

    Returns:
        `[rows] float32`.
    """
    distinct, places = np.unique(keys, return_inverse=True)
    given = ~np.isnan(values)
    cells = (places * _FOLDS + folds)[given]
    size = len(distinct) * _FOLDS
    counts = np.bincount(cells, minlength=size).reshape(-1, _FOLDS)
    sums = np.bincount(cells, values[given], size).reshape(-1, _FOLDS)
    other_counts = counts.sum(1, keepdims=True) - counts
    # Added up and not subtracted: nothing of the fold's own values is left by rounding.
    other_sums = np.stack([np.delete(sums, fold, 1).sum(1) for fold in range(_FOLDS)], 1)
    overall, deviation = _table_statistics(distinct, counts.sum(1), sums.sum(1), min_rows)
    known = (other_counts >= max(1, min_rows)) & (distinct[:, np.newaxis] != 0)
    averages = np.divide(other_sums, other_counts, where=known, out=np.full(known.shape, overall))
    if deviation == 0:
        return np.zeros(len(keys), np.float32)
    scaled = np.clip((averages - overall) / deviation, -FARTHEST, FARTHEST)
    return scaled[places, folds].astype(np.float32)


def _table_statistics(
    keys: NDArray[np.int64], counts: NDArray[np.int64], sums: NDArray[np.float64], min_rows: int
) -> tuple[float, float]:
    """Compute `overall` and `deviation` of the table, as `token_totals` does."""
    rows = max(1, counts.sum())
    overall = math.fsum(sums) / rows
    kept = (keys != 0) & (counts >= max(1, min_rows))
    distances = sums[kept] / counts[kept] - overall
    deviation = math.sqrt(math.fsum(counts[kept] * distances**2) / rows)
    return overall, deviation if is_spread(deviation, overall) else 0.0
