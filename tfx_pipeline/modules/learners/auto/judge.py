"""What answers to unseen rows are worth: of one candidate, or of a weighted mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from tfx_pipeline.modules.learners.auto.blend import mean_logits
from tfx_pipeline.modules.learners.auto.candidates import Candidate
from tfx_pipeline.modules.learners.auto.weights import Weights
from tfx_pipeline.modules.learners.division import Division
from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.model.tasks import Binary, Multiclass, Regression, Task


class Judge:
    """Knows the answers of all candidates to the rows that they were not fitted to.

    Attributes:
        rows: places of these rows, `[judged] int32`.
    """

    def __init__(
        self,
        learning: LearningRows,
        divisions: Sequence[Division],
        candidates: Sequence[Candidate],
        task: Task,
    ) -> None:
        """Take candidates that were judged by these divisions."""
        self.rows = np.concatenate([division.held_out for division in divisions])
        self._answers = np.stack([candidate.logits for candidate in candidates])
        self._task, weight = task, learning.rows.weight
        self._labels = learning.rows.label[self.rows]
        self._encoded = tf.constant(task.encoded_labels(self._labels))
        self._weight = np.ones(len(self.rows))
        if weight is not None and weight[self.rows].any():
            self._weight = weight[self.rows]

    def logits(self, weights: Weights) -> NDArray[np.float32]:
        """Give the logits of a weighted mean: `[judged, outputs]`."""
        return mean_logits(self._answers, weights)

    def loss(self, weights: Weights) -> float:
        """Give the mean loss of a weighted mean, by the weights of the rows."""
        losses = self._task.loss(self._encoded, tf.constant(self.logits(weights))).numpy()
        return float(np.average(losses, weights=self._weight))

    def figures(self, weights: Weights) -> dict[str, float]:
        """Say how good a weighted mean is: its loss, and what people know; unweighted."""
        figures = {"held_out_loss": self.loss(weights)}
        logits = self.logits(weights)
        if isinstance(self._task, Binary):
            auc = _auc(self._labels, logits[:, 0])
            figures |= {} if math.isnan(auc) else {"auc": auc}
        elif isinstance(self._task, Multiclass):
            figures["accuracy"] = float((logits.argmax(axis=1) == self._labels).mean())
        elif isinstance(self._task, Regression):
            answers = logits[:, 0] * self._task.deviation + self._task.mean
            figures["rmse"] = float(np.sqrt(np.square(answers - self._labels).mean()))
        return {name: float(f"{value:.6g}") for name, value in figures.items()}


def _auc(labels: NDArray[np.int64], scores: NDArray[np.float32]) -> float:
    """Give the share of pairs in their order, ties half; NaN without both classes."""
    _, place, sizes = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(sizes) - (sizes - 1) / 2)[place.reshape(-1)]
    positive = labels == 1
    count, others = int(positive.sum()), int((~positive).sum())
    if not count or not others:
        return float("nan")
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * others))
