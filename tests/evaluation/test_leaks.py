"""What one feature alone tells of the label of rows that it was not learned from."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.evaluation.distances.columns import Categories, Column, Numbers
from tfx_pipeline.evaluation.leaks import MAX_POWER, feature_powers, names_each_row, rows_after

ROWS = 3000
DICE = np.random.default_rng(5)
NOISE = Numbers(DICE.normal(size=ROWS))
IDS = Categories(np.arange(ROWS), tuple(map(str, range(ROWS))))


def powers(task: str, labels: np.ndarray, **columns: Column) -> dict[str, float]:
    return feature_powers(task, labels, columns, np.arange(ROWS))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_feature_powers_tell_a_copy_of_the_label_from_noise_and_from_ids(task: str) -> None:
    labels = {
        "binary": (DICE.random(ROWS) < 0.3).astype(float),
        "multiclass": DICE.integers(0, 3, ROWS).astype(float),
        "regression": np.exp(3 * DICE.normal(size=ROWS)),
    }[task]
    found = powers(task, labels, copy=Numbers(np.log1p(labels) * 7), noise=NOISE, ids=IDS)
    chance = 0.5 if task == "binary" else 0.0
    assert found["copy"] >= MAX_POWER[task]
    assert found["noise"] == pytest.approx(chance, abs=0.1)
    assert found["ids"] == pytest.approx(chance, abs=0.1)


def test_feature_powers_see_that_missing_tells_the_label() -> None:
    labels = (DICE.random(ROWS) < 0.3).astype(float)
    found = powers("binary", labels, x=Numbers(np.where(labels == 1, np.nan, NOISE.values)))
    assert found["x"] >= MAX_POWER["binary"]


def test_feature_powers_of_few_labels_or_of_one_class_are_not_told() -> None:
    assert powers("binary", np.where(np.arange(ROWS) < 99, 1.0, np.nan), x=NOISE) == {}
    assert powers("binary", np.zeros(ROWS), x=NOISE) == {}


def test_names_each_row_knows_ids_and_leaves_measures_alone() -> None:
    assert names_each_row(IDS)
    assert names_each_row(Numbers(np.arange(200.0), is_whole=True))
    assert not names_each_row(Numbers(np.arange(200.0)))
    assert not names_each_row(Numbers(np.arange(200.0) // 2, is_whole=True))
    assert not names_each_row(Categories(np.arange(50), tuple(map(str, range(50)))))


def test_rows_after_counts_where_both_are_known() -> None:
    assert rows_after(np.array([1, 5, np.nan, 7]), np.array([2, 4, 0, np.nan])) == (1, 2)
