"""The penalised loss of a linear model, and its minimum.

Terms:
    parameters: `[parameters, outputs] float64`: first those of the pieces (see `pieces`), then a
        weight an id.
    loss: the sum over rows of weight times loss, and half of `l2` times the sum of the squares of
        all parameters; the intercepts are free. So `l2` is 1 / C of scikit-learn's
        LogisticRegression.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

from tfx_pipeline.modules.learners.linear.losses import Loss

Matrix: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Weights:
    """A linear model.

    Attributes:
        parameters: see the module's terms.
        intercept: of the answer where all else is at its mean, `[outputs]`.
    """

    parameters: Matrix
    intercept: Matrix


@dataclass(frozen=True)
class Problem:
    """Rows that a linear model is fitted to, or judged by.

    Attributes:
        rows: `[rows, heights and ids]`, see `pieces.design`.
        heights: makes heights and weights of ids of parameters.
        center: mean of the training rows, `[heights and ids]`: what is left of each row, so that
            the search is not led along the intercept.
        labels: as the loss takes them.
        weight: `[rows]`, how much each counts.
        loss: of the task.
    """

    rows: sparse.csr_matrix
    heights: sparse.csr_matrix
    center: Matrix
    labels: NDArray[np.float64] | NDArray[np.int64]
    weight: Matrix
    loss: Loss

    def of(self, places: NDArray[np.int32]) -> Problem:
        """Take some of the rows."""
        labels, weight = self.labels[places], self.weight[places]
        return Problem(self.rows[places], self.heights, self.center, labels, weight, self.loss)

    def logits(self, weights: Weights) -> Matrix:
        """Answer: `[rows, outputs]`."""
        values = self.heights @ weights.parameters
        return self.rows @ values + (weights.intercept - self.center @ values)

    def whole_loss(self, weights: Weights) -> float:
        """Give the sum of the weighted losses, without the penalty."""
        losses, _ = self.loss(self.labels, self.logits(weights))
        return float(self.weight @ losses)

    def fit(self, l2: float, start: Weights, most_steps: int, tolerance: float) -> Weights:
        """Find the minimum by L-BFGS, from `start`.

        It ends where no derivative of the loss per row is beyond `tolerance`. Source: Liu and
        Nocedal, On the Limited Memory BFGS Method (1989).
        """
        shape = (len(start.parameters) + 1, len(start.intercept))
        total = self.weight.sum()

        def value(flat: Matrix) -> tuple[float, Matrix]:
            at = flat.reshape(shape)
            weights = Weights(at[:-1], at[-1])
            losses, slopes = self.loss(self.labels, self.logits(weights))
            slopes *= self.weight[:, np.newaxis]
            free = slopes.sum(axis=0)
            gradient = self.heights.T @ (self.rows.T @ slopes - np.outer(self.center, free))
            penalty = 0.5 * l2 * np.square(at[:-1]).sum()
            whole = np.concatenate([gradient + l2 * at[:-1], free[np.newaxis]])
            return (self.weight @ losses + penalty) / total, whole.ravel() / total

        begin = np.concatenate([start.parameters, start.intercept[np.newaxis]])
        options = {"maxiter": most_steps, "gtol": tolerance, "ftol": 1e-5 * tolerance, "maxcor": 10}
        found = optimize.minimize(
            value, begin.ravel(), jac=True, method="L-BFGS-B", options=options
        )
        if not np.isfinite(found.fun):
            raise FloatingPointError(
                f"the loss of the linear model is no longer a number: received {found.fun} with"
                f" l2 {l2:g}; scale the features (`scale: zscore`)"
            )
        at = found.x.reshape(shape)
        return Weights(at[:-1], at[-1])

    def nothing(self, outputs: int) -> Weights:
        """Give the weights to begin with: all 0."""
        return Weights(np.zeros((self.heights.shape[1], outputs)), np.zeros(outputs))
