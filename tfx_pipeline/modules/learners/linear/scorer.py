"""The fitted linear model as TensorFlow operations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import LinearHead
from tfx_pipeline.modules.learners.learner import Scorer
from tfx_pipeline.modules.learners.linear.pieces import Pieces


class LinearScorer(Scorer):
    """Adds up what pieces of numbers and ids say."""

    def __init__(
        self, pieces: Pieces, values: NDArray[np.float64], intercept: NDArray[np.float64]
    ) -> None:
        """Take the heights of the pieces, then the weights of the ids, `[…, outputs]`."""
        super().__init__()
        heights, ids = np.split(values, [pieces.count])
        counts = [len(knots) - 1 for knots in pieces.knots]
        of_columns = np.split(heights, np.cumsum(counts)[:-1]) if counts else []
        rises = [np.diff(x, axis=0, prepend=0.0) for x in of_columns]
        self._rises = _constant(np.concatenate([np.zeros((0, values.shape[1])), *rises]))
        self._lows, self._widths = _constant(pieces.lows()), _constant(pieces.widths())
        self._columns = tf.constant(pieces.columns())
        self._weights, self._intercept = _constant(ids), _constant(intercept)

    def __call__(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """See `Scorer`."""
        parts = []
        # Without any, TensorFlow would make a product of no columns and an intercept one operation
        # of oneDNN, which ends the process.
        if self._columns.shape[0]:
            values = tf.gather(inputs["numbers"], self._columns, axis=1)
            share = tf.clip_by_value((values - self._lows) / self._widths, 0.0, 1.0)
            parts.append(share @ self._rises)
        if "ids" in inputs:
            parts.append(tf.reduce_sum(tf.gather(self._weights, inputs["ids"]), axis=1))
        if not parts:
            rows = tf.shape(next(iter(inputs.values())))[0]
            return tf.tile(self._intercept[tf.newaxis], [rows, 1])
        return tf.add_n(parts) + self._intercept

    def describe(self) -> LinearHead:
        """See `Scorer`."""
        return LinearHead(
            self._columns.numpy(),
            self._lows.numpy(),
            self._widths.numpy(),
            self._rises.numpy(),
            self._weights.numpy(),
            self._intercept.numpy(),
        )


def _constant(values: NDArray[np.floating]) -> tf.Variable:
    """Hold numbers in the model's file of variables, and not in its graph."""
    return tf.Variable(values.astype(np.float32), trainable=False)
