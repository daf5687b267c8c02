"""The rows that an attacker asks about: some were trained on, the others were not.

Terms:
    member: a row that the model was fitted to.
    stranger: a row that it was not fitted to: of the eval split.
    evidence: how well an answer fits the row's label, `[rows]`: of classes the probability of the
        label's class; of regression the distance from the label, which is 0 at best.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.row_matrix import stands_alone
from tfx_pipeline.evaluation.risk.subject import Predict, Subject
from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes


@dataclass(frozen=True)
class Candidates:
    """Members first, then strangers; no row that stands among all of them twice.

    A row that was trained on under two places, or that stands in both splits, is neither one.

    Attributes:
        columns: the features, `[rows]` each.
        labels: `[rows] float64`.
        members: how many are members.
        places: `[members]`: where they are in `Subject.train`.
        equal: rows that were left out, since another one has the same values.
    """

    columns: dict[str, NDArray[Any]]
    labels: NDArray[np.float64]
    members: int
    places: NDArray[np.int64]
    equal: int

    @classmethod
    def of(cls, subject: Subject, most: int, seed: int) -> Candidates:
        """Draw at most so many members, and as many strangers."""
        dice = np.random.default_rng(seed)
        known = subject.train.columns, subject.eval.columns
        both = {
            name: np.concatenate([columns[name] for columns in known]) for name in subject.features
        }
        alone = np.flatnonzero(stands_alone(both, subject.features))
        trained = len(subject.train)
        members = _drawn(alone[alone < trained], most, dice)
        taken = np.concatenate([members, _drawn(alone[alone >= trained], most, dice)])
        labels = np.concatenate([subject.train.labels, subject.eval.labels])
        equal = len(labels) - len(alone)
        columns = {name: column[taken] for name, column in both.items()}
        return cls(columns, labels[taken], len(members), members, equal)

    @property
    def strangers(self) -> int:
        """Count them."""
        return len(self.labels) - self.members

    def at(self, rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Give the columns of some rows."""
        return {name: column[rows] for name, column in self.columns.items()}


def _drawn(places: NDArray[Any], most: int, dice: np.random.Generator) -> NDArray[np.int64]:
    if len(places) <= most:
        return places
    return np.sort(dice.choice(places, most, replace=False))


def evidence_of(
    subject: Subject,
    answers: NDArray[Any],
    labels: NDArray[np.float64],
    shown: NDArray[Any] | None = None,
) -> NDArray[np.float64]:
    """Give the evidence of answers, or of what is `shown` of them; NaN of those that are none."""
    rows = _scored(subject, answers, labels)
    values = (answers if shown is None else shown).astype(np.float64)
    if subject.task == "regression":
        evidence = np.abs(values - labels)
    else:
        if subject.task == "binary":
            values = np.column_stack([1 - values, values])
        evidence = np.clip(values[np.arange(len(labels)), labels.astype(int)], 0, 1)
    return np.where(rows.answer_is_bad, np.nan, evidence)


def evidence_of_class(
    subject: Subject, answers: NDArray[Any], labels: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Give what is left of the evidence when a caller gets the class alone: 1 where it is right."""
    rows = _scored(subject, answers, labels)
    right = (chosen_classes(rows) == labels).astype(np.float64)
    return np.where(rows.answer_is_bad, np.nan, right)


def ask(predict: Predict, candidates: Candidates, rows: NDArray[Any] | None = None) -> NDArray[Any]:
    """Ask a model about all candidates, or about some."""
    columns = candidates.columns if rows is None else candidates.at(rows)
    return np.asarray(predict(columns))


def _scored(subject: Subject, answers: NDArray[Any], labels: NDArray[np.float64]) -> ScoredRows:
    classes = len(subject.classes) if subject.task != "regression" else 0
    return ScoredRows(subject.task, classes, labels, answers, subject.threshold)
