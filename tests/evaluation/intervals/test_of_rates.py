"""Intervals of rates against scipy's, published ones, and their limits."""

from __future__ import annotations

import math

import pytest
from scipy.optimize import minimize_scalar
from scipy.special import xlogy
from scipy.stats import binomtest

from tfx_pipeline.evaluation.intervals.of_rates import (
    Ends,
    clopper_pearson,
    difference,
    tango,
    wilson,
)

_COUNTS = [(0, 1), (1, 1), (0, 30), (30, 30), (3, 200), (100, 200), (199, 200), (9_990, 10_000)]


@pytest.mark.parametrize(("hits", "rows"), _COUNTS)
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.999])
def test_wilson_and_clopper_pearson_equal_scipy(hits: int, rows: int, confidence: float) -> None:
    test = binomtest(hits, rows)
    for ours, theirs in ((wilson, "wilson"), (clopper_pearson, "exact")):
        expected = test.proportion_ci(confidence, theirs)
        assert ours(hits, rows, confidence) == pytest.approx(tuple(expected), abs=1e-12)


def test_wilson_of_no_rows_is_nan() -> None:
    assert all(math.isnan(end) for end in (*wilson(0, 0), *clopper_pearson(0, 0)))


@pytest.mark.parametrize(
    ("only_first", "only_second", "rows"), [(12, 2, 44), (7, 3, 50), (5, 0, 30), (300, 280, 2000)]
)
def test_tango_ends_where_the_score_test_rejects(
    only_first: int, only_second: int, rows: int
) -> None:
    for end in tango(only_first, only_second, rows, 1.96):

        def minus_likelihood(share: float, end: float = end) -> float:
            agree = rows - only_first - only_second
            rest = 1 - 2 * share - end
            return -float(
                xlogy(only_first, share + end) + xlogy(only_second, share) + xlogy(agree, rest)
            )

        bounds = (max(0.0, -end), (1 - end) / 2)
        share = minimize_scalar(
            minus_likelihood, bounds=bounds, method="bounded", options={"xatol": 1e-12}
        ).x
        error = math.sqrt(rows * (2 * share + end * (1 - end)))
        assert abs(only_first - only_second - rows * end) / error == pytest.approx(1.96, abs=1e-3)


def test_tango_without_disagreement_is_the_limit_of_it() -> None:
    low, high = tango(0, 0, 44, 1.96)
    assert -low == high == pytest.approx(tango(1e-9, 0, 44, 1.96)[1], abs=1e-6)  # type: ignore[arg-type]


def test_tango_of_swapped_models_is_the_mirror_image() -> None:
    low, high = tango(7, 3, 50, 1.96)
    assert tango(3, 7, 50, 1.96) == pytest.approx((-high, -low), abs=1e-12)


def test_tango_of_half_of_the_rows_each_way_stays_inside_of_minus_1_to_1() -> None:
    low, high = tango(1, 0, 1, 1.96)
    assert -1 <= low < 1 == pytest.approx(high, abs=1e-9)


def test_difference_of_independent_rates_is_newcombes() -> None:
    # R. Newcombe, Statistics in Medicine 17 (1998) 873-890, table II: 56/70 - 48/80, method 10.
    ends = [Ends(hits / rows, *wilson(hits, rows)) for hits, rows in ((56, 70), (48, 80))]
    assert difference(ends[0], ends[1], 0.0) == pytest.approx((0.0524, 0.3339), abs=1e-4)


def test_difference_of_the_same_figure_wholly_correlated_is_nothing() -> None:
    ends = Ends(0.5, *wilson(50, 100))
    assert difference(ends, ends, 1.0) == pytest.approx((0.0, 0.0), abs=1e-7)


def test_difference_of_huge_ends_needs_no_larger_numbers() -> None:
    ends = Ends(0.0, -3e200, 3e200), Ends(0.0, -4e200, 4e200)
    assert difference(*ends, 0.0) == pytest.approx((-5e200, 5e200))
