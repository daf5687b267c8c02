"""The rows of training, as a linear model is fitted to them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from tfx_pipeline.modules.learners.learner import LearningRows
from tfx_pipeline.modules.learners.linear.losses import loss_of
from tfx_pipeline.modules.learners.linear.penalised import Problem, Weights
from tfx_pipeline.modules.learners.linear.pieces import Pieces, design
from tfx_pipeline.modules.learners.linear.scorer import LinearScorer
from tfx_pipeline.modules.model.model_inputs import ModelInputs
from tfx_pipeline.modules.model.tasks import Task

_MOST_CELLS = 40_000_000  # 480 MB


@dataclass(frozen=True)
class Gathered:
    """As many rows as there is room for.

    Attributes:
        problem: of all of them.
        fitted, held_out: places of the two kinds in it.
        pieces: of the columns of numbers.
        columns: of the problem's columns, their places among all pieces and ids: an id that no
            row has is left out.
        size: number of all ids.
        tie: of the problem's rows, see `row_ties`.
    """

    problem: Problem
    fitted: NDArray[np.int32]
    held_out: NDArray[np.int32]
    pieces: Pieces
    columns: NDArray[np.int64]
    size: int
    tie: NDArray[np.int64] | None = None

    def scorer(self, weights: Weights) -> LinearScorer:
        """Make the scorer of fitted weights; an id that no row has weighs nothing."""
        values = np.zeros((self.pieces.count + self.size, len(weights.intercept)))
        values[self.columns] = self.problem.heights @ weights.parameters
        intercept = weights.intercept - self.problem.center @ values[self.columns]
        return LinearScorer(self.pieces, values, intercept)


def gather(learning: LearningRows, inputs: ModelInputs, task: Task) -> Gathered:
    """Take the rows: all, or as many as 480 MB hold, drawn at random."""
    rows = learning.rows
    numbers, ids = rows.inputs.get("numbers"), rows.inputs.get("ids")
    cells = (0 if numbers is None else 2 * numbers.shape[1]) + len(inputs.sizes)
    most = max(1, _MOST_CELLS // cells)
    kinds = [_drawn(x, most, learning) for x in (learning.fitted, learning.held_out)]
    places = np.concatenate(kinds)
    fitted, held_out = np.split(np.arange(len(places), dtype=np.int32), [len(kinds[0])])
    numbers = np.zeros((len(places), 0), np.float32) if numbers is None else numbers[places]
    pieces = Pieces.of(numbers[fitted], learning.random)
    matrix = design(pieces, numbers, None if ids is None else ids[places], inputs.size)
    seen = np.unique(matrix.indices[matrix.indices >= pieces.count])
    columns = np.concatenate([np.arange(pieces.count), seen])
    matrix = matrix[:, columns]
    labels = task.encoded_labels(rows.label[places])
    labels = labels.astype(np.float64 if np.issubdtype(labels.dtype, np.floating) else np.int64)
    weight = np.ones(len(places)) if rows.weight is None else rows.weight[places].astype(float)
    problem = Problem(
        matrix,
        sparse.block_diag([pieces.heights(), sparse.identity(len(seen))], "csr"),
        np.asarray(matrix[fitted].mean(axis=0)).ravel(),
        labels,
        weight / weight.mean(),
        loss_of(task),
    )
    tie = None if rows.tie is None else rows.tie[places]
    return Gathered(problem, fitted, held_out, pieces, columns, inputs.size, tie)


def _drawn(places: NDArray[np.int32], most: int, learning: LearningRows) -> NDArray[np.int32]:
    """Take at most so many of these rows, in the files' order."""
    if len(places) > most:
        places = learning.random.choice(places, most, replace=False)
    return np.sort(places)
