from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.learners.auto.weights import choose_weights

ROWS = 1_000_000


def squared(*errors):
    """Loss of the mean of models with these errors, `[rows]` each."""
    matrix = np.stack(errors)
    return lambda weights: float(np.square(weights @ matrix).mean())


def uncorrelated(*deviations, rows=4096):
    """Errors whose sample correlations are exactly 0."""
    random = np.random.default_rng(0).normal(size=(rows, len(deviations)))
    basis, _ = np.linalg.qr(random - random.mean(axis=0))
    return [basis[:, i] * np.sqrt(rows) * x for i, x in enumerate(deviations)]


def test_choose_weights_uncorrelated_errors_weigh_by_the_inverse_of_their_variance():
    found = choose_weights(3, ROWS, squared(*uncorrelated(1, np.sqrt(2), 2)))
    assert found.tolist() == [0.55, 0.3, 0.15]  # of 4/7, 2/7, 1/7, in steps of a twentieth


def test_choose_weights_equal_ones_share_equally():
    assert choose_weights(2, ROWS, squared(*uncorrelated(1, 1))).tolist() == [0.5, 0.5]


def test_choose_weights_best_alone_gets_all():
    (error,) = uncorrelated(1)
    assert choose_weights(3, ROWS, squared(error, 2 * error, 1.5 * error)).tolist() == [1, 0, 0]


def test_choose_weights_one_that_gains_nothing_worth_serving_is_left_out():
    errors = uncorrelated(1, 50)  # its best weight is 0.0004
    assert choose_weights(2, ROWS, squared(*errors)).tolist() == [1, 0]
    one, other = uncorrelated(1, 0.01)
    assert choose_weights(2, ROWS, squared(one, one + other)).tolist() == [1, 0]


def test_choose_weights_opposite_errors_cancel():
    (error,) = uncorrelated(1)
    found = choose_weights(2, ROWS, squared(error, -3 * error))
    assert found.tolist() == [0.75, 0.25]


def test_choose_weights_of_few_rows_are_nearer_to_equal_ones():
    loss = squared(*uncorrelated(1, 2))
    firsts = [choose_weights(2, rows, loss)[0] for rows in (10, 100, 1000, ROWS)]
    assert firsts == sorted(firsts)
    assert firsts[0] < 0.66 and firsts[-1] == 0.8


def test_choose_weights_only_one_has_all():
    assert choose_weights(1, ROWS, lambda weights: 1.0).tolist() == [1]


@pytest.mark.parametrize("seed", range(10))
def test_choose_weights_of_log_losses_are_the_best_of_the_grid(seed):
    random = np.random.default_rng(seed)
    logits = random.normal(1, random.uniform(0.5, 3, 3)[:, np.newaxis], (3, 500))

    def loss(weights):
        return float(np.logaddexp(0, -weights @ logits).mean())

    grid = [np.array([i, j, 20 - i - j]) / 20 for i in range(21) for j in range(21 - i)]
    found = choose_weights(3, ROWS, loss)
    assert found.sum() == pytest.approx(1) and (found >= 0).all()
    assert loss(found) <= 1.0021 * min(map(loss, grid))  # two may be left out, a thousandth each
