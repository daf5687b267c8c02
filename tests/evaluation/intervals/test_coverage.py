"""A few hundred samples whose true figures are known: a broken formula holds them too seldom.

`benchmarks/intervals.py` does so with thousands, for each size and prevalence.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.of_changes import loss_intervals
from tfx_pipeline.evaluation.intervals.of_metrics import metric_intervals
from tfx_pipeline.evaluation.metrics import compute
from tfx_pipeline.evaluation.scored_rows import ScoredRows

_NAMES = ("auc", "pr_auc", "log_loss", "brier", "accuracy", "precision", "recall", "f1")


def _pair(
    random: np.random.Generator, rows: int, prevalence: float, rho: float, sharp: float = 1.8
) -> tuple[ScoredRows, ScoredRows]:
    """Draw two calibrated models whose scores are normal in each class; `sharp`: of the first."""
    labels = (random.random(rows) < prevalence).astype(float)
    first = random.normal(size=rows)
    second = rho * first + (1 - rho**2) ** 0.5 * random.normal(size=rows)

    def model(noise: NDArray[Any], apart: float) -> ScoredRows:
        odds = prevalence / (1 - prevalence) * np.exp(apart * (noise + apart * labels - apart / 2))
        return ScoredRows("binary", 2, labels, odds / (1 + odds), prevalence)

    return model(first, sharp), model(second, 1.8)


@pytest.mark.parametrize(("rows", "prevalence", "times"), [(150, 0.1, 250), (1500, 0.4, 150)])
def test_intervals_of_metrics_hold_the_truth(rows: int, prevalence: float, times: int) -> None:
    random = np.random.default_rng(5)
    many, _ = _pair(random, 400_000, prevalence, 0.0)
    truth = {name: compute(name, many) for name in _NAMES}  # type: ignore[arg-type]
    held = dict.fromkeys(_NAMES, 0)
    for _ in range(times):
        sample, _ = _pair(random, rows, prevalence, 0.0)
        for name, each in metric_intervals(_NAMES, sample, Resampling()).items():
            held[name] += each.low <= truth[name] <= each.high
    for name, count in held.items():
        assert count / times >= 0.89, name  # 3 standard errors below what is right


def test_equal_models_are_seldom_called_worse_and_a_worse_one_often() -> None:
    random, times = np.random.default_rng(4), 200
    wrong = dict.fromkeys(_NAMES, 0)
    found = 0
    for _ in range(times):
        candidate, baseline = _pair(random, 600, 0.3, 0.95)
        for name, each in loss_intervals(_NAMES, candidate, baseline, Resampling()).items():
            wrong[name] += each.low > 0
        candidate, baseline = _pair(random, 600, 0.3, 0.95, sharp=1.55)
        found += loss_intervals(["log_loss"], candidate, baseline, Resampling())["log_loss"].low > 0
    assert max(wrong.values()) <= 0.06 * times, wrong
    assert sum(wrong.values()) > 0
    assert found >= 0.9 * times


def test_equal_models_that_are_nearly_always_right_are_seldom_called_worse() -> None:
    random, times, worse = np.random.default_rng(1), 400, 0
    for _ in range(times):
        labels = random.integers(0, 3, 109)
        logits = np.eye(3)[labels] * 10 + 1.5 * random.normal(size=(109, 3))
        models = []
        for _ in range(2):
            shifted = np.exp(logits + 0.8 * random.normal(size=logits.shape))
            answers = (shifted / shifted.sum(axis=1, keepdims=True)).astype(np.float32)
            models.append(ScoredRows("multiclass", 3, labels.astype(float), answers))
        worse += loss_intervals(["log_loss"], *models, Resampling())["log_loss"].low > 0
    assert worse <= 0.04 * times  # a few rows make most of each loss
