"""How strong the penalty is to be: the strength of the least loss on rows not fitted to.

The strengths are tried from the strongest on, each fit beginning where the last one ended, until
two in a row were of no use: Friedman, Hastie and Tibshirani, Regularization Paths for Generalized
Linear Models via Coordinate Descent (2010), section 2.5.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.modules.learners.linear.penalised import Problem, Weights

_LOG = logging.getLogger(__name__)
STRENGTHS = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.01, 0.001)
_USE = 1e-3  # a strength is of use that lowers the loss by such a share
_STEPS, _TOLERANCE = 60, 1e-4
# From here on a tenth of the rows says as much as all of a small table do in turn.
_FEW = 5000
_FOLDS = 5
_LEAST_FITTED, _MOST_FITTED, _MOST_JUDGED = 2000, 50_000, 20_000
_MOST_CELLS = 3_000_000


class Trial(NamedTuple):
    """Places of rows to fit to, and of rows to judge by."""

    fitted: NDArray[np.int32]
    judged: NDArray[np.int32]


def trials(
    fitted: NDArray[np.int32],
    held_out: NDArray[np.int32],
    cells: int,
    random: np.random.Generator,
    tie: NDArray[np.int64] | None = None,
) -> Sequence[Trial]:
    """Choose rows, of so many cells each, to try strengths on.

    Few rows are tried in five folds, many against those held out, or, where there are none,
    against a tenth. So many are fitted to as have 3,000,000 cells, but 2,000 at least and 50,000
    at most. No row that is held out is fitted to, and none that is tied to it: `tie` is of all
    rows, see `row_ties`.
    """
    rows = random.permutation(fitted)
    most = int(np.clip(_MOST_CELLS // max(1, cells), _LEAST_FITTED, _MOST_FITTED))
    if len(rows) <= min(most, _FEW):
        return [Trial(np.setdiff1d(rows, fold), fold) for fold in _folds(rows, tie, random)]
    if not len(held_out):
        held_out, rows = np.split(rows, [len(rows) // 10])
    return [Trial(np.sort(rows[:most]), np.sort(random.permutation(held_out)[:_MOST_JUDGED]))]


def _folds(
    rows: NDArray[np.int32], tie: NDArray[np.int64] | None, random: np.random.Generator
) -> list[NDArray[np.int32]]:
    """Divide rows, in random order, into five parts; of fewer ties, into as many."""
    if tie is None:
        return np.array_split(rows, min(_FOLDS, len(rows)))
    names, of_row = np.unique(tie[rows], return_inverse=True)
    if len(names) < 2:
        return _folds(rows, None, random)
    folds = np.array_split(random.permutation(len(names)), min(_FOLDS, len(names)))
    return [rows[np.isin(of_row.reshape(-1), fold)] for fold in folds]


class Best(NamedTuple):
    """A strength, its mean loss on the rows judged, and weights to begin a fit with."""

    l2: float
    loss: float
    weights: Weights


def best_strength(problem: Problem, outputs: int, tried: Sequence[Trial]) -> Best:
    """Find the best of `STRENGTHS`."""
    parts = [(problem.of(fitted), problem.of(judged)) for fitted, judged in tried]
    starts = [problem.nothing(outputs)] * len(parts)
    weight = sum(judge.weight.sum() for _, judge in parts)
    best, useless = Best(STRENGTHS[0], np.inf, starts[0]), 0
    for l2 in STRENGTHS:
        starts = [
            part.fit(l2, start, _STEPS, _TOLERANCE)
            for (part, _), start in zip(parts, starts, strict=True)
        ]
        losses = [judge.whole_loss(x) for (_, judge), x in zip(parts, starts, strict=True)]
        loss = sum(losses) / weight
        _LOG.info("l2 %g: held_out loss %.5f", l2, loss)
        useless = 0 if loss < (1 - _USE) * best.loss else useless + 1
        if loss < best.loss:
            best = Best(l2, loss, starts[0])
        if useless == 2:
            break
    return best
