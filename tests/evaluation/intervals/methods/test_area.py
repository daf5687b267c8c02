"""Areas under ROC curves: DeLong's variance against its definition, and what has no variance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from tfx_pipeline.evaluation.intervals.blocks import make_blocks
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.methods.area import (
    Area,
    area_difference,
    area_interval,
    area_of,
)


def area(answers: Any, labels: Any, clusters: Any = None) -> Area:
    answers, positive = np.asarray(answers), np.asarray(labels) == 1
    return area_of(answers, positive, make_blocks(len(answers), Resampling(clusters=clusters)))


def rows(
    size: int, seed: int = 0, decimals: int = 9
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    random = np.random.default_rng(seed)
    labels = (random.random(size) < 0.3).astype(float)
    first = random.normal(size=size) + labels
    return labels, first.round(decimals), (first + random.normal(size=size)).round(decimals)


def _kernel(answers: NDArray[Any], labels: NDArray[Any]) -> NDArray[Any]:
    above = answers[labels == 1][:, None] - answers[labels == 0]
    return (above > 0) + 0.5 * (above == 0)


@pytest.mark.parametrize("decimals", [9, 1])
def test_area_and_error_are_those_of_all_pairs(decimals: int) -> None:
    labels, answers, _ = rows(300, decimals=decimals)
    kernel = _kernel(answers, labels)
    variances = [kernel.mean(axis=axis).var(ddof=1) / kernel.shape[1 - axis] for axis in (0, 1)]
    found = area(answers, labels)
    assert found.value == pytest.approx(roc_auc_score(labels, answers), abs=1e-12)
    assert found.error == pytest.approx(sum(variances) ** 0.5, rel=1e-12)


@pytest.mark.parametrize("decimals", [9, 1])
def test_difference_has_the_variance_of_the_differences_of_all_pairs(decimals: int) -> None:
    labels, first, second = rows(400, decimals=decimals)
    kernel = _kernel(first, labels) - _kernel(second, labels)
    variances = [kernel.mean(axis=axis).var(ddof=1) / kernel.shape[1 - axis] for axis in (0, 1)]
    ends, method = area_difference(area(first, labels), area(second, labels), 0.95)
    assert method == "delong"
    half = (ends.high - ends.low) / 2
    assert half == pytest.approx(1.97 * sum(variances) ** 0.5, rel=0.01)
    assert ends.value == pytest.approx(kernel.mean(), abs=1e-12)


def test_interval_on_the_logit_scale_is_longer_towards_one_half() -> None:
    labels, answers, _ = rows(400)
    ends, method = area_interval(area(answers * 0 + answers + labels, labels), 0.95)
    assert method == "delong"
    assert ends.value - ends.low > ends.high - ends.value > 0


@pytest.mark.parametrize(("positive", "negative"), [(1, 1), (1, 50), (5, 200), (200, 200)])
def test_perfect_separation_has_an_interval_that_is_no_point(positive: int, negative: int) -> None:
    labels = np.repeat([1.0, 0.0], [positive, negative])
    ends, method = area_interval(area(labels, labels), 0.95)
    assert (ends.value, ends.high, method) == (1.0, 1.0, "delong-score")
    assert 0 < ends.low < 0.9995
    reversed_ends, _ = area_interval(area(-labels, labels), 0.95)
    assert reversed_ends.high == pytest.approx(1 - ends.low, abs=1e-9)


def test_two_models_that_separate_perfectly_may_still_differ() -> None:
    labels = np.repeat([1.0, 0.0], 100)
    random = np.random.default_rng(0)
    first, second = (area(labels + random.random(200) / 2, labels) for _ in range(2))
    ends, _ = area_difference(first, second, 0.95)
    assert ends.value == 0
    assert ends.low < -0.001 and ends.high > 0.001


def test_more_rows_of_a_small_class_make_the_interval_shorter() -> None:
    lengths = []
    for positive in (2, 10, 40, 49, 51, 400):
        labels = np.repeat([1.0, 0.0], [positive, 500])
        quantiles = np.concatenate([np.arange(n) / n + 0.5 / n for n in (positive, 500)])
        ends, _ = area_interval(area(quantiles + 0.6 * labels, labels), 0.95)
        lengths.append(ends.high - ends.low)
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[3] == pytest.approx(lengths[4], rel=0.15)  # where the method changes


def test_constant_answers_are_worth_one_half() -> None:
    labels, answers, _ = rows(200)
    ends, _ = area_interval(area(0 * answers, labels), 0.95)
    assert ends.low < ends.value == 0.5 < ends.high


def test_rows_of_clusters_count_as_fewer() -> None:
    labels, answers, _ = rows(100)
    copies = (np.repeat(each, 5) for each in (answers, labels, np.arange(100)))
    alone = area(answers, labels)
    copied = area(*copies)
    assert copied.value == pytest.approx(alone.value, abs=1e-12)
    assert copied.error == pytest.approx(alone.error, rel=0.05)


def test_difference_varies_with_clusters_where_the_first_area_does_not() -> None:
    draw, count, size = np.random.default_rng(4), 60, 20
    clusters, truth = np.repeat(np.arange(count), size), draw.normal(size=count * size)
    labels = (draw.random(count * size) < 1 / (1 + np.exp(-2 * truth))).astype(float)
    first = area(truth, labels, clusters)
    second = area(truth + np.repeat(draw.normal(size=count), size), labels, clusters)
    assert first.inflation == 1.0 and second.inflation > 1.0
    ends, _ = area_difference(first, second, 0.95)
    error = float(np.std(first.influence - second.influence) * np.sqrt(count))
    assert (ends.high - ends.low) / 4 == pytest.approx(error, rel=0.05)
