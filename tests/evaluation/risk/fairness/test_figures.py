"""The figures of groups, by Fairlearn, against counts made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.evaluation.risk.fairness.figures import counts_by_group, figures_by_group
from tfx_pipeline.evaluation.risk.fairness.groups import Partition
from tfx_pipeline.evaluation.risk.fairness.measures import measures_of
from tfx_pipeline.evaluation.scored_rows import ScoredRows

# Group 0: labels 1 1 0 0, answered 1 0 1 0. Group 1: labels 0 0, answered 0 0. One row of neither.
CODES = np.array([0, 0, 0, 0, 1, 1, -1])
PARTITION = Partition(("sex",), CODES, (("f",), ("m",)), 1)
LABELS = np.array([1.0, 1, 0, 0, 0, 0, 1])
ANSWERS = np.array([0.9, 0.3, 0.6, 0.2, 0.1, 0.2, 0.9])


def test_figures_of_a_binary_task_are_those_counted_by_hand() -> None:
    rows = ScoredRows("binary", 2, LABELS, ANSWERS)
    measures = measures_of(rows)
    figures = figures_by_group(rows, PARTITION, measures)
    found = {each.name: of_groups for each, of_groups in zip(measures, figures, strict=True)}
    nan = np.nan
    assert found["selection_rate"].tolist() == [0.5, 0.0]
    assert found["true_positive_rate"] == pytest.approx([0.5, nan], nan_ok=True)
    assert found["false_positive_rate"].tolist() == [0.5, 0.0]
    assert found["positive_predictive_value"] == pytest.approx([0.5, nan], nan_ok=True)
    assert found["calibration"] == pytest.approx([0.0, 0.15])
    assert found["error"].tolist() == [0.5, 0.0]


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_figures_are_the_hits_by_the_rows_that_count(task: str) -> None:
    """Fairlearn's figures, and the sums that are resampled, are of one definition."""
    dice = np.random.default_rng(3)
    codes = dice.integers(-1, 3, 600)
    partition = Partition(("x",), codes, (("p",), ("q",), ("r",)), 0)
    labels, answers = dice.integers(0, 3, 600).astype(float), dice.dirichlet([1, 1, 1], 600)
    rows = {
        "binary": ScoredRows("binary", 2, (labels > 0).astype(float), answers[:, 0], 0.3),
        "multiclass": ScoredRows("multiclass", 3, labels, answers),
        "regression": ScoredRows("regression", 0, labels * 7, answers[:, 1] * 20),
    }[task]
    measures = measures_of(rows)
    figures = figures_by_group(rows, partition, measures)
    counts = counts_by_group(partition, measures)
    assert len(measures) == {"binary": 6, "multiclass": 16, "regression": 2}[task]
    for place, measure in enumerate(measures):
        for group in range(3):
            inside = codes == group
            assert counts[place, group] == measure.counts[inside].sum()
            wanted = measure.hits[inside].sum() / measure.counts[inside].sum()
            assert figures[place, group] == pytest.approx(wanted), (measure.name, group)
