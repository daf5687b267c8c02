"""The training loop: whole epochs inside one graph, early stopping, best weights restored.

`keras.Model.fit` takes the same steps, but traces them twice and pays for its callbacks: on the
7,000 taxi rows, twice the time.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import tensorflow as tf

from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.networks.row_feeds import Feed, FileFeed, MemoryFeed
from tfx_pipeline.modules.model.tasks import Task
from tfx_pipeline.processes.progress import progress_adds, progress_begins

_LOG = logging.getLogger(__name__)
_EVALUATION_BATCH = 8192


class Network(Protocol):
    """What can be fitted: a Keras model, or a module with the same to say.

    One that has `members` gives in training the logits of the first for all rows, then those of
    the second, and so on: `[members * batch, outputs]`.
    """

    trainable_variables: Sequence[Any]
    losses: Sequence[tf.Tensor]

    def __call__(self, inputs: Mapping[str, tf.Tensor], training: bool) -> tf.Tensor:
        """Give logits: `[batch, outputs]`."""


class Optimizer(Protocol):
    """What takes a gradient step: of Keras, or a module with the same to say."""

    def apply(self, gradients: Sequence[Any], variables: Sequence[Any]) -> None:
        """Change the variables."""


@dataclass(frozen=True)
class Plan:
    """How a network is fitted.

    Attributes:
        batch_size: rows of a gradient step.
        epochs: at most this many passes over the rows.
        patience: epochs in a row without a lower loss of held-out rows after which it ends.
        min_delta: smallest fall of this loss that counts.
        keeps_best: whether the weights of the best epoch by held-out rows are restored.
        advice: what to do where the loss becomes no number.
    """

    batch_size: int
    epochs: int
    patience: int
    min_delta: float = 0.0
    keeps_best: bool = True
    advice: str = ""


class Fitting:
    """Fits a network to rows; see `run`.

    Attributes:
        input_wait: share of the time of `run` that it waited for rows, from 0 to 1.
        losses: of the epoch that the weights are of, by the kind of rows.
    """

    def __init__(
        self,
        network: Network,
        optimizer: Optimizer,
        task: Task,
        plan: Plan,
        learning: LearningRows,
    ) -> None:
        """Take what is fitted, how, and rows to train on and to hold out."""
        rows = learning.rows
        self._network, self._optimizer, self._task, self._plan = network, optimizer, task, plan
        self.input_wait = 0.0
        self.losses: Mapping[str, float] = {}
        labels = task.encoded_labels(rows.label)
        given = np.ones(len(labels), np.float32) if rows.weight is None else rows.weight
        # So the size of a gradient step is the same, whatever the weights' scale is.
        weights = given / given[learning.fitted].mean(dtype=np.float32)
        self._feed: Feed = (
            FileFeed(rows.inputs, labels, weights, plan.batch_size)
            if rows.in_files
            else MemoryFeed(rows.inputs, labels, weights)
        )
        part = [
            {x: tf.TensorSpec([None, *y.shape[1:]], y.dtype) for x, y in rows.inputs.items()},
            tf.TensorSpec([None, *labels.shape[1:]], labels.dtype),
            tf.TensorSpec([None], tf.float32),
            tf.TensorSpec([None], tf.int32),
        ]
        self._train = tf.function(self._trained, part, autograph=False)
        self._evaluate = tf.function(self._evaluated, part, autograph=False)
        self._random = learning.random
        self._held_out, self._fitted = learning.held_out, learning.fitted
        self._totals = {
            "train": float(weights[self._fitted].sum(dtype=np.float64)),
            "held_out": float(weights[self._held_out].sum(dtype=np.float64)),
        }

    def run(self, log_directory: str) -> int:
        """Train until the epochs are over, or the loss of held-out rows has stopped falling.

        In the second case the weights of the best epoch are restored. The losses of each epoch go
        to the log and, for TensorBoard, to `log_directory`.

        Returns:
            The epoch that the weights are of.

        Raises:
            FloatingPointError: the loss became NaN or infinite.
        """
        began = time.perf_counter()
        plan, variables = self._plan, self._network.trainable_variables
        progress_begins(len(self._fitted) * plan.epochs)
        chooses = plan.keeps_best and self._totals["held_out"] > 0
        lowest, best, kept = math.inf, 0, [x.numpy() for x in variables]
        with tf.summary.create_file_writer(log_directory).as_default():
            for epoch in range(1, plan.epochs + 1):
                losses = self._epoch()
                self._report(epoch, losses)
                if not chooses:
                    best, self.losses = epoch, losses
                elif losses["held_out"] < lowest - plan.min_delta:
                    lowest, best, self.losses = losses["held_out"], epoch, losses
                    kept = [x.numpy() for x in variables]
                elif epoch - best >= plan.patience:
                    break
        if chooses:
            for variable, value in zip(variables, kept, strict=True):
                variable.assign(value)
        self.input_wait = self._feed.wait_s / (time.perf_counter() - began)
        return best

    def _epoch(self) -> dict[str, float]:
        """Take each row once, in random order; return the mean losses."""
        parts = self._feed.shuffled(self._fitted, self._random)
        total = 0.0
        for part in parts:
            total += float(self._train(*part))
            progress_adds(len(part.order))
        losses = {"train": total / self._totals["train"]}
        if self._totals["held_out"] > 0:
            parts = self._feed.in_order(self._held_out)
            total = sum(float(self._evaluate(*part)) for part in parts)
            losses["held_out"] = total / self._totals["held_out"]
        return losses

    def _trained(
        self,
        inputs: Mapping[str, tf.Tensor],
        labels: tf.Tensor,
        weights: tf.Tensor,
        order: tf.Tensor,
    ) -> tf.Tensor:
        variables = self._network.trainable_variables

        def step(rows: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                losses = self._losses(inputs, labels, weights, rows, training=True)
                total = tf.add_n([tf.reduce_mean(losses), *self._network.losses])
            self._optimizer.apply(tape.gradient(total, variables), variables)
            return tf.reduce_sum(losses)

        return _sum_over_batches(order, self._plan.batch_size, step)

    def _evaluated(
        self,
        inputs: Mapping[str, tf.Tensor],
        labels: tf.Tensor,
        weights: tf.Tensor,
        order: tf.Tensor,
    ) -> tf.Tensor:
        def step(rows: tf.Tensor) -> tf.Tensor:
            return tf.reduce_sum(self._losses(inputs, labels, weights, rows, training=False))

        return _sum_over_batches(order, _EVALUATION_BATCH, step)

    def _losses(
        self,
        inputs: Mapping[str, tf.Tensor],
        labels: tf.Tensor,
        weights: tf.Tensor,
        rows: tf.Tensor,
        training: bool,
    ) -> tf.Tensor:
        """Return the weighted losses of some rows of a part, the mean of all members': `[rows]`."""
        taken = {name: tf.gather(x, rows) for name, x in inputs.items()}
        logits, wanted = self._network(taken, training=training), tf.gather(labels, rows)
        members = getattr(self._network, "members", 1) if training else 1
        if members > 1:
            wanted = tf.concat([wanted] * members, 0)
        losses = tf.reshape(self._task.loss(wanted, logits), [members, -1])
        return tf.reduce_mean(losses, axis=0) * tf.gather(weights, rows)

    def _report(self, epoch: int, losses: Mapping[str, float]) -> None:
        shown = ", ".join(f"{name} loss {loss:.5f}" for name, loss in losses.items())
        _LOG.info("epoch %d of %d: %s", epoch, self._plan.epochs, shown)
        if not all(map(math.isfinite, losses.values())):
            raise FloatingPointError(
                f"the loss is no longer a number in epoch {epoch} ({shown}): {self._plan.advice}"
            )
        for name, loss in losses.items():
            tf.summary.scalar(f"loss/{name}", loss, epoch)


def _sum_over_batches(
    order: tf.Tensor, size: int, step: Callable[[tf.Tensor], tf.Tensor]
) -> tf.Tensor:
    """Call `step` on `size` rows after the other, the last time on the rest; add up its sums."""
    count = tf.size(order)

    def body(start: tf.Tensor, total: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return start + size, total + step(order[start : start + size])

    _, total = tf.while_loop(lambda start, _: start < count, body, [0, 0.0], parallel_iterations=1)
    return total
