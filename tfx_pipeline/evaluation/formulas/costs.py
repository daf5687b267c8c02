"""What answers cost.

Terms:
    cost matrix: `[classes, classes] float64`: of answering the second for a row of the first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows, chosen_classes


def row_costs(rows: ScoredRows) -> NDArray[Any]:
    """Give the cost of each row's answer: `[rows] float64`; `rows.costs` are given."""
    assert rows.costs is not None
    return rows.costs[rows.labels.astype(int), chosen_classes(rows)]


def mean_cost(rows: ScoredRows) -> float:
    """Average the costs of the rows."""
    return float(row_costs(rows).mean())


def cheapest_constant(rows: ScoredRows) -> tuple[int, float]:
    """Find the class that is cheapest to answer for all rows, and its mean cost."""
    assert rows.costs is not None
    shares = np.bincount(rows.labels.astype(int), minlength=rows.classes) / len(rows.labels)
    means = shares @ rows.costs
    return int(means.argmin()), float(means.min())


def costs_by_threshold(rows: ScoredRows) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the mean cost by the threshold above which the second class is answered.

    Returns:
        Thresholds, each between two different answers or beyond them all, upwards; and costs:
        `[thresholds] float64`, each.
    """
    assert rows.costs is not None
    order = np.argsort(rows.answers, kind="stable")
    answers = rows.answers[order].astype(np.float64)
    labels = rows.labels[order].astype(int)
    # Row by row, upwards, the answer becomes the first class.
    change = rows.costs[labels, 0] - rows.costs[labels, 1]
    totals = rows.costs[labels, 1].sum() + np.concatenate([[0.0], np.cumsum(change)])
    last = np.append(np.flatnonzero(np.diff(answers)) + 1, len(answers))
    ends = np.concatenate([[0], last])
    above = np.append(answers[ends[:-1]], 1.0)
    below = np.concatenate([[0.0], answers[last - 1]])
    first = int(answers[0] <= 0)  # which is above no threshold
    return ((above + below) / 2)[first:], totals[ends][first:] / len(answers)


def cheapest_answers(rows: ScoredRows) -> NDArray[Any]:
    """Give the class with the least expected cost by the probabilities: `[rows] int`.

    Elkan, The foundations of cost-sensitive learning, IJCAI 2001.
    """
    assert rows.costs is not None
    answers = rows.answers.astype(np.float64)
    if rows.task == "binary":
        answers = np.stack([1 - answers, answers], axis=1)
    return (answers @ rows.costs).argmin(axis=1)
