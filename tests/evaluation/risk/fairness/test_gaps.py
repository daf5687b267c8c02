"""Gaps between groups: how often chance looks like one, and what few rows show."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.risk.fairness.gaps import Gap, cells_of, gaps_of, ratio_intervals
from tfx_pipeline.evaluation.risk.fairness.groups import partitions
from tfx_pipeline.evaluation.risk.fairness.measures import measures_of
from tfx_pipeline.evaluation.scored_rows import ScoredRows


def rate_gaps(
    labels: np.ndarray, groups: np.ndarray, seed: int = 0, clusters: np.ndarray | None = None
) -> list[Gap]:
    """Compare rates of wrong answers: all are "no"."""
    rows = ScoredRows("binary", 2, labels.astype(float), np.full(len(labels), 0.1))
    parts = [*partitions({"g": groups}, {}, crosses=False, fewest_rows=30)]
    measures = [each for each in measures_of(rows) if each.name == "error"]
    cells = cells_of(rows, parts, measures)
    resampling = Resampling(resamples=200, seed=seed, clusters=clusters)
    return gaps_of(cells, parts, measures, 30, resampling)


def test_gaps_of_equal_groups_rarely_exclude_zero() -> None:
    """Any of ten gaps at once in 5 % of the tables; of 40, more than 6 by chance in 0.3 %."""
    false = 0
    for seed in range(40):
        dice = np.random.default_rng(seed)
        groups = np.array([*"abcde"], object)[dice.integers(0, 5, 600)]
        gaps = rate_gaps(dice.random(600) < 0.1, groups, seed)
        assert len(gaps) == 10
        false += any(gap.interval.low > 0 for gap in gaps)
    assert false <= 6


def test_gaps_find_a_gap_and_say_which_group_is_lower() -> None:
    dice = np.random.default_rng(1)
    groups = np.repeat(np.array(["a", "b"], object), 1000)
    (gap,) = rate_gaps(dice.random(2000) < np.where(groups == "a", 0.1, 0.3), groups)
    assert (gap.low, gap.high) == (0, 1)
    assert 0.1 < gap.interval.low < gap.interval.value < gap.interval.high < 0.3
    assert gap.ratio == pytest.approx(1 / 3, abs=0.1)


def test_gaps_of_a_group_without_a_hit_are_not_sure() -> None:
    """Thirty rows without an error, beside a group with 5 %: no resample of them has one."""
    groups = np.repeat(np.array(["a", "b"], object), [30, 1000])
    for clusters in (None, np.arange(1030)):
        (gap,) = rate_gaps(np.arange(1030) >= 980, groups, clusters=clusters)
        assert gap.interval.value == pytest.approx(0.05)
        assert gap.interval.low < 0 < gap.interval.high


def test_gaps_near_zero_have_no_ratio() -> None:
    groups = np.repeat(np.array(["a", "b"], object), 1000)
    (gap,) = rate_gaps(np.isin(np.arange(2000), [0, 1001, 1002, 1003]), groups)
    assert gap.ratio is None and gap.interval.value == pytest.approx(0.002)


def test_gaps_of_rates_of_few_rows_are_not_compared() -> None:
    groups = np.repeat(np.array(["a", "b"], object), [29, 1000])
    rows = ScoredRows("binary", 2, np.zeros(1029), np.full(1029, 0.1))
    parts = [*partitions({"g": groups}, {}, crosses=False, fewest_rows=20)]
    cells = cells_of(rows, parts, measures_of(rows))
    assert len(gaps_of(cells, parts, measures_of(rows), 29, Resampling(resamples=50))) == 4
    assert gaps_of(cells, parts, measures_of(rows), 30, Resampling(resamples=50)) == []


def test_gaps_of_clusters_are_less_sure_than_those_of_rows() -> None:
    dice = np.random.default_rng(2)
    groups = np.repeat(np.array(["a", "b"], object), 500)
    clusters = np.arange(1000) // 20
    labels = (dice.random(50) < 0.3)[clusters]
    widths = [
        gap.interval.high - gap.interval.low
        for keys in (None, clusters)
        for gap in rate_gaps(labels, groups, clusters=keys)
    ]
    assert widths[1] > 3 * widths[0]


def test_ratio_intervals_hold_the_ratio() -> None:
    dice = np.random.default_rng(4)
    groups = np.repeat(np.array(["a", "b"], object), 2000)
    labels = (dice.random(4000) < np.where(groups == "a", 0.1, 0.4)).astype(float)
    rows = ScoredRows("binary", 2, labels, np.full(4000, 0.1))
    parts = [*partitions({"g": groups}, {}, crosses=False, fewest_rows=30)]
    measures = [each for each in measures_of(rows) if each.name == "error"]
    cells = cells_of(rows, parts, measures)
    resampling = Resampling(resamples=300)
    gaps = gaps_of(cells, parts, measures, 30, resampling)
    (ratio,) = ratio_intervals(gaps, cells, parts, measures, resampling)
    assert 0.15 < ratio.low < ratio.value < ratio.high < 0.4
    assert ratio.low < 0.25 < ratio.high


@pytest.mark.parametrize("clusters", [None, np.arange(60)])
def test_gaps_of_two_small_groups_without_a_hit_are_wide(clusters: np.ndarray | None) -> None:
    groups = np.repeat(np.array(["a", "b"], object), 30)
    (gap,) = rate_gaps(np.zeros(60), groups, clusters=clusters)
    assert gap.interval.value == 0
    assert gap.interval.low < -0.05 and gap.interval.high > 0.05
