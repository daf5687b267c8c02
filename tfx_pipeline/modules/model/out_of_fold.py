"""Lookups and encoded labels in training: what a key stands for without the row itself.

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
`overall` and `deviation` are those of the table (see `token_tables`). An encoded label is drawn
towards `overall` besides, by how many rows n_k - n_kf are (see `smoothing`), with the variances of
the table: what is the same for all rows tells none of them its label.

Averages of the label per category: Micci-Barreca, A preprocessing scheme for high-cardinality
categorical attributes in classification and prediction problems, SIGKDD Explorations 3(1), 2001.
Folds: "cross fitting" as in scikit-learn's `TargetEncoder`, which has 5 too; leaving out the row
alone would tell its value by what is missing from the key's average.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import FARTHEST, RawFeature, is_spread
from tfx_pipeline.modules.features.conversions import read_columns
from tfx_pipeline.modules.features.label import classes_told_apart
from tfx_pipeline.modules.features.names.smoothing import Smoothing
from tfx_pipeline.modules.features.names.token_tables import UNUSABLE
from tfx_pipeline.modules.label_rule.rule import LABEL, LABEL_KNOWN
from tfx_pipeline.modules.model.model_inputs import ModelInputs

_FOLDS = 5
_FOLD = "fold"
_LABEL = "label"
_UNUSABLE = "(?s).*[" + UNUSABLE.decode() + "].*"


class OutOfFold:
    """Replaces averages of training rows; does nothing where no lookup and no target needs it."""

    def __init__(self, config: Mapping[str, Any], inputs: ModelInputs) -> None:
        """Find the lookups whose values no caller sends, but the model reads, and the targets.

        `config` has the sections `features`, `lookups`, `label` and `model` of the configuration,
        whose seed is that of the folds, and `raw_features`, what callers send.
        """
        self._lookups = {
            name: lookup
            for name, lookup in config["lookups"].items()
            if lookup["value"] not in config["raw_features"] and f"{name}_average" in inputs.widths
        }
        self._targets = {
            name: feature
            for name, feature in config["features"].items()
            if feature.get("target") and f"{name}_target" in inputs.widths
        }
        self._features = config["features"]
        self._classes = classes_told_apart(config["label"])
        self._inputs, self._seed = inputs, config["model"]["seed"]

    def read(
        self,
        serialized: tf.Tensor,
        raw: Mapping[str, RawFeature],
        transformed: Mapping[str, tf.Tensor],
    ) -> dict[str, tf.Tensor]:
        """Read what `replace` needs of a batch: `[batch]` each."""
        if not (self._lookups or self._targets):
            return {}
        columns = read_columns(raw, self._features)
        key = [self._seed, 0]
        read = {_FOLD: tf.strings.to_hash_bucket_strong(serialized, _FOLDS, key)}
        for name, lookup in self._lookups.items():
            read[f"{name}/key"] = _keys(columns.texts(lookup["key"])[:, 0], missing_is_key=False)
            read[f"{name}/value"] = columns.numbers(lookup["value"])[:, 0]
        for name in self._targets:
            read[f"{name}/category"] = _keys(columns.texts(name)[:, 0], missing_is_key=True)
        if self._targets:
            read[_LABEL] = _labels(transformed)
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
        for name, feature in self._targets.items():
            place = self._inputs.place(f"{name}_target")
            rows = (read[f"{name}/category"], read[_LABEL], read[_FOLD])
            minimum = feature["min_frequency"]
            for offset, encoded in enumerate(out_of_fold_labels(*rows, minimum, self._classes)):
                numbers[:, place + offset] = encoded[known]


def _keys(texts: tf.Tensor, missing_is_key: bool) -> tf.Tensor:
    """Make a number of each text: `[batch] int64`; 0 for what stands for no key."""
    is_key = ~tf.strings.regex_full_match(texts, _UNUSABLE)
    if not missing_is_key:
        is_key &= texts != ""
    keys = tf.bitcast(tf.fingerprint(texts), tf.int64)
    return tf.where(is_key, keys, tf.zeros_like(keys))


def _labels(transformed: Mapping[str, tf.Tensor]) -> tf.Tensor:
    """Read the label: `[batch] float64`; NaN where it is unknown, or none of the classes."""
    label, known = transformed[LABEL], transformed.get(LABEL_KNOWN)
    values = tf.cast(label, tf.float64)
    counts = tf.ones_like(values, tf.bool) if known is None else known > 0
    if label.dtype.is_integer:
        counts &= label >= 0
    return tf.reshape(tf.where(counts, values, tf.constant(math.nan, tf.float64)), [-1])


class _Cells(NamedTuple):
    """Rows with a value, by key and fold.

    Attributes:
        keys: `[keys]`, sorted.
        places: of each row's key in them: `[rows]`.
        cells: of each row with a value, in the matrices below when they are flat.
        counts: number of values: `[keys, folds]`.
        other_counts: those in the other folds: `[keys, folds]`.
    """

    keys: NDArray[np.int64]
    places: NDArray[np.int64]
    cells: NDArray[np.int64]
    counts: NDArray[np.int64]
    other_counts: NDArray[np.int64]

    @classmethod
    def of(
        cls, keys: NDArray[np.int64], folds: NDArray[np.int64], given: NDArray[np.bool_]
    ) -> _Cells:
        distinct, places = np.unique(keys, return_inverse=True)
        cells = (places * _FOLDS + folds)[given]
        counts = np.bincount(cells, minlength=len(distinct) * _FOLDS).reshape(-1, _FOLDS)
        return cls(distinct, places, cells, counts, counts.sum(1, keepdims=True) - counts)

    def known(self, min_rows: int) -> NDArray[np.bool_]:
        """Say which keys the other folds know: `[keys, folds]`."""
        return (self.other_counts >= max(1, min_rows)) & (self.keys[:, np.newaxis] != 0)

    def sums(self, values: NDArray[np.float64]) -> tuple[NDArray[Any], NDArray[Any]]:
        """Add up values per key, `[keys]`, and those in the other folds, `[keys, folds]`."""
        sums = np.bincount(self.cells, values, self.counts.size).reshape(-1, _FOLDS)
        # Added up and not subtracted: nothing of the fold's own values is left by rounding.
        others = [np.delete(sums, fold, 1).sum(1) for fold in range(_FOLDS)]
        return sums.sum(1), np.stack(others, 1)


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
    given = ~np.isnan(values)
    cells = _Cells.of(keys, folds, given)
    sums, other_sums = cells.sums(values[given])
    counts = cells.counts.sum(1)
    overall, deviation = _table_statistics(cells.keys, counts, sums, min_rows)
    known = cells.known(min_rows)
    start = np.full(known.shape, overall)
    averages = np.divide(other_sums, cells.other_counts, where=known, out=start)
    if deviation == 0:
        return np.zeros(len(keys), np.float32)
    scaled = np.clip((averages - overall) / deviation, -FARTHEST, FARTHEST)
    return scaled[cells.places, folds].astype(np.float32)


def out_of_fold_labels(
    keys: NDArray[np.int64],
    labels: NDArray[np.float64],
    folds: NDArray[np.int64],
    min_rows: int,
    classes: int,
) -> Iterator[NDArray[np.float32]]:
    """Encode the label per key; arguments are as those of `out_of_fold_averages`.

    Yields:
        `[rows] float32`, for each of the classes that `labels` are ids of; once for 0 classes.
    """
    given = ~np.isnan(labels)
    cells = _Cells.of(keys, folds, given)
    known = cells.known(min_rows)
    for label in range(max(1, classes)):
        values = labels[given]
        values = (values == label).astype(np.float64) if classes else values
        sums, other_sums = cells.sums(values)
        squares = len(values) * float(values.var()) if len(values) else 0.0
        smoothing = Smoothing.of(cells.counts.sum(1), sums, squares)
        scaled = np.where(known, smoothing.scaled(cells.other_counts, other_sums), 0.0)
        yield scaled[cells.places, folds].astype(np.float32)


def _table_statistics(
    keys: NDArray[np.int64], counts: NDArray[np.int64], sums: NDArray[np.float64], min_rows: int
) -> tuple[float, float]:
    """Compute `overall` and `deviation` of the table, as `token_tables` does."""
    rows = max(1, counts.sum())
    overall = math.fsum(sums) / rows
    kept = (keys != 0) & (counts >= max(1, min_rows))
    distances = sums[kept] / counts[kept] - overall
    deviation = math.sqrt(math.fsum(counts[kept] * distances**2) / rows)
    return overall, deviation if is_spread(deviation, overall) else 0.0
