"""The training loop: whole epochs inside one graph, early stopping, best weights restored.

`keras.Model.fit` takes the same steps, but traces them twice and pays for its callbacks: on the
7,000 taxi rows, twice the time.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfx_pipeline.modules.model.row_feeds import Feed, FileFeed, MemoryFeed
from tfx_pipeline.modules.model.tasks import Task
from tfx_pipeline.modules.model.transformed_rows import TransformedRows
from tfx_pipeline.processes.progress import progress_adds, progress_begins

_LOG = logging.getLogger(__name__)
_EVALUATION_BATCH = 8192


class Fitting:
    """Fits a network to rows; see `run`.

    Attributes:
        input_wait: share of the time of `run` that it waited for rows, from 0 to 1.
    """

    def __init__(
        self, network: keras.Model, task: Task, config: Mapping[str, Any], rows: TransformedRows
    ) -> None:
        """Take the section `model` of the configuration, and rows to train on and to hold out."""
        self._network, self._task, self._config = network, task, config
        self.input_wait = 0.0
        name, rate = config["optimizer"]["name"], config["optimizer"]["learning_rate"]
        self._optimizer = keras.optimizers.get(
            {"class_name": name, "config": {"learning_rate": rate}}
        )
        self._optimizer.build(network.trainable_variables)
        labels = task.encoded_labels(rows.label)
        self._feed: Feed = (
            FileFeed(rows.inputs, labels, config["batch_size"])
            if rows.in_files
            else MemoryFeed(rows.inputs, labels)
        )
        part = [
            {x: tf.TensorSpec([None, *y.shape[1:]], y.dtype) for x, y in rows.inputs.items()},
            tf.TensorSpec([None, *labels.shape[1:]], labels.dtype),
            tf.TensorSpec([None], tf.int32),
        ]
        self._train = tf.function(self._trained, part, autograph=False)
        self._evaluate = tf.function(self._evaluated, part, autograph=False)
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
        began = time.perf_counter()
        progress_begins(len(self._fitted) * self._config["epochs"])
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
        self.input_wait = self._feed.wait_s / (time.perf_counter() - began)

    def _epoch(self) -> dict[str, float]:
        """Take each row once, in random order; return the mean losses."""
        parts = self._feed.shuffled(self._fitted, self._random)
        total = 0.0
        for part in parts:
            total += float(self._train(*part))
            progress_adds(len(part.order))
        losses = {"train": total / len(self._fitted)}
        if len(self._held_out):
            parts = self._feed.in_order(self._held_out)
            total = sum(float(self._evaluate(*part)) for part in parts)
            losses["held_out"] = total / len(self._held_out)
        return losses

    def _trained(
        self, inputs: Mapping[str, tf.Tensor], labels: tf.Tensor, order: tf.Tensor
    ) -> tf.Tensor:
        weights = self._network.trainable_variables

        def step(rows: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                losses = self._losses(inputs, labels, rows, training=True)
                total = tf.add_n([tf.reduce_mean(losses), *self._network.losses])
            self._optimizer.apply(tape.gradient(total, weights), weights)
            return tf.reduce_sum(losses)

        return _sum_over_batches(order, self._config["batch_size"], step)

    def _evaluated(
        self, inputs: Mapping[str, tf.Tensor], labels: tf.Tensor, order: tf.Tensor
    ) -> tf.Tensor:
        def step(rows: tf.Tensor) -> tf.Tensor:
            return tf.reduce_sum(self._losses(inputs, labels, rows, training=False))

        return _sum_over_batches(order, _EVALUATION_BATCH, step)

    def _losses(
        self, inputs: Mapping[str, tf.Tensor], labels: tf.Tensor, rows: tf.Tensor, training: bool
    ) -> tf.Tensor:
        """Return the losses of some rows of a part: `[rows]`."""
        taken = {name: tf.gather(x, rows) for name, x in inputs.items()}
        logits = self._network(taken, training=training)
        return self._task.loss(tf.gather(labels, rows), logits)

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


def _sum_over_batches(
    order: tf.Tensor, size: int, step: Callable[[tf.Tensor], tf.Tensor]
) -> tf.Tensor:
    """Call `step` on `size` rows after the other, the last time on the rest; add up its sums."""
    count = tf.size(order)

    def body(start: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return start + size, total + step(order[start : start + size])

    _, total = tf.while_loop(lambda start, _: start < count, body, [0, 0.0], parallel_iterations=1)
    return total
