"""What ties rows together: rows of one key, or equal ones, must not be fitted to and held out both.

What is held out of the training rows must be to them what the eval split is, or a model looks
better than it will be: so it goes by what divides the splits, `data.split` of the configuration.

Terms:
    tie: `[rows] int64`: rows of one number are held out together. By key, a hash of the key; else
        a hash of the whole row, as the splits keep equal rows together. A row without a key stands
        alone.
    moment: `[rows] float64`, where the splits are divided by time: the last rows are held out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.features.columns import RawColumns, RawFeature
from tfx_pipeline.modules.features.iso_moments import microseconds_of

TIE, MOMENT = "tie", "moment"
_BETWEEN = "\x1f"  # no text of a table holds it: a control character


class RowTies:
    """Reads ties, and moments where there are any, of raw training rows."""

    def __init__(self, split: Mapping[str, Any] | None) -> None:
        """Take `by` and `columns` of `data.split`; None: by row."""
        self._by = split["by"] if split else "row"
        self._columns: Sequence[str] = split["columns"] if split else ()

    def read(self, serialized: tf.Tensor, raw: Mapping[str, RawFeature]) -> dict[str, tf.Tensor]:
        """Read a batch: `[batch]` each."""
        columns = RawColumns(raw)
        ties = _hash(serialized)
        if self._by == "key":
            texts = columns.texts(*self._columns)
            keys = _hash(tf.strings.reduce_join(texts, axis=1, separator=_BETWEEN))
            ties = tf.where(tf.reduce_any(texts != "", axis=1), keys, ties)
        read = {TIE: ties}
        if self._by == "time":
            (name,) = self._columns
            is_text = raw[name].dtype == tf.string
            read[MOMENT] = (columns.texts(name) if is_text else columns.numbers(name))[:, 0]
        return read

    def of_known(
        self, read: Mapping[str, NDArray[Any]], known: NDArray[np.bool_]
    ) -> dict[str, NDArray[Any]]:
        """Give `tie`, and `moment` where there is one, of the rows that `known` marks.

        `read` is of all rows.
        """
        ties = {TIE: read[TIE][known]}
        if MOMENT in read:
            ties[MOMENT] = _numbers(read[MOMENT][known])
        return ties


def _hash(texts: tf.Tensor) -> tf.Tensor:
    return tf.bitcast(tf.fingerprint(texts), tf.int64)


def _numbers(moments: NDArray[Any]) -> NDArray[np.float64]:
    """Make numbers of moments; what is none was before all others."""
    if moments.dtype.kind == "f":
        return np.nan_to_num(moments, nan=-np.inf)
    texts, places = np.unique(moments, return_inverse=True)
    found = [microseconds_of(text.decode(errors="replace")) for text in texts.tolist()]
    numbers = np.array([-np.inf if x is None else float(x) for x in found])
    return numbers[places]
