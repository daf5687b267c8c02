"""What the model's errors cost, and what other ways to answer by it would."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tfx_pipeline.evaluation.formulas.costs import (
    cheapest_answers,
    cheapest_constant,
    costs_by_threshold,
    mean_cost,
)
from tfx_pipeline.evaluation.scored_rows import ScoredRows

_MOST_POINTS = 200
OPTIMISTIC = "chosen on these rows, so it is too good for others"


def cost_figures(rows: ScoredRows, classes: tuple[str, ...], unit: str) -> dict[str, Any]:
    """Describe the costs of rows whose `costs` are given.

    Returns:
        `unit`; `matrix` by label and answer; `mean` by row; `constant`: the `answer` that is
        cheapest for all rows, and its `mean`; `by_probabilities`: the mean where each row is
        answered with the class of the least expected cost; of a binary task `best_threshold` with
        its `mean` and a `note`, and `curve`: `threshold` and `mean`, at most 200 points.
    """
    assert rows.costs is not None
    answer, constant = cheapest_constant(rows)
    expected = rows.costs[rows.labels.astype(int), cheapest_answers(rows)].mean()
    figures: dict[str, Any] = {
        "unit": unit,
        "matrix": {
            label: dict(zip(classes, row, strict=True))
            for label, row in zip(classes, rows.costs.tolist(), strict=True)
        },
        "mean": mean_cost(rows),
        "constant": {"answer": classes[answer], "mean": constant},
        "by_probabilities": float(expected),
    }
    if rows.task == "binary":
        thresholds, means = costs_by_threshold(rows)
        best = int(means.argmin())
        kept = np.unique(np.linspace(0, len(means) - 1, _MOST_POINTS).astype(int))
        figures |= {
            "best_threshold": float(thresholds[best]),
            "best_mean": _at(rows, float(thresholds[best])),
            "note": OPTIMISTIC,
            "curve": {
                "threshold": thresholds[kept].tolist(),
                "mean": means[kept].tolist(),
            },
        }
    return figures


def _at(rows: ScoredRows, threshold: float) -> float:
    """Compute the cost at a threshold as the model would compare, in its own data type."""
    return mean_cost(replace(rows, threshold=threshold))
