"""Numbers and ids made one vector a row, as the network takes it.

Terms:
    scaled: a number after robust scaling and the smooth clip, see `smooth_clip`.
    periodic embedding: of a number, see `Periodic`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.description.heads import MlpIds, MlpNumbers, PeriodicEmbedding
from tfx_pipeline.modules.learners.mlp.columns import IdColumns, NumberColumns

_FARTHEST = 3.0
_FREQUENCY_DEVIATION = 0.1


def smooth_clip(values: tf.Tensor) -> tf.Tensor:
    """Give x / sqrt(1 + (x / 3)^2): about x where that is small, and between -3 and 3.

    Source: the paper, section 3.
    """
    return values * tf.math.rsqrt(1.0 + tf.square(values / _FARTHEST))


class Periodic(tf.Module):
    """Embeds each number x as a linear map of cos(2 pi (f x + p)), f and p learned.

    Source: Gorishniy et al., On Embeddings for Numerical Features in Tabular Deep Learning (2022),
    section 3.3, with the phases and small frequencies of the paper's PBLD embeddings, appendix A.
    """

    def __init__(self, columns: int, waves: int, width: int, random: np.random.Generator) -> None:
        """Make embeddings of so many columns, each of `width` numbers made of so many waves."""
        super().__init__()
        self._columns = columns
        self.frequencies = _variable(random.normal(0, _FREQUENCY_DEVIATION, (columns, waves)))
        self.phases = _variable(random.uniform(-0.5, 0.5, (columns, waves)))
        scale = 1 / math.sqrt(waves)
        self.weights = _variable(random.uniform(-scale, scale, (columns, waves, width)))
        self.biases = _variable(random.uniform(-scale, scale, (columns, width)))

    def __call__(self, scaled: tf.Tensor) -> tf.Tensor:
        """Embed `[batch, columns]`: `[batch, columns * width]`."""
        angles = scaled[:, :, tf.newaxis] * self.frequencies + self.phases
        waves = tf.cos(2 * math.pi * angles)
        embedded = tf.einsum("bcw,cwd->bcd", waves, self.weights) + self.biases
        return tf.reshape(embedded, [-1, self._columns * self.biases.shape[1]])

    def describe(self) -> PeriodicEmbedding:
        """Say it as plain data."""
        learned = self.frequencies, self.phases, self.weights, self.biases
        return PeriodicEmbedding(*(x.numpy() for x in learned))


class Numbers(tf.Module):
    """Encodes the numbers that vary: scaled, and those of many values embedded beside it."""

    def __init__(
        self, columns: NumberColumns, waves: int, width: int, random: np.random.Generator
    ) -> None:
        """Take what is known of the columns, and the size of embeddings; no waves: none."""
        super().__init__()
        self._places = tf.constant(columns.places)
        self._medians = tf.constant(columns.medians)
        self._factors = tf.constant(columns.factors)
        many = np.flatnonzero(columns.many)
        self._many = tf.constant(many.astype(np.int32))
        self.width = len(columns.places)
        self.periodic: Periodic | None = None
        if waves and len(many):
            self.periodic = Periodic(len(many), waves, width, random)
            self.width += len(many) * width

    def __call__(self, numbers: tf.Tensor) -> tf.Tensor:
        """Encode `[batch, all numbers]`: `[batch, width]`."""
        taken = tf.gather(numbers, self._places, axis=1)
        scaled = smooth_clip((taken - self._medians) * self._factors)
        if self.periodic is None:
            return scaled
        return tf.concat([scaled, self.periodic(tf.gather(scaled, self._many, axis=1))], 1)

    def describe(self) -> MlpNumbers:
        """Say it as plain data."""
        return MlpNumbers(
            self._places.numpy(),
            self._medians.numpy(),
            self._factors.numpy(),
            _FARTHEST,
            self._many.numpy(),
            None if self.periodic is None else self.periodic.describe(),
        )


class Ids(tf.Module):
    """Encodes ids: 0 or 1 for each of a few, or a learned vector of one of many."""

    def __init__(self, columns: IdColumns, width: int, random: np.random.Generator) -> None:
        """Take what is known of the columns, and the width of a vector."""
        super().__init__()
        self._one_hot_columns = tf.constant(columns.one_hot[:, 0])
        self._one_hot_ids = tf.constant(columns.one_hot[:, 1])
        self._embedded = tf.constant(columns.embedded)
        self._rows = tf.constant(columns.rows)
        self._embedded_width = len(columns.embedded) * width
        self.width = len(columns.one_hot) + self._embedded_width
        self.table: tf.Variable | None = None
        if len(columns.embedded):
            table = random.normal(size=(columns.rows.max() + 1, width))
            table[0] = 0.0
            self.table = _variable(table)

    def __call__(self, ids: tf.Tensor) -> tf.Tensor:
        """Encode `[batch, all columns] int32`: `[batch, width]`."""
        parts = []
        if self._one_hot_columns.shape[0]:
            is_it = tf.gather(ids, self._one_hot_columns, axis=1) == self._one_hot_ids
            parts.append(tf.cast(is_it, tf.float32))
        if self.table is not None:
            rows = tf.gather(self._rows, tf.gather(ids, self._embedded, axis=1))
            parts.append(tf.reshape(tf.gather(self.table, rows), [-1, self._embedded_width]))
        return tf.concat(parts, 1)

    def describe(self) -> MlpIds:
        """Say it as plain data."""
        one_hot = np.stack([self._one_hot_columns.numpy(), self._one_hot_ids.numpy()], 1)
        table = None if self.table is None else self.table.numpy()
        return MlpIds(one_hot, self._embedded.numpy(), self._rows.numpy(), table)


class Encoding(tf.Module):
    """Encodes rows: numbers, then ids, each column times a factor that is learned."""

    def __init__(self, numbers: Numbers | None, ids: Ids | None) -> None:
        super().__init__()
        self.numbers, self.ids = numbers, ids
        self.width = sum(part.width for part in (numbers, ids) if part is not None)
        self.factors = _variable(np.ones(self.width))

    def __call__(self, inputs: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """Encode a batch: `[batch, width]`."""
        parts = []
        if self.numbers is not None:
            parts.append(self.numbers(inputs["numbers"]))
        if self.ids is not None:
            parts.append(self.ids(inputs["ids"]))
        if not parts:  # nothing varies
            parts.append(tf.zeros([tf.shape(next(iter(inputs.values())))[0], 0]))
        return tf.concat(parts, 1) * self.factors


def _variable(values: NDArray[np.floating]) -> tf.Variable:
    return tf.Variable(values.astype(np.float32))
