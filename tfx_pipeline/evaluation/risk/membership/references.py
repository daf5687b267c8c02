"""Models that never saw a row: what an honest model answers to it.

Each pair of them divides the training rows at random, and each of the two is fitted to one half.
So a member is a stranger to exactly one of a pair. A stranger is one to both, and only one of them
is asked, by a throw of a coin: a model that remembers nothing then answers to members as it does to
strangers, however few models there are.

Terms:
    evidence: see `candidates`.
    stand-in: a model of another kind, fitted by somebody who does not know how ours was trained.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.membership.candidates import Candidates, ask, evidence_of
from tfx_pipeline.evaluation.risk.row_matrix import RowMatrix
from tfx_pipeline.evaluation.risk.subject import Columns, Predict, Subject
from tfx_pipeline.evaluation.risk.surrogates import fit_classes, fit_numbers

Fit: TypeAlias = Callable[[NDArray[Any], int], Predict]


@dataclass(frozen=True)
class Unseen:
    """What reference models make of rows that they never saw.

    Attributes:
        evidence: `[pairs, rows]`: NaN where no model was asked.
        models: how many were fitted.
    """

    evidence: NDArray[np.float64]
    models: int

    @property
    def is_known(self) -> bool:
        """Say whether any answer is a number."""
        return not np.isnan(self.evidence).all()


def unseen_evidence(
    subject: Subject, fit: Fit, candidates: Candidates, models: int, until: float = math.inf
) -> Unseen:
    """Fit reference models, and give the evidence of their answers to rows they never saw.

    Args:
        subject: whose training rows are divided.
        fit: as `Subject.fit`.
        candidates: the rows.
        models: how many to fit.
        until: moment of `time.monotonic` at which none is begun that would not end by it, if it
            takes as long as the longest before; the first is always made.
    """
    dice = np.random.default_rng([subject.seed, 1])
    result = np.full(((models + 1) // 2, len(candidates.labels)), np.nan)
    longest, fitted = 0.0, 0
    for number in range(models):
        pair, side = divmod(number, 2)
        if side == 0:
            halves = dice.permutation(len(subject.train)) % 2
            coins = dice.integers(0, 2, candidates.strangers)
        began = time.monotonic()
        if number and began + longest > until:
            break
        predict = fit(np.flatnonzero(halves == side), subject.seed + number)
        unseen = np.concatenate([halves[candidates.places], coins]) != side
        rows = np.flatnonzero(unseen)
        answers = ask(predict, candidates, rows)
        result[pair, rows] = evidence_of(subject, answers, candidates.labels[rows])
        longest, fitted = max(longest, time.monotonic() - began), number + 1
    return Unseen(result[: (fitted + 1) // 2], fitted)


def stand_in_fit(subject: Subject) -> Fit:
    """Give how a stand-in is fitted: boosted trees, as anybody would try first."""
    encoding = RowMatrix.of(subject.train.columns, subject.features)
    matrix, labels = encoding.matrix(subject.train.columns), subject.train.labels

    def fit(places: NDArray[Any], seed: int) -> Predict:
        known = matrix[places], labels[places]
        if subject.task == "regression":
            numbers = fit_numbers("trees", *known, encoding.is_code, seed)
            return lambda columns: numbers(encoding.matrix(columns))
        ids, classes = known[1].astype(np.int64), len(subject.classes)
        fitted = fit_classes("trees", known[0], ids, classes, encoding.is_code, seed)

        def predict(columns: Columns) -> NDArray[Any]:
            answers = fitted(encoding.matrix(columns))
            return answers[:, 1] if subject.task == "binary" else answers

        return predict

    return fit
