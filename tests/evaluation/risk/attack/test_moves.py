"""What an attacker may write into a column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.changed_subject import changed_subject, with_column
from tfx_pipeline.evaluation.risk.attack.moves import Move, Mutable, mutable_of, steps_up_to
from tfx_pipeline.evaluation.risk.subject import Domain


def mutable(column: Any, whole: bool = False) -> Mutable:
    rows = np.asarray(column, float)
    subject = with_column(
        changed_subject(rows=len(rows)), "x", rows, rows, Domain("number", whole, 0, 1)
    )
    found = mutable_of(subject, "x")
    assert found is not None
    return found


def moves(of: Mutable, values: list[Any], *steps: float) -> list[Move]:
    return list(of.moves(np.array(values), steps))


def test_a_step_passes_that_share_of_the_rows() -> None:
    down, up = moves(mutable(np.linspace(0, 100, 1001)), [50.0, 99.9, 0.0], 0.1)
    assert up.values == pytest.approx([60, 99.9, 10], abs=0.3)  # no further than its own step
    assert down.values == pytest.approx([40, 89.9, 0], abs=0.3)
    assert up.distances == pytest.approx([0.1, 0, 0.1], abs=3e-3)


def test_an_outlier_makes_no_step_small() -> None:
    ordinary = np.linspace(0, 1, 1000)
    with_outlier = mutable(np.append(ordinary, 1e9))
    _, up = moves(with_outlier, [0.5], 0.01)
    assert up.values == pytest.approx([0.51], abs=2e-3)


def test_to_tick_a_box_is_no_small_step() -> None:
    box = mutable(np.arange(1000) % 2, whole=True)
    assert [move.distances.tolist() for move in moves(box, [0.0, 1.0], 0.01, 0.25)] == [[0, 0]] * 4
    down, up = moves(box, [0.0, 1.0], 1.0)
    assert (down.values.tolist(), up.values.tolist()) == ([0, 0], [1, 1])
    assert up.distances.tolist() == [1, 0]


def test_whole_numbers_stay_whole_and_missing_ones_missing() -> None:
    ages = mutable(np.arange(1000) % 80, whole=True)
    for move in moves(ages, [40.0, np.nan, 3.0], 0.05):
        assert np.isnan(move.values[1]) and move.distances[1] == 0
        assert (move.values[[0, 2]] % 1 == 0).all()
        assert 0 < move.distances[0] <= 0.055


def test_a_text_takes_the_most_frequent_values() -> None:
    subject = changed_subject()
    found = mutable_of(subject, "pay")
    assert found is not None
    by_value = {move.values[0]: move for move in found.moves(np.array(["cash", "app"], object), ())}
    assert set(by_value) == {"cash", "card", "app", "gift"}
    assert by_value["cash"].distances.tolist() == [0, 1]


def test_a_column_of_one_value_cannot_be_changed() -> None:
    subject = changed_subject()
    same = np.full(800, 3.0)
    assert mutable_of(with_column(subject, "x", same, same, Domain("number")), "x") is None
    assert mutable_of(with_column(subject, "x", same * np.nan, same, Domain("number")), "x") is None
    one = replace(subject, domains={**subject.domains, "pay": Domain("text", values=("cash",))})
    assert mutable_of(one, "pay") is None


def test_steps_end_at_the_largest() -> None:
    assert steps_up_to(0.01, 0.25) == (0.01 / 3, 0.01, 0.05, 0.25)
    assert steps_up_to(0.01, 1.0) == (0.01 / 3, 0.01, 0.05, 0.25, 1.0)
    assert steps_up_to(0.1, 0.05) == (0.05 / 3, 0.05)
