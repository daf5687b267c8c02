"""Which features tell each other."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.evaluation.risk.importance.associations import (
    associated_groups,
    association_matrix,
)

DICE = np.random.default_rng(0)
X = DICE.normal(size=2000)
TOWN = DICE.integers(0, 5, 2000)
COLUMNS = {
    "x": X,
    "exp_x": np.exp(X),  # the same ranks
    "square": X**2,  # told by x, uncorrelated with it
    "noise": DICE.normal(size=2000),
    "town": np.array(["a", "b", "c", "d", "e"], object)[TOWN],
    "latitude": TOWN * 1.0 + 40,
    "constant": np.ones(2000),
    "nothing": np.full(2000, np.nan),
    "id": np.array([f"{x}" for x in range(2000)], object),
}
FOUND = association_matrix(COLUMNS)
PLACE = {name: place for place, name in enumerate(COLUMNS)}


def between(one: str, other: str) -> float:
    assert FOUND[PLACE[one], PLACE[other]] == pytest.approx(FOUND[PLACE[other], PLACE[one]])
    return FOUND[PLACE[one], PLACE[other]]


def test_association_sees_ranks_curves_and_texts() -> None:
    assert between("x", "exp_x") == pytest.approx(1)
    assert between("x", "square") > 0.5
    assert between("town", "latitude") == pytest.approx(1, abs=0.01)
    assert between("x", "town") < 0.1
    assert between("x", "noise") < 0.1


def test_association_of_ids_constants_and_missing_columns_is_none() -> None:
    for name in ("id", "constant", "nothing"):
        others = [between(name, other) for other in COLUMNS if other != name]
        assert max(others) < 0.15, name


def test_association_of_few_rows_is_not_taken_for_one() -> None:
    """Of 150 rows and ten values each, chance alone would be 0.25."""
    letters = {name: np.array([*"abcdefghij"], object)[DICE.integers(0, 10, 150)] for name in "xy"}
    assert association_matrix(letters)[0, 1] < 0.15


def test_associated_groups_put_those_together_that_tell_each_other() -> None:
    groups = associated_groups([*COLUMNS], FOUND, 0.7)
    assert {frozenset(group) for group in groups if len(group) > 1} == {
        frozenset({"x", "exp_x"}),
        frozenset({"town", "latitude"}),
    }
    assert sorted(name for group in groups for name in group) == sorted(COLUMNS)


def test_associated_groups_of_few_features_are_each_their_own() -> None:
    assert associated_groups([], np.zeros((0, 0)), 0.7) == []
    assert associated_groups(["x"], np.ones((1, 1)), 0.7) == [["x"]]


def test_association_of_many_columns_is_that_of_each_two() -> None:
    many = {f"x{place}": DICE.integers(0, 2 + place % 9, 300) * 1.0 for place in range(150)}
    many["x149"] = many["x3"] + DICE.integers(0, 2, 300)
    found = association_matrix(many)
    for one, other in ((3, 149), (0, 63), (63, 64), (64, 140), (1, 130)):
        two = {name: many[name] for name in (f"x{one}", f"x{other}")}
        assert found[one, other] == pytest.approx(association_matrix(two)[0, 1], abs=1e-5)
    assert found[3, 149] > 0.5
