"""A single answer, divided among the features by Shapley's value.

Terms:
    foreground: the row whose answer is explained.
    background: rows that stand for "nothing is known": a feature outside of a coalition has their
        values.
    coalition: features that have the foreground's values.

The contributions of a row sum up to its answer less the mean answer to the background. Source:
L. Shapley, A value for n-person games, 1953; J. Castro, D. Gómez, J. Tejada, Polynomial calculation
of the Shapley value based on sampling, Computers & Operations Research 36 (2009) 1726-1730;
R. Mitchell et al., Sampling permutations for Shapley value estimation, JMLR 23 (2022) (orders and
their reverse).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_EXACT = 8_192
"""Answers of a row that all coalitions may take; of more, coalitions are drawn at random."""

Columns = Mapping[str, NDArray[Any]]
Value = Callable[[Columns], NDArray[np.float64]]
"""Gives the one number of each row that is explained."""


@dataclass(frozen=True)
class Contributions:
    """What each feature contributes to an answer.

    Attributes:
        values: `[features] float64`.
        standard_errors: `[features]` of sampling coalitions; 0: all were asked.
        base: mean answer to the background.
        answer: to the foreground.
    """

    values: NDArray[np.float64]
    standard_errors: NDArray[np.float64]
    base: float
    answer: float


def answers_needed(features: int, backgrounds: int) -> int:
    """Say how many answers the contributions to one take."""
    exact = 2**features * backgrounds if features < 30 else MOST_EXACT + 1
    return exact if exact <= MOST_EXACT else 2 * backgrounds * (features + 1)


def contributions(
    value: Value, foreground: Columns, background: Columns, dice: np.random.Generator
) -> Contributions:
    """Compute them, exactly where the number of features allows it.

    Args:
        value: the model.
        foreground: columns of one row.
        background: the same columns of some rows.
        dice: of the order in which features join a coalition.
    """
    names, rows = [*foreground], len(next(iter(background.values())))
    if 2 ** min(len(names), 30) * rows <= MOST_EXACT:
        return _exact(value, foreground, background, names, rows)
    return _sampled(value, foreground, background, names, rows, dice)


def _mixed(
    foreground: Columns,
    background: Columns,
    names: Sequence[str],
    inside: NDArray[np.bool_],
    places: NDArray[Any],
) -> dict[str, NDArray[Any]]:
    """Give rows of coalitions `[rows, features] bool` over background rows `[rows]`."""
    return {
        name: np.where(inside[:, number], foreground[name], background[name][places])
        for number, name in enumerate(names)
    }


def _exact(
    value: Value, foreground: Columns, background: Columns, names: list[str], rows: int
) -> Contributions:
    count = len(names)
    coalitions = np.arange(2**count)
    inside = (coalitions[:, None] >> np.arange(count)) & 1 == 1
    mixed = _mixed(
        *(foreground, background, names),
        np.repeat(inside, rows, axis=0),
        np.tile(np.arange(rows), 2**count),
    )
    worth = value(mixed).reshape(2**count, rows).mean(axis=1)
    sizes = inside.sum(axis=1)
    weights = np.array(
        [factorial(size) * factorial(count - size - 1) for size in range(count)]
    ) / factorial(count)
    found = np.empty(count)
    for number in range(count):
        without = coalitions[~inside[:, number]]
        gains = worth[without + 2**number] - worth[without]
        found[number] = weights[sizes[without]] @ gains
    return Contributions(found, np.zeros(count), float(worth[0]), float(worth[-1]))


def _sampled(
    value: Value,
    foreground: Columns,
    background: Columns,
    names: list[str],
    rows: int,
    dice: np.random.Generator,
) -> Contributions:
    """Let features join in a random order and in its reverse, for each row of the background."""
    count = len(names)
    orders = dice.permuted(np.tile(np.arange(count), (rows, 1)), axis=1)
    orders = np.stack([orders, orders[:, ::-1]], axis=1).reshape(-1, count)
    joined_at = np.argsort(orders, axis=1)
    inside = np.arange(count + 1)[None, :, None] > joined_at[:, None, :]
    mixed = _mixed(
        *(foreground, background, names),
        inside.reshape(-1, count),
        np.repeat(np.arange(rows), 2 * (count + 1)),
    )
    worth = value(mixed).reshape(2 * rows, count + 1)
    gains = np.take_along_axis(np.diff(worth, axis=1), joined_at, axis=1)
    pairs = gains.reshape(rows, 2, count).mean(axis=1)
    errors = pairs.std(axis=0, ddof=1) / np.sqrt(rows)
    return Contributions(
        pairs.mean(axis=0), errors, float(worth[:, 0].mean()), float(worth[:, -1].mean())
    )
