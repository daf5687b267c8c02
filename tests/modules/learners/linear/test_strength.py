from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from tfx_pipeline.modules.learners.linear.losses import loss_of
from tfx_pipeline.modules.learners.linear.penalised import Problem
from tfx_pipeline.modules.learners.linear.strength import STRENGTHS, best_strength, trials
from tfx_pipeline.modules.model.tasks import Regression

pytestmark = pytest.mark.slow


def places(start, end):
    return np.arange(start, end, dtype=np.int32)


def random():
    return np.random.default_rng(0)


def test_trials_of_few_rows_judge_each_fitted_one_once_and_none_held_out() -> None:
    found = trials(places(0, 103), places(103, 120), 10, random())
    assert len(found) == 5
    assert sorted(np.concatenate([x.judged for x in found])) == list(range(103))
    for trial in found:
        assert sorted([*trial.fitted, *trial.judged]) == list(range(103))


def test_trials_of_few_wide_rows_are_one() -> None:
    (trial,) = trials(places(0, 3000), places(3000, 3300), 5000, random())
    assert (len(trial.fitted), len(trial.judged)) == (2000, 300)


def test_trials_of_many_rows_judge_the_held_out_ones() -> None:
    (trial,) = trials(places(0, 5001), places(5001, 5500), 10, random())
    assert trial.fitted.tolist() == list(range(5001))
    assert trial.judged.tolist() == list(range(5001, 5500))


def test_trials_of_many_rows_without_held_out_ones_judge_a_tenth() -> None:
    (trial,) = trials(places(0, 6000), places(0, 0), 10, random())
    assert len(trial.judged) == 600
    assert sorted([*trial.fitted, *trial.judged]) == list(range(6000))


@pytest.mark.parametrize(("cells", "count"), [(10, 50_000), (100, 30_000), (9000, 2000)])
def test_trials_of_very_many_rows_take_some_of_them_the_fewer_the_wider(cells, count) -> None:
    (trial,) = trials(places(0, 80_000), places(80_000, 110_000), cells, random())
    assert (len(trial.fitted), len(trial.judged)) == (count, 20_000)


@pytest.mark.parametrize(("noise", "strongest", "weakest"), [(30.0, 1000, 100), (0.01, 1, 0.001)])
def test_best_strength_is_large_where_there_is_noise_small_where_not(
    noise, strongest, weakest
) -> None:
    x = random().normal(size=(120, 20))
    labels = x[:, 0] + noise * random().permutation(x[:, 1])
    task = Regression(float(labels.mean()), float(labels.std()))
    problem = Problem(
        *(sparse.csr_matrix(x), sparse.identity(20), x.mean(axis=0)),
        *(task.encoded_labels(labels), np.ones(120), loss_of(task)),
    )
    l2, loss, _ = best_strength(problem, 1, trials(places(0, 120), places(0, 0), 20, random()))
    assert weakest <= l2 <= strongest
    assert l2 in STRENGTHS
    assert loss == pytest.approx(1 if noise > 1 else 0, abs=0.15)


def test_trials_of_tied_rows_fit_to_none_that_is_tied_to_a_judged_one() -> None:
    tie = np.repeat(np.arange(40), 5).astype(np.int64)
    found = trials(places(0, 200), places(0, 0), 10, random(), tie)
    assert sorted(np.concatenate([x.judged for x in found])) == list(range(200))
    for trial in found:
        assert not set(tie[trial.fitted]) & set(tie[trial.judged])


def test_trials_of_rows_that_are_all_tied_divide_them_all_the_same() -> None:
    found = trials(places(0, 50), places(0, 0), 10, random(), np.zeros(50, np.int64))
    assert [len(x.judged) for x in found] == [10] * 5
