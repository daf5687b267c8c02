"""Shapley's values: closed form of a linear model, efficiency, and brute force."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest

from tfx_pipeline.evaluation.risk.importance.shapley import (
    Contributions,
    answers_needed,
    contributions,
)


def explained(value: Any, count: int, rows: int = 32, seed: int = 0) -> tuple[Contributions, Any]:
    dice = np.random.default_rng(seed)
    background = {f"x{n}": dice.normal(size=rows) for n in range(count)}
    foreground = {f"x{n}": dice.normal() for n in range(count)}
    return contributions(value, foreground, background, dice), (foreground, background)


@pytest.mark.parametrize("count", [5, 20])
def test_contributions_to_a_linear_model_are_its_closed_form(count: int) -> None:
    """w (x - mean of the background), be all coalitions asked (5 features) or some (20)."""
    weights = np.linspace(-2, 3, count)

    def linear(columns: Any) -> Any:
        return sum(w * columns[f"x{n}"] for n, w in enumerate(weights)) + 7

    found, (row, background) = explained(linear, count)
    wanted = [w * (row[f"x{n}"] - background[f"x{n}"].mean()) for n, w in enumerate(weights)]
    assert found.values == pytest.approx(wanted)
    assert (found.standard_errors == 0).all() == (count == 5)


def product(columns: Any) -> Any:
    """Interact: no order of joining gives the same gains as another."""
    names = sorted(columns)
    return np.prod([1 + np.tanh(columns[name]) for name in names], axis=0)


@pytest.mark.parametrize("count", [4, 12])
def test_contributions_sum_up_to_the_answer_less_the_base(count: int) -> None:
    found, (row, background) = explained(product, count)
    base = product(background).mean()
    answer = product({name: np.array([x]) for name, x in row.items()})[0]
    assert (found.base, found.answer) == (pytest.approx(base), pytest.approx(answer))
    assert found.values.sum() == pytest.approx(answer - base)


def brute_force(value: Any, row: Any, background: Any) -> Any:
    """Average the gain of each feature over all orders."""
    names, total, count = [*row], dict.fromkeys(row, 0.0), 0
    for order in permutations(names):
        columns, before, count = dict(background), value(background).mean(), count + 1
        for name in order:
            columns[name] = np.full(len(columns[name]), row[name])
            after = value(columns).mean()
            total[name] += after - before
            before = after
    return [total[name] / count for name in names]


def test_contributions_are_those_of_all_orders() -> None:
    found, (row, background) = explained(product, 5, rows=8)
    assert found.values == pytest.approx(brute_force(product, row, background))


def test_contributions_of_sampled_orders_are_near_and_say_how_near() -> None:
    """Six features over 200 rows are more answers than are asked for."""
    found, (row, background) = explained(product, 6, rows=200)
    wanted = np.array(brute_force(product, row, background))
    assert (found.standard_errors > 0).all()
    assert (np.abs(found.values - wanted) < 4 * found.standard_errors).all()
    assert found.standard_errors.max() < 0.2


def test_contributions_of_sampled_orders_are_exact_where_features_interact_by_twos() -> None:
    """An order and its reverse: of x y, half of (x - x')(y + y') is due to x."""
    found, (row, background) = explained(lambda columns: columns["x0"] * columns["x7"], 9)
    assert (found.standard_errors > 0).any()
    for one, other in (("x0", "x7"), ("x7", "x0")):
        shares = (row[one] - background[one]) * (row[other] + background[other]) / 2
        assert found.values[int(one[1])] == pytest.approx(shares.mean())


def test_contributions_of_a_feature_without_effect_are_zero_and_of_twins_equal() -> None:
    def twins(columns: Any) -> Any:
        return np.maximum(columns["x0"], 0) * np.maximum(columns["x1"], 0)

    found = contributions(
        twins,
        {"x0": 1.0, "x1": 1.0, "x2": 5.0},
        {name: np.zeros(4) for name in ("x0", "x1", "x2")},
        np.random.default_rng(0),
    )
    assert found.values == pytest.approx([0.5, 0.5, 0.0])


def test_contributions_mix_texts() -> None:
    found = contributions(
        lambda columns: (columns["x"] == "red") * 2.0,
        {"x": "red", "y": "b"},
        {"x": np.array(["red", "blue"], object), "y": np.array(["b", "c"], object)},
        np.random.default_rng(0),
    )
    assert found.values == pytest.approx([1.0, 0.0])


def test_answers_needed_is_what_is_asked() -> None:
    for count in (3, 7, 8, 40):
        asked = []

        def counting(columns: Any, asked: list[int] = asked) -> Any:
            asked.append(len(columns["x0"]))
            return columns["x0"]

        explained(counting, count, rows=64)
        assert sum(asked) == answers_needed(count, 64)
