"""What the task means for the model: its outputs, its loss, and what it answers.

Terms:
    labels: `[rows]`: int64 class ids, or float32, as `label_features` makes them.
    encoded label: what the network is compared with, see `Task.encoded_labels`.
    logits: what the network gives, `[batch, outputs] float32`.
    predictions: what the served model answers, by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.model.signature_names import CLASS, PREDICTION_KEYS


def learn_task(config: Mapping[str, Any], labels: NDArray[Any]) -> Task:
    """Take the task from the section `label` of the configuration and the training rows.

    Raises:
        ValueError: all labels are the same, so there is nothing to learn.
    """
    classes = tuple(config["classes"]) or ("0", "1")
    if (labels == labels[0]).all():
        label = labels[0] if config["task"] == "regression" else repr(classes[int(labels[0])])
        raise ValueError(
            f"all {len(labels)} training rows have the label {label}: there is nothing to learn."
            " Check label.rule and label.column, or give rows with other labels"
        )
    if config["task"] == "regression":
        return Regression(float(labels.mean(dtype=float)), float(labels.std(dtype=float)))
    return Binary(classes) if config["task"] == "binary" else Multiclass(classes)


class Task(ABC):
    """The kind of prediction.

    Attributes:
        outputs: numbers that the network gives per row.
    """

    outputs: int = 1

    @abstractmethod
    def encoded_labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Encode labels as the loss takes them, one a row."""

    @abstractmethod
    def loss(self, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Return the loss of each row: `[batch] float32`."""

    @abstractmethod
    def predictions(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Make predictions of logits."""


@dataclass(frozen=True)
class Regression(Task):
    """A number is predicted: `value` `[batch] float32`, in the label's own unit.

    The network learns it in standard deviations from the mean, whatever its unit is.

    Attributes:
        mean, deviation: of the labels of the training rows.
    """

    mean: float
    deviation: float

    def encoded_labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Standardise: `[rows, 1] float32`."""
        return ((labels - self.mean) / self.deviation).astype(np.float32)[:, np.newaxis]

    def loss(self, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Return squared errors."""
        return tf.math.squared_difference(labels, logits)[:, 0]

    def predictions(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Undo the standardisation."""
        return {PREDICTION_KEYS["regression"]: logits[:, 0] * self.deviation + self.mean}


@dataclass(frozen=True)
class Classification(Task):
    """A class is predicted.

    Attributes:
        classes: names of the classes, in the order of their ids.
    """

    classes: tuple[str, ...]

    @abstractmethod
    def scores(self, logits: tf.Tensor) -> tf.Tensor:
        """Return the probability of each class: `[batch, classes] float32`."""


@dataclass(frozen=True)
class Binary(Classification):
    """One of two classes: `probability` `[batch] float32`, that of the second.

    And, once a threshold is decided on, `class` `[batch] string`: the second, where its probability
    is larger than that.
    """

    threshold: float | None = None

    def encoded_labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Make 0 or 1: `[rows, 1] float32`."""
        return labels.astype(np.float32)[:, np.newaxis]

    def loss(self, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Return cross-entropies."""
        return tf.nn.sigmoid_cross_entropy_with_logits(labels, logits)[:, 0]

    def predictions(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Make the probability, and choose a class where that is decided."""
        probability = tf.sigmoid(logits[:, 0])
        predictions = {PREDICTION_KEYS["binary"]: probability}
        if self.threshold is not None:
            is_second = probability > tf.constant(self.threshold, tf.float32)
            predictions[CLASS] = tf.where(is_second, self.classes[1], self.classes[0])
        return predictions

    def scores(self, logits: tf.Tensor) -> tf.Tensor:
        """Make both probabilities, each to full precision."""
        return tf.sigmoid(tf.concat([-logits, logits], axis=1))


@dataclass(frozen=True)
class Multiclass(Classification):
    """One of several classes.

    `probabilities` `[batch, classes] float32`, and `class` `[batch] string`, the likeliest.
    """

    @property
    def outputs(self) -> int:  # type: ignore[override]
        """One number a class."""
        return len(self.classes)

    def encoded_labels(self, labels: NDArray[Any]) -> NDArray[Any]:
        """Keep class ids: `[rows] int32`."""
        return labels.astype(np.int32)

    def loss(self, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Return cross-entropies."""
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)

    def predictions(self, logits: tf.Tensor) -> dict[str, tf.Tensor]:
        """Make the probabilities and choose a class."""
        likeliest = tf.gather(tf.constant(self.classes), tf.argmax(logits, axis=1))
        return {PREDICTION_KEYS["multiclass"]: self.scores(logits), CLASS: likeliest}

    def scores(self, logits: tf.Tensor) -> tf.Tensor:
        """Make the probabilities."""
        return tf.nn.softmax(logits)
