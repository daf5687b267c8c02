"""How much like the newest rows each row is, against densities that are known."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.evaluation.risk.shift.weights import row_weights

DICE = np.random.default_rng(0)
X = DICE.normal(size=3000)
TEXTS = np.array(["a", "b"], object)


def test_row_weights_are_near_the_ratio_of_densities() -> None:
    """A normal of mean 0.7 by one of mean 0: exp(0.7 x - 0.245)."""
    found = row_weights({"x": X}, {"x": DICE.normal(0.7, 1, 4000)}, 20, 0)
    wanted = np.exp(0.7 * X - 0.245)
    assert np.corrcoef(found.values, wanted)[0, 1] > 0.9
    assert np.average(X, weights=found.values) == pytest.approx(0.7, abs=0.12)
    assert found.values.mean() == pytest.approx(1)
    assert found.covered > 0.8 and 0.65 < found.auc < 0.72


def test_row_weights_of_the_same_rows_are_near_one() -> None:
    found = row_weights({"x": X}, {"x": DICE.normal(size=1500)}, 20, 0)
    assert found.effective_rows > 2500
    assert 0.46 < found.auc < 0.54 and found.covered == pytest.approx(1, abs=0.1)


def test_row_weights_follow_texts_and_missing_values() -> None:
    many = {
        "x": np.where(DICE.random(3000) < 0.5, np.nan, X),
        "t": TEXTS[DICE.integers(0, 2, 3000)],
    }
    newest = {"x": np.full(1000, np.nan), "t": np.full(1000, "a", object)}
    found = row_weights(many, newest, 20, 0)
    alike = np.isnan(many["x"]) & (many["t"] == "a")
    assert found.values[alike].mean() > 3 and found.values[~alike].max() < 0.2


def test_row_weights_are_clipped_and_counted() -> None:
    found = row_weights({"x": X}, {"x": DICE.normal(2, 0.2, 3000)}, 5, 0)
    assert found.clipped > 20
    assert found.values.max() <= 5.001 * found.values.mean()


def test_row_weights_of_far_away_rows_say_that_nothing_is_covered() -> None:
    found = row_weights({"x": X}, {"x": DICE.normal(40, 1, 3000)}, 20, 0)
    assert found.covered < 0.1 and found.auc > 0.999
