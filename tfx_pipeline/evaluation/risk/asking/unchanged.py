"""Rows as they are, which changed ones are compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.asking.questions import (
    Failure,
    Questions,
    chosen,
    distances,
    losses,
)
from tfx_pipeline.evaluation.risk.subject import Columns, Subject


@dataclass(frozen=True)
class Unchanged:
    """Rows as they are, and what is known of them.

    Attributes:
        columns: of the features.
        labels: `[rows]`.
        answers: `[rows, classes]`, see `questions`.
        losses: `[rows]`.
        trivial_loss: mean loss of the best constant answer of the training rows.
        label_spread: standard deviation of the training rows' labels; of classes 1.
    """

    columns: Columns
    labels: NDArray[np.float64]
    answers: NDArray[np.float64]
    losses: NDArray[np.float64]
    trivial_loss: float
    label_spread: float

    @classmethod
    def of(
        cls,
        subject: Subject,
        columns: Columns,
        labels: NDArray[np.float64],
        answers: NDArray[np.float64],
    ) -> Unchanged:
        """Measure rows whose answers are good."""
        trivial = np.tile(constant_answer(subject), (len(labels), 1))
        spread = float(subject.train.labels.std()) if subject.task == "regression" else 1.0
        return cls(
            columns,
            labels,
            answers,
            losses(subject, labels, answers),
            float(losses(subject, labels, trivial).mean()),
            spread,
        )

    def of_rows(self, rows: NDArray[Any] | slice) -> Unchanged:
        """Give some rows of it."""
        return replace(
            self,
            columns={name: column[rows] for name, column in self.columns.items()},
            labels=self.labels[rows],
            answers=self.answers[rows],
            losses=self.losses[rows],
        )

    def __len__(self) -> int:
        return len(self.labels)


def constant_answer(subject: Subject) -> NDArray[np.float64]:
    """Give the constant answer with the least loss on the training rows: shares, or the median."""
    labels = subject.train.labels
    if subject.task == "regression":
        return np.array([np.median(labels) if len(labels) else 0.0])
    counts = np.bincount(labels.astype(int), minlength=len(subject.classes))
    return counts / max(1, counts.sum())


def unchanged_rows(
    subject: Subject, questions: Questions, most: int, split: Literal["eval", "train"] = "eval"
) -> Unchanged | str:
    """Ask rows as they are; those without a good answer are left out. A text says why none is."""
    sample = subject.eval if split == "eval" else subject.train
    rows = np.random.default_rng([subject.seed, 3]).permutation(len(sample))[:most]
    columns = {name: sample.columns[name][rows] for name in subject.features}
    answers = questions.begin(columns)
    if isinstance(answers, Failure):
        return f"the model does not answer rows of the {split} split: {answers.words}"
    good = np.isfinite(answers).all(axis=1)
    if not good.any():
        return f"the model gives no good answer to any row of the {split} split"
    kept = {name: column[good] for name, column in columns.items()}
    return Unchanged.of(subject, kept, sample.labels[rows][good], answers[good])


def flipped(subject: Subject, base: Unchanged, answers: NDArray[Any]) -> NDArray[np.bool_]:
    """Say of each row whether its answer is another one, see `Effect.flips`."""
    if subject.task == "regression":
        return distances(subject, answers, base.answers) > max(base.label_spread, 1e-12)
    return chosen(subject, answers) != chosen(subject, base.answers)
