from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.modules.learners.linear.pieces import Pieces, design


def random():
    return np.random.default_rng(0)


def test_pieces_of_few_values_bend_at_each_of_them() -> None:
    numbers = np.array([[0, 5], [1, 7], [1, 5], [0, 9]], np.float32)
    pieces = Pieces.of(numbers, random())
    assert [knots.tolist() for knots in pieces.knots] == [[0, 1], [5, 7, 9]]
    assert pieces.count == 3
    assert pieces.columns().tolist() == [0, 1, 1]
    assert pieces.lows().tolist() == [0, 5, 7]
    assert pieces.widths().tolist() == [1, 2, 2]


def test_pieces_of_many_values_bend_at_sixteenths_of_the_rows() -> None:
    numbers = np.exp(random().normal(size=(1001, 1))).astype(np.float32)
    (knots,) = Pieces.of(numbers, random()).knots
    np.testing.assert_allclose(knots, np.quantile(numbers, np.arange(17) / 16), rtol=1e-6)


def test_pieces_of_many_columns_are_4096_at_most() -> None:
    numbers = random().normal(size=(50, 1000)).astype(np.float32)
    assert Pieces.of(numbers, random()).count == 4000


def test_pieces_of_a_value_that_most_rows_have_are_fewer() -> None:
    numbers = np.concatenate([np.zeros(900), np.linspace(1, 2, 100)])[:, np.newaxis]
    (knots,) = Pieces.of(numbers.astype(np.float32), random()).knots
    assert knots[:2].tolist() == [0, pytest.approx(1.4, abs=0.1)]
    assert len(knots) == 3


def test_pieces_of_a_constant_column_are_none() -> None:
    numbers = np.array([[3, 1], [3, 2]], np.float32)
    assert Pieces.of(numbers, random()).places == (1,)


def test_design_of_any_heights_is_interpolation_flat_outside_of_the_knots() -> None:
    numbers = random().normal(size=(200, 2)).astype(np.float32)
    pieces = Pieces.of(numbers, random())
    asked = np.array([[-9, 9], [-0.3, 0.4], [0.0, 0.0], [9, -9]], np.float32)
    heights = random().normal(size=pieces.count)
    found = design(pieces, asked, None, 0) @ heights
    first, second = np.split(heights, 2)
    expected = np.interp(asked[:, 0], pieces.knots[0], [0, *first])
    expected += np.interp(asked[:, 1], pieces.knots[1], [0, *second])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_heights_of_parameters_are_rises_and_one_slope() -> None:
    numbers = np.array([[0, 10], [1, 10], [0, 14], [1, 20]], np.float32)
    pieces = Pieces.of(numbers, random())
    deviation = numbers[:, 1].std()
    expected = [[1, 0, 0, 0], [0, 1, 0, 4 / deviation], [0, 1, 1, 10 / deviation]]
    np.testing.assert_allclose(pieces.heights().toarray(), expected, rtol=1e-6)


def test_design_of_ids_is_a_one_each_after_the_pieces() -> None:
    numbers = np.array([[0], [1], [1]], np.float32)
    ids = np.array([[0, 3], [1, 2], [1, 3]], np.int32)
    found = design(Pieces.of(numbers, random()), numbers, ids, 4)
    expected = [[0, 1, 0, 0, 1], [1, 0, 1, 1, 0], [1, 0, 1, 0, 1]]
    assert found.toarray().tolist() == expected
    assert design(Pieces.of(numbers[:, :0], random()), None, ids, 4).shape == (3, 4)
