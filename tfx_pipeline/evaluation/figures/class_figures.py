"""What was measured of each class: how often it is there, is answered, and is told from the others.

The figures of a class are those of the binary question whether a row is of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.figures.at_thresholds import named_rate
from tfx_pipeline.evaluation.formulas.ranking import auc_of
from tfx_pipeline.evaluation.intervals.blocks import make_blocks
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.parts import Rate
from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes

MOST_CLASSES = 50
"""That figures are given of: those with most rows. As many are in the confusion."""


def largest_classes(rows: ScoredRows) -> list[int]:
    """Give the ids of the classes that figures are given of, in their order."""
    counts = np.bincount(rows.labels.astype(int), minlength=rows.classes)
    return sorted(np.argsort(-counts, kind="stable")[:MOST_CLASSES].tolist())


def class_figures(
    rows: ScoredRows, classes: tuple[str, ...], resampling: Resampling
) -> dict[str, Mapping[str, float | None]]:
    """Give rows, precision, recall, f1 and auc (one against the others) by class.

    Precision and recall have `_low` and `_high` (Wilson). None: there is no such figure, since the
    class has no row, has all, or is never answered.
    """
    chosen, labels = chosen_classes(rows), rows.labels.astype(int)
    drawn = make_blocks(len(labels), resampling), resampling.confidence
    figures: dict[str, Mapping[str, float | None]] = {}
    for place in largest_classes(rows):
        there, answered = labels == place, chosen == place
        right, count, said = int((there & answered).sum()), int(there.sum()), int(answered.sum())
        figures[classes[place]] = {
            "rows": float(count),
            **named_rate("precision", Rate(there & answered, answered), *drawn),
            **named_rate("recall", Rate(there & answered, there), *drawn),
            "f1": 2 * right / (count + said) if count + said else None,
            "auc": auc_of(there, _probability(rows, place)) if 0 < count < len(labels) else None,
        }
    return figures


def _probability(rows: ScoredRows, place: int) -> NDArray[Any]:
    if rows.task == "binary":
        return rows.answers if place else 1 - rows.answers.astype(np.float64)
    return rows.answers[:, place]


def confusion(rows: ScoredRows) -> tuple[tuple[int, ...], ...]:
    """Count rows by label (first) and answered class, of the classes of `largest_classes`."""
    kept = largest_classes(rows)
    place_of = np.full(rows.classes, -1)
    place_of[kept] = np.arange(len(kept))
    labels, chosen = place_of[rows.labels.astype(int)], place_of[chosen_classes(rows)]
    shown = (labels >= 0) & (chosen >= 0)
    cells = np.bincount(labels[shown] * len(kept) + chosen[shown], minlength=len(kept) ** 2)
    return tuple(map(tuple, cells.reshape(len(kept), len(kept)).tolist()))
