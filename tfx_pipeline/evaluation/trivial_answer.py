"""The trivial answer: what one may say of a row without looking at it.

The baseline is another thing: the last blessed model, see `components.blessed_model`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.metric_names import MAIN_METRIC
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows
from tfx_pipeline.wording import listed

MARGIN = 1e-3
"""Share of the trivial answer's loss by which a model must be better: less is rounding, or luck of
a model that has learned nothing but that answer."""


@dataclass(frozen=True)
class TrivialAnswer:
    """The constant answer that is best on the training split.

    Attributes:
        task: the task.
        values: the share of each class there, so the majority class; or the mean of the labels.
    """

    task: str
    values: tuple[float, ...]

    @classmethod
    def of_labels(cls, task: str, classes: int, labels: NDArray[Any]) -> TrivialAnswer:
        """Learn it from the labels of the training split; labels that are none are passed over.

        Raises:
            ValueError: no row has a label.
        """
        labels = labels.astype(np.float64)
        labels = labels[~ScoredRows(task, classes, labels, np.zeros_like(labels)).label_is_bad]
        if not len(labels):
            raise ValueError("no row of the training split has a label")
        if task == "regression":
            return cls(task, (float(labels.mean()),))
        counts = np.bincount(labels.astype(int), minlength=classes)
        return cls(task, tuple((counts / counts.sum()).tolist()))

    def loss(self, rows: ScoredRows) -> float:
        """Compute the main metric of the task for this answer to all rows; NaN where none can be.

        Rows whose real answer is bad count as the others: this one does not depend on it.
        """
        answers = self.answers(len(rows.labels))
        return compute(MAIN_METRIC[self.task], replace(rows, answers=answers))

    def answers(self, rows: int) -> NDArray[Any]:
        """Give it as the answers of so many rows, see `ScoredRows`."""
        if self.task == "multiclass":
            return np.broadcast_to(np.array(self.values), (rows, len(self.values)))
        return np.full(rows, self.values[-1])

    def words(self, classes: Sequence[str]) -> str:
        """Say what it answers: `the mean of its labels, 4.5`, or the majority class and shares."""
        if self.task == "regression":
            return f"the mean of the training split's labels, {self.values[0]:.6g}"
        named = sorted(zip(self.values, classes, strict=True), key=lambda pair: -pair[0])
        named = [(share, name if name.isprintable() else repr(name)) for share, name in named]
        shown = listed([f"{name} {share:.3f}" for share, name in named], 3, joint=", and ")
        return (
            f"the majority class of the training split, {named[0][1]}, each class with its share"
            f" there as its probability ({shown})"
        )
