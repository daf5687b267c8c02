"""How wrong each answer is, and how wrong it says itself that it may be.

Terms:
    loss: of a row: log-loss of a class, absolute error of a number.
    sureness: probability of the likeliest class; of a number there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows

_LEAST = 1e-7
"""Probability below which float32 tells no more."""


@dataclass(frozen=True)
class RowLosses:
    """Of the rows whose label and answer are ones, `[rows]` each.

    Attributes:
        places: theirs among all rows.
        losses: see above.
        errors: of classes, 1 where the likeliest is wrong, else 0; of numbers, answer less label.
        sureness: see above; of numbers, zeros.
    """

    places: NDArray[np.intp]
    losses: NDArray[np.float64]
    errors: NDArray[np.float64]
    sureness: NDArray[np.float64]


def row_losses(rows: ScoredRows) -> RowLosses:
    """Compute them."""
    places = np.flatnonzero(~(rows.label_is_bad | rows.answer_is_bad))
    labels, answers = rows.labels[places], rows.answers[places].astype(np.float64)
    if rows.task == "regression":
        errors = answers - labels
        return RowLosses(places, np.abs(errors), errors, np.zeros(len(errors)))
    chances = np.stack([1 - answers, answers], 1) if rows.task == "binary" else answers
    of_label = chances[np.arange(len(labels)), labels.astype(int)]
    wrong = chances.argmax(axis=1) != labels
    losses = -np.log(np.clip(of_label, _LEAST, 1))
    return RowLosses(places, losses, wrong.astype(float), np.clip(chances.max(axis=1), 0, 1))
