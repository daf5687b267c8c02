"""Bootstrap-t: Student's where rows are normal, longer where they are skewed, the truth held."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from tfx_pipeline.evaluation.intervals.blocks import make_blocks, weights_of
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.intervals.of_rates import Ends
from tfx_pipeline.evaluation.intervals.of_sums import (
    Sums,
    bootstrap_t,
    influence_of,
    quantiles_of,
)
from tfx_pipeline.evaluation.intervals.parts import Mean


def interval(values: Any, resamples: int = 4000, clusters: Any = None) -> tuple[Ends, str]:
    resampling = Resampling(resamples=resamples, clusters=clusters)
    blocks = make_blocks(len(values), resampling)
    return bootstrap_t(Mean(np.asarray(values)).sums(), blocks, resampling, 0.95)


@pytest.mark.parametrize("rows", [60, 700, 40_000])
def test_bootstrap_t_of_normal_rows_is_students(rows: int) -> None:
    values = np.random.default_rng(1).normal(5, 2, rows)
    ends, method = interval(values)
    expected = stats.t.interval(0.95, rows - 1, values.mean(), stats.sem(values))
    assert method == "bootstrap-t"
    half = (expected[1] - expected[0]) / 2
    assert (ends.low, ends.high) == pytest.approx(expected, abs=0.09 * half)


@pytest.mark.parametrize("rows", [200, 20_000])
def test_bootstrap_t_of_skewed_rows_reaches_further_to_their_side(rows: int) -> None:
    values = np.random.default_rng(1).exponential(size=rows) ** 2
    ends, _ = interval(values)
    assert ends.high - ends.value > (1.6 if rows == 200 else 1.03) * (ends.value - ends.low)


def test_bootstrap_t_of_a_ratio_is_held_by_the_delta_method() -> None:
    random = np.random.default_rng(2)
    under = random.uniform(1, 2, 5000)
    over = 3 * under + random.normal(size=5000)
    ratio = Sums(
        lambda blocks: blocks.sums(over, under), lambda sums: sums[..., 0] / sums[..., 1], 2
    )
    ends, _ = bootstrap_t(ratio, make_blocks(5000, Resampling()), Resampling(), 0.95)
    error = (over - ends.value * under).std() / under.mean() / 5000**0.5
    assert ends.high - ends.low == pytest.approx(2 * 1.96 * error, rel=0.08)
    value, influence = influence_of(ratio.figure, ratio.of_blocks(make_blocks(5000, Resampling())))
    assert value == pytest.approx(ends.value)
    assert influence.sum() == pytest.approx(0, abs=1e-9)


def test_bootstrap_t_of_few_rows_is_students_and_of_equal_ones_a_point() -> None:
    assert interval([1.0, 2.0, 4.0])[1] == "student"
    ends, method = interval(np.full(50, 7.0))
    assert (ends.low, ends.high, method) == (7.0, 7.0, "constant")
    assert interval([1.0])[1] == "none"


def test_bootstrap_t_of_one_cluster_is_none() -> None:
    assert interval(np.arange(50.0), clusters=np.zeros(50))[1] == "none"


def test_quantiles_far_out_are_scaled_from_where_draws_suffice() -> None:
    drawn = np.random.default_rng(0).normal(size=1000)
    low, high = quantiles_of(drawn, 0.9999)
    assert (low, high) == pytest.approx((-3.89, 3.89), abs=0.4)


def test_weights_are_poissons_and_shared() -> None:
    weights = weights_of(500, Resampling())
    assert weights.mean() == pytest.approx(1, abs=0.01)
    assert weights.var() == pytest.approx(1, abs=0.02)
    assert np.array_equal(weights_of(20, Resampling()), weights[:, :20])


def test_blocks_are_random_clusters_are_kept_together() -> None:
    blocks = make_blocks(100_000, Resampling())
    assert blocks.count == 1000 and blocks.places is not None
    assert abs(np.corrcoef(blocks.places[1:], blocks.places[:-1])[0, 1]) < 0.02
    clusters = np.arange(100_000) // 7
    places = make_blocks(100_000, Resampling(clusters=clusters)).places
    assert places is not None
    assert all(len(set(places[clusters == key])) == 1 for key in (0, 5, 777))
