"""The training loop: whole epochs inside one graph, early stopping, best weights restored.

`keras.Model.fit` takes the same steps, but traces them twice and pays for its callbacks: on the
7,000 taxi rows, twice the time.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfx_pipeline.modules.model.tasks import Task
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

_LOG = logging.getLogger(__name__)
_EVALUATION_BATCH = 8192


class Fitting:
    """Fits a network to rows in memory; see `run`."""

    def __init__(
        self, network: keras.Model, task: Task, config: Mapping[str, Any], rows: TransformedRows
    ) -> None:
        """Take the section `model` of the configuration, and rows to train on and to hold out."""
        self._network, self._task, self._config = network, task, config
        name, rate = config["optimizer"]["name"], config["optimizer"]["learning_rate"]
        self._optimizer = keras.optimizers.get(
            {"class_name": name, "config": {"learning_rate": rate}}
        )
        self._optimizer.build(network.trainable_variables)
        self._inputs = {name: tf.constant(x) for name, x in rows.inputs.items()}
        self._labels = tf.constant(task.encoded_labels(rows.label))
        self._random = np.random.default_rng(config["seed"])
        order = self._random.permutation(len(rows.label)).astype(np.int32)
        held_out = _held_out(config["early_stopping"], len(order))
        self._held_out, self._fitted = order[:held_out], order[held_out:]

    def run(self, log_directory: str) -> None:
        """Train until the epochs are over, or the loss of held-out rows has stopped falling.

        In the second case the weights of the best epoch are restored. The losses of each epoch go
        to the log and, for TensorBoard, to `log_directory`.

        Raises:
            FloatingPointError: the loss became NaN or infinite.
        """
        stopping = (len(self._held_out) and self._config["early_stopping"]) or {}
        lowest, age, weights = math.inf, 0, self._network.get_weights()
        with tf.summary.create_file_writer(log_directory).as_default():
            for epoch in range(1, self._config["epochs"] + 1):
                losses = self._epoch()
                self._report(epoch, losses)
                if not stopping:
                    continue
                if losses["held_out"] < lowest - stopping["min_delta"]:
                    lowest, age, weights = losses["held_out"], 0, self._network.get_weights()
                else:
                    age += 1
                if age >= stopping["patience"]:
                    break
        if stopping:
            self._network.set_weights(weights)

    def _epoch(self) -> dict[str, float]:
        """Take each row once, in random order; return the mean losses."""
        order = tf.constant(self._random.permutation(self._fitted))
        losses = {"train": float(self._train(order))}
        if len(self._held_out):
            losses["held_out"] = float(self._evaluate(tf.constant(self._held_out)))
        return losses

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)], autograph=False)
    def _train(self, order: tf.Tensor) -> tf.Tensor:
        weights = self._network.trainable_variables

        def step(rows: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                losses = self._losses(rows, training=True)
                total = tf.add_n([tf.reduce_mean(losses), *self._network.losses])
            self._optimizer.apply(tape.gradient(total, weights), weights)
            return tf.reduce_sum(losses)

        return _mean_over_batches(order, self._config["batch_size"], step)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.int32)], autograph=False)
    def _evaluate(self, order: tf.Tensor) -> tf.Tensor:
        def step(rows: tf.Tensor) -> tf.Tensor:
            return tf.reduce_sum(self._losses(rows, training=False))

        return _mean_over_batches(order, _EVALUATION_BATCH, step)

    def _losses(self, rows: tf.Tensor, training: bool) -> tf.Tensor:
        inputs = {name: tf.gather(x, rows) for name, x in self._inputs.items()}
        logits = self._network(inputs, training=training)
        return self._task.loss(tf.gather(self._labels, rows), logits)

    def _report(self, epoch: int, losses: Mapping[str, float]) -> None:
        shown = ", ".join(f"{name} loss {loss:.5f}" for name, loss in losses.items())
        _LOG.info("epoch %d of %d: %s", epoch, self._config["epochs"], shown)
        if not all(map(math.isfinite, losses.values())):
            rate = self._config["optimizer"]["learning_rate"]
            raise FloatingPointError(
                f"the loss is no longer a number in epoch {epoch} ({shown}): lower"
                f" model.optimizer.learning_rate (received {rate}), or scale the features"
            )
        for name, loss in losses.items():
            tf.summary.scalar(f"loss/{name}", loss, epoch)


def _held_out(early_stopping: Mapping[str, Any] | None, rows: int) -> int:
    """Return how many rows are held out: none without early stopping, or of a single row."""
    if early_stopping is None or rows < 2:
        return 0
    return min(max(1, round(early_stopping["validation_share"] * rows)), rows - 1)


def _mean_over_batches(
    order: tf.Tensor, size: int, step: Callable[[tf.Tensor], tf.Tensor]
) -> tf.Tensor:
    """Call `step` on `size` rows after the other, the last time on the rest; average its sums."""
    count = tf.size(order)

    def body(start: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return start + size, total + step(order[start : start + size])

    _, total = tf.while_loop(lambda start, _: start < count, body, [0, 0.0], parallel_iterations=1)
    return total / tf.cast(count, tf.float32)
