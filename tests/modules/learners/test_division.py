from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.learners.division import hold_out, make_folds
from tfx_pipeline.modules.model.transformed_rows import TransformedRows

pytestmark = pytest.mark.slow


def rows(labels, **ties):
    return TransformedRows({}, np.asarray(labels), **ties)


def random(seed=0):
    return np.random.default_rng(seed)


def all_places(division):
    return sorted([*division.fitted, *division.held_out])


@pytest.mark.parametrize("seed", range(5))
def test_hold_out_classes_are_held_out_in_their_shares(seed):
    labels = np.repeat([0, 1, 2], [900, 90, 10])
    division = hold_out(rows(labels), 0.2, random(seed))
    counts = np.bincount(labels[division.held_out])
    assert all_places(division) == list(range(1000))
    assert len(division.held_out) == 200
    assert counts.tolist() == [180, 18, 2]


def test_hold_out_numbers_are_held_out_small_and_large():
    labels = np.exp(random(1).normal(size=500)).astype(np.float32)
    means = [labels[hold_out(rows(labels), 0.1, random(i)).held_out].mean() for i in range(20)]
    by_chance = [random(i).choice(labels, 50, replace=False).mean() for i in range(20)]
    assert np.mean(means) == pytest.approx(labels.mean(), rel=0.02)
    assert np.std(means) < 0.5 * np.std(by_chance)


def test_hold_out_other_seed_holds_out_other_rows():
    labels = np.zeros(100, np.int64)
    first, again, other = (hold_out(rows(labels), 0.2, random(i)).held_out for i in (1, 1, 2))
    assert first.tolist() == again.tolist() != other.tolist()


def test_hold_out_ties_stay_together():
    ties = random().integers(0, 60, 600)
    labels = (random(1).random(600) < 0.3).astype(np.int64)
    division = hold_out(rows(labels, tie=ties), 0.25, random(2))
    assert not {*ties[division.fitted]} & {*ties[division.held_out]}
    assert len({*ties[division.held_out]}) == 15
    assert labels[division.held_out].mean() == pytest.approx(labels.mean(), abs=0.06)


def test_hold_out_only_row_of_a_class_is_fitted_to():
    labels = np.array([0] * 20 + [1] * 20 + [2])
    for seed in range(20):
        assert 40 in hold_out(rows(labels), 0.4, random(seed)).fitted
        assert all(40 in fold.fitted for fold in make_folds(rows(labels), 5, random(seed)))


def test_hold_out_a_key_of_most_rows_is_fitted_to():
    ties = np.array([7] * 60 + [*range(100, 140)])
    for seed in range(10):
        held_out = hold_out(rows(np.zeros(100), tie=ties), 0.2, random(seed)).held_out
        assert len(held_out) == 8 and (held_out >= 60).all()


def test_hold_out_one_key_for_all_rows_holds_out_none():
    division = hold_out(rows(np.zeros(10), tie=np.ones(10, np.int64)), 0.2, random())
    assert len(division.held_out) == 0 and len(division.fitted) == 10


def test_hold_out_by_time_holds_out_the_last_and_divides_no_moment():
    moments = np.array([5.0, 1, 2, 3, 4, 5, 0, 4, 5, -np.inf])
    division = hold_out(rows(np.zeros(10), moment=moments), 0.2, random())
    assert division.held_out.tolist() == [0, 5, 8]
    assert division.fitted.tolist() == [1, 2, 3, 4, 6, 7, 9]


@pytest.mark.parametrize(
    ("moments", "held_out"), [([1.0, 1, 1, 2], [3]), ([1.0, 1, 1, 1], []), ([2.0, 1, 1, 1], [0])]
)
def test_hold_out_by_time_few_moments_leaves_rows_to_fit_to(moments, held_out):
    division = hold_out(rows(np.zeros(4), moment=np.array(moments)), 0.6, random())
    assert division.held_out.tolist() == held_out
    assert all_places(division) == [0, 1, 2, 3]


def test_make_folds_each_row_is_held_out_once_and_classes_in_their_shares():
    labels = np.repeat([0, 1], [400, 40])
    folds = make_folds(rows(labels), 5, random())
    assert sorted(np.concatenate([x.held_out for x in folds])) == list(range(440))
    assert [np.bincount(labels[x.held_out]).tolist() for x in folds] == [[80, 8]] * 5
    assert all(all_places(x) == list(range(440)) for x in folds)


def test_make_folds_by_key_keep_keys_together():
    ties = random().integers(0, 30, 300)
    for fold in make_folds(rows(np.zeros(300), tie=ties), 5, random(1)):
        assert not {*ties[fold.fitted]} & {*ties[fold.held_out]}


def test_make_folds_by_time_fit_only_to_what_came_before():
    moments = random().permutation(100).astype(float)
    folds = make_folds(rows(np.zeros(100), moment=moments), 5, random())
    assert [sorted(moments[x.held_out]) for x in folds] == [
        [*range(70, 80)],
        [*range(80, 90)],
        [*range(90, 100)],
    ]
    assert [sorted(moments[x.fitted]) for x in folds] == [[*range(x)] for x in (70, 80, 90)]
