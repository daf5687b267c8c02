from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.features.names.token_totals import added, totals_of_batch

pytestmark = pytest.mark.slow


def test_totals_of_batch_counts_and_adds_without_nan():
    tokens = np.array([b"c=a", b"c=b", b"c=a", b"c=a"], object)
    values = np.array([1.5, 2.0, 3.0, np.nan], np.float32)
    assert dict(totals_of_batch((tokens, values))) == {
        b"c=a": (2, 4.5, 1.125),
        b"c=b": (1, 2.0, 0.0),
    }


def test_added_totals_keep_the_spread_of_large_numbers():
    values = 1e9 + np.random.default_rng(0).normal(size=999)
    tokens = np.array([b"c=a"] * 333, object)
    totals = [
        total for part in values.reshape(3, 333) for _, total in totals_of_batch((tokens, part))
    ]
    count, total, squares = added(totals)
    assert (count, total) == (999, pytest.approx(values.sum()))
    assert squares == pytest.approx(999 * values.var(), rel=1e-6)


def test_added_totals_keep_a_spread_around_zero():
    assert added([(1, -2.0, 0.0), (1, 2.0, 0.0), (0, 0.0, 0.0)]) == (2, 0.0, 8.0)
