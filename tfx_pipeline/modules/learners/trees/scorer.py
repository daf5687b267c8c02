"""Trees in a graph.

Of each chunk of rows all conditions are computed, as rows of one matrix. A tree takes those it
asks (a copy of rows), and a product with its leaf masks gives 1 in the leaf that a row falls into
(see `ensemble`), 0 or less in all others. A second product adds up the leaves' values.

That is nothing but copies, comparisons and products of small matrices that stay in the processor's
cache: with 150 trees of 16 leaves less than half of the time that LightGBM takes itself.

The sums are exact. Each value is split into a multiple of a step and a small rest, and the step
is such that float32 holds every sum of multiples; so all that is lost is a rounding of the rests.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import TreesHead
from tfx_pipeline.modules.learners.learner import Scorer
from tfx_pipeline.modules.learners.trees.columns import TreeColumns
from tfx_pipeline.modules.learners.trees.ensemble import (
    CodeCondition,
    Ensemble,
    NumberCondition,
)

_CHUNK_ROWS = 128
_AT_ONCE = 4
_BLOCK = 16
_MANTISSA_BITS = 23


class TreesScorer(Scorer):
    """Grown trees; see the module."""

    def __init__(self, columns: TreeColumns, ensemble: Ensemble) -> None:
        super().__init__()
        self._columns, self._codes = columns, columns.codes  # the variable is to be tracked
        self._outputs, self._trees, self._leaves = ensemble.values.shape
        self._ensemble = ensemble
        self._conditions = _Conditions(ensemble)
        self._nodes = _constant(self._conditions.places[ensemble.nodes.ravel()])
        self._masks = _constant(ensemble.masks)
        self._values = _constant(_in_two_parts(ensemble.values))

    def __call__(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """See `Scorer`."""
        rows = tf.shape(next(iter(inputs.values())))[0]
        chunks = tf.maximum(1, -(-rows // _CHUNK_ROWS))
        scores = tf.TensorArray(
            tf.float32, chunks, infer_shape=False, element_shape=[None, self._outputs]
        )

        def body(i: tf.Tensor, scores: tf.TensorArray) -> tuple[tf.Tensor, tf.TensorArray]:
            start = i * _CHUNK_ROWS
            chunk = {name: x[start : start + _CHUNK_ROWS] for name, x in inputs.items()}
            return i + 1, scores.write(i, self._of_chunk(chunk))

        _, scores = tf.while_loop(
            lambda i, _: i < chunks, body, (0, scores), parallel_iterations=_AT_ONCE
        )
        return tf.ensure_shape(scores.concat(), [None, self._outputs])

    def describe(self) -> TreesHead:
        """See `Scorer`."""
        ensemble = self._ensemble
        conditions = ensemble.describe()
        return TreesHead(self._columns.describe(), conditions, ensemble.trees, self._outputs)

    def _of_chunk(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        is_true = self._conditions(*self._columns.tensors(inputs))
        asked = tf.gather(is_true, self._nodes)
        asked = tf.reshape(asked, [self._outputs * self._trees, self._leaves, -1])
        is_in = tf.nn.relu(tf.matmul(self._masks, asked))
        is_in = tf.reshape(is_in, [self._outputs, self._trees * self._leaves, -1])
        parts = tf.matmul(self._values, is_in)
        scores = tf.reduce_sum(tf.cast(parts, tf.float64), axis=1)
        return tf.cast(tf.transpose(scores), tf.float32)


class _Conditions(tf.Module):
    """Computes the conditions of a chunk: `[…, rows] float32`, 0 or 1; the last row is 1.

    Attributes:
        places: the row of each condition, and last of the one that is always true.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        super().__init__()
        self._numbers = _NumberConditions(ensemble.numbers) if ensemble.numbers else None
        self._codes = _CodeConditions(ensemble.codes) if ensemble.codes else None
        count = len(ensemble.numbers)
        of_codes = self._codes.places + count if self._codes else np.zeros(0, np.int32)
        last = count + (self._codes.rows if self._codes else 0)
        places = [np.arange(count), of_codes, [last]]
        self.places: NDArray[np.int32] = np.concatenate(places).astype(np.int32)

    def __call__(self, numbers: tf.Tensor, codes: tf.Tensor) -> tf.Tensor:
        parts = [tf.ones([1, tf.shape(numbers)[1]])]
        if self._codes:
            parts.insert(0, self._codes(codes))
        if self._numbers:
            parts.insert(0, self._numbers(numbers))
        return tf.concat(parts, 0)


