"""What a risk check may look at: rows, answers, and the model as a function of raw columns.

Terms:
    column: `[rows]`: numbers as float64 with NaN where missing (whole numbers beyond 2**53 are not
        perturbed), texts as object arrays of str with "" where missing.
    answer: as `scored_rows` says: `[rows]` probability of the second class or number, or
        `[rows, classes]`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows

Columns: TypeAlias = Mapping[str, NDArray[Any]]
Predict: TypeAlias = Callable[[Columns], NDArray[Any]]
"""Gives the answers to raw columns of equal length: those of `Subject.features`, all of them."""


@dataclass(frozen=True)
class Domain:
    """What a column may hold.

    Attributes:
        kind: `number` or `text`.
        whole: of numbers: whether they are whole.
        low: smallest number of the training split, or of the schema.
        high: largest one.
        values: of texts: those of the training split, most frequent first, some hundred at most.
        required: whether the schema says that it is never missing.
        feature_kind: of the configuration: `numeric`, `categorical`, `timestamp`, …
    """

    kind: Literal["number", "text"]
    whole: bool = False
    low: float = -np.inf
    high: float = np.inf
    values: tuple[str, ...] = ()
    required: bool = False
    feature_kind: str = ""


@dataclass(frozen=True)
class Sample:
    """Rows of a split, drawn at random if it has more.

    Attributes:
        columns: by name: all of the split, features or not.
        labels: `[rows] float64`: class ids, or numbers; only rows with a known label are here.
        of: how many such rows the split has.
    """

    columns: Columns
    labels: NDArray[np.float64]
    of: int

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True)
class Subject:
    """A model and the rows that it is examined with.

    Attributes:
        task: `binary`, `multiclass` or `regression`.
        classes: their names; none of regression.
        threshold: see `ScoredRows`.
        features: names of the columns that a caller sends.
        domains: by feature.
        eval: rows that the model was not fitted to.
        answers: to those.
        train: rows that it was fitted to.
        predict: the model.
        fit: trains a model as this one was on other rows: takes places of `train`'s rows and a
            seed, gives how it answers; None: that cannot be done (a model of one's own).
        clusters: of eval's rows, see `Resampling`; None: each row is its own.
        newest: columns of the newest span or of the serving window; None: there is none.
        seed: of all that is random.
        weighted: whether `label.weight` moved the probabilities away from those of the rows.
        notes: what a reader must know of the rows.
    """

    task: str
    classes: tuple[str, ...]
    threshold: float
    features: tuple[str, ...]
    domains: Mapping[str, Domain]
    eval: Sample
    answers: NDArray[Any]
    train: Sample
    predict: Predict
    fit: Callable[[NDArray[Any], int], Predict] | None = None
    clusters: NDArray[Any] | None = None
    newest: Columns | None = None
    seed: int = 0
    weighted: bool = False
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def scored(self) -> ScoredRows:
        """Give the eval rows' labels and answers as the metrics take them."""
        count = 0 if self.task == "regression" else len(self.classes)
        return ScoredRows(self.task, count, self.eval.labels, self.answers, self.threshold)

    def feature_columns(self, rows: NDArray[Any] | None = None) -> dict[str, NDArray[Any]]:
        """Give what `predict` takes, of these eval rows (places), or of all."""
        columns = {name: self.eval.columns[name] for name in self.features}
        return columns if rows is None else {name: x[rows] for name, x in columns.items()}
