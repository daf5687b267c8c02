"""What is measured, row by row: a group's figure is its hits by its rows that count.

Source: M. Hardt, E. Price, N. Srebro, Equality of Opportunity in Supervised Learning, NeurIPS 2016
(rates given the label); A. Chouldechova, Fair prediction with disparate impact, Big Data 5 (2017)
153-163 (predictive values, calibration).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.risk.measure_names import MeasureName
from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes

_MOST_CLASSES = 6
"""Of more, the most frequent ones are measured one by one."""


@dataclass(frozen=True)
class Measure:
    """A mean over some of the rows.

    Attributes:
        name: which.
        hits: `[rows] float64`: 0 where `counts` is 0.
        counts: `[rows] float64`: 1 where the row is of those that the mean is over, else 0.
        is_rate: hits are 0 or 1.
        of_class: number of the class that *the answer* is; None: of the task's own.
        unit: what a gap is divided by to be compared with the largest allowed one.
    """

    name: MeasureName
    hits: NDArray[np.float64]
    counts: NDArray[np.float64]
    is_rate: bool = True
    of_class: int | None = None
    unit: float = 1.0


def measures_of(rows: ScoredRows) -> list[Measure]:
    """Give what is measured of these rows; labels and answers are all good ones."""
    every = np.ones(len(rows.labels))
    if rows.task == "regression":
        errors = rows.answers.astype(np.float64) - rows.labels
        unit = float(rows.labels.std()) or 1.0
        return [
            Measure("mean_error", errors, every, is_rate=False, unit=unit),
            Measure("mean_absolute_error", np.abs(errors), every, is_rate=False, unit=unit),
        ]
    chosen, labels = chosen_classes(rows), rows.labels.astype(int)
    wrong = Measure("error", (chosen != labels).astype(np.float64), every)
    if rows.task == "binary":
        return [*_of_class(chosen == 1, labels == 1, rows.answers, None), wrong]
    frequent = np.argsort(-np.bincount(labels, minlength=rows.classes), kind="stable")
    by_class = [
        measure
        for place in sorted(frequent[:_MOST_CLASSES].tolist())
        for measure in _of_class(chosen == place, labels == place, rows.answers[:, place], place)
    ]
    return [*by_class, wrong]


def _of_class(
    chosen: NDArray[Any], true: NDArray[Any], answers: NDArray[Any], place: int | None
) -> list[Measure]:
    every = np.ones(len(true))
    both = (chosen & true).astype(np.float64)
    missed = answers.astype(np.float64) - true
    return [
        Measure("selection_rate", chosen.astype(np.float64), every, of_class=place),
        Measure("true_positive_rate", both, true.astype(np.float64), of_class=place),
        Measure(
            "false_positive_rate",
            (chosen & ~true).astype(np.float64),
            (~true).astype(np.float64),
            of_class=place,
        ),
        Measure("positive_predictive_value", both, chosen.astype(np.float64), of_class=place),
        Measure("calibration", missed, every, is_rate=False, of_class=place),
    ]