class _NumberConditions(tf.Module):
    """Compares numbers; where one is missing, with what the library takes it for."""

    def __init__(self, conditions: Sequence[NumberCondition]) -> None:
        super().__init__()
        filled = list(dict.fromkeys((x.column, x.fill) for x in conditions))
        self._columns = _constant(np.array([column for column, _ in filled], np.int32))
        self._fills = _constant(np.array([[fill] for _, fill in filled], np.float32))
        places = {each: place for place, each in enumerate(filled)}
        taken = [places[x.column, x.fill] for x in conditions]
        self._taken = _constant(np.array(taken, np.int32))
        self._thresholds = _constant(np.array([[x.threshold] for x in conditions], np.float32))

    def __call__(self, numbers: tf.Tensor) -> tf.Tensor:
        filled = tf.gather(numbers, self._columns)
        filled = tf.where(tf.math.is_nan(filled), self._fills, filled)
        return tf.cast(tf.gather(filled, self._taken) > self._thresholds, tf.float32)


class _CodeConditions(tf.Module):
    """Looks codes up, for the conditions of a block at once: those of one column, 16 or fewer.

    A table says of each block and code what its conditions are. To take a row of it and turn what
    was taken by 90 degrees is five times as fast as to look each condition up by itself.

    Attributes:
        places: the row of each condition.
        rows: that are computed, also those that fill the blocks.
    """

    def __init__(self, conditions: Sequence[CodeCondition]) -> None:
        super().__init__()
        of_column: dict[int, list[int]] = {}
        for i, condition in enumerate(conditions):
            of_column.setdefault(condition.column, []).append(i)
        self.places: NDArray[np.int32] = np.zeros(len(conditions), np.int32)
        columns, largest, tables = list[int](), list[int](), list[NDArray[np.float32]]()
        for column, members in of_column.items():
            for start in range(0, len(members), _BLOCK):
                block = members[start : start + _BLOCK]
                self.places[block] = len(columns) * _BLOCK + np.arange(len(block))
                columns.append(column)
                # No condition of the block names a larger one: they all are as this one.
                largest.append(1 + max(max(conditions[i].codes) for i in block))
                table = np.ones((largest[-1] + 1, _BLOCK), np.float32)
                for place, i in enumerate(block):
                    table[list(conditions[i].codes), place] = 0
                tables.append(table)
        self.rows = len(columns) * _BLOCK
        self._columns = _constant(np.array(columns, np.int32))
        self._largest = _constant(np.array(largest, np.int32)[:, np.newaxis])
        starts = np.cumsum([0, *map(len, tables[:-1])])
        self._starts = _constant(starts.astype(np.int32)[:, np.newaxis])
        self._table = _constant(np.concatenate(tables))

    def __call__(self, codes: tf.Tensor) -> tf.Tensor:
        looked_up = tf.minimum(tf.gather(codes, self._columns), self._largest) + self._starts
        found = tf.transpose(tf.gather(self._table, looked_up), [0, 2, 1])
        return tf.reshape(found, [self.rows, -1])


def _in_two_parts(values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Split values of leaves `[outputs, trees, leaves]`: `[outputs, 2, trees * leaves]`."""
    largest = np.abs(values).max(axis=2).sum(axis=1).max()
    step = 2.0 ** (math.ceil(math.log2(max(largest, 1e-30))) - _MANTISSA_BITS)
    multiples = np.round(values / step) * step
    parts = np.stack([multiples, values - multiples], axis=1)
    return parts.reshape(len(values), 2, -1).astype(np.float32)


def _constant(values: NDArray[np.generic]) -> tf.Variable:
    """Keep an array as a variable: all signatures of a model then share one copy of it."""
    return tf.Variable(values, trainable=False)
