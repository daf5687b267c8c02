from __future__ import annotations

import math

import numpy as np
import pytest

from tfx_pipeline.modules.features.names.smoothing import Smoothing

pytestmark = pytest.mark.slow


def learned(keys, labels):
    counts, sums = np.bincount(keys), np.bincount(keys, labels)
    return Smoothing.of(counts, sums, len(labels) * labels.var()), counts, sums


def test_encoded_is_the_formula_by_hand():
    keys = np.array([0, 0, 0, 1, 1, 2])
    labels = np.array([1.0, 2.0, 3.0, 10.0, 12.0, 5.0])
    smoothing, counts, sums = learned(keys, labels)
    overall = 33 / 6
    squares = ((labels - overall) ** 2).sum()
    between = 3 * (2 - overall) ** 2 + 2 * (11 - overall) ** 2 + (5 - overall) ** 2
    noise = (squares - between + 10 * squares / 6) / (6 - 3 + 10)
    signal = (between - 2 * noise) / (6 - (9 + 4 + 1) / 6)
    kept = [n / (n + noise / signal) * (a - overall) for n, a in ((3, 2), (2, 11), (1, 5))]
    deviation = math.sqrt((3 * kept[0] ** 2 + 2 * kept[1] ** 2 + kept[2] ** 2) / 6)
    assert smoothing.overall == pytest.approx(overall)
    assert smoothing.deviation == pytest.approx(deviation)
    np.testing.assert_allclose(smoothing.scaled(counts, sums), np.array(kept) / deviation)


@pytest.mark.parametrize("rows", [3, 300, 30_000])
def test_encoded_ids_that_say_nothing_are_drawn_to_the_overall_average(rows):
    random = np.random.default_rng(rows)
    keys, labels = random.integers(0, rows, rows), random.integers(0, 2, rows).astype(float)
    smoothing, counts, sums = learned(keys, labels)
    averages = smoothing.overall + smoothing.deviation * smoothing.scaled(counts, sums)
    assert np.abs(averages - labels.mean()).max() < 0.2


def test_encoded_unique_ids_are_nearly_the_overall_average():
    labels = np.arange(100) % 2 * 1.0
    smoothing, counts, sums = learned(np.arange(100), labels)
    averages = smoothing.overall + smoothing.deviation * smoothing.scaled(counts, sums)
    np.testing.assert_allclose(averages, 0.5, atol=0.01)


def test_encoded_large_categories_keep_their_averages():
    keys = np.arange(9000) % 3
    labels = np.random.default_rng(0).normal(keys, 0.1)
    smoothing, counts, sums = learned(keys, labels)
    averages = smoothing.overall + smoothing.deviation * smoothing.scaled(counts, sums)
    np.testing.assert_allclose(averages, sums / counts, atol=1e-4)


@pytest.mark.parametrize("labels", [np.ones(6), np.zeros(6)])
def test_encoded_equal_labels_are_zero(labels):
    smoothing, counts, sums = learned(np.arange(6) % 2, labels)
    assert smoothing.deviation == 0
    assert not smoothing.scaled(counts, sums).any()


def test_encoded_without_a_row_is_zero():
    smoothing = Smoothing.of(np.zeros(2), np.zeros(2), 0.0)
    assert smoothing.scaled(np.zeros(2), np.zeros(2)).tolist() == [0, 0]
