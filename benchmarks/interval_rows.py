"""Rows whose true figures are known: two models of a chosen quality, more or less alike.

`rho` correlates the models' scores among rows of one class; both binary models answer with
calibrated probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfx_pipeline.evaluation.scored_rows import ScoredRows

Pair = tuple[ScoredRows, ScoredRows]
Draw = Callable[[np.random.Generator, int, float], Pair]
"""From a generator, a number of rows and `rho`, the candidate and the baseline."""

SHARP, BLUNT = 1.8, 1.6  # AUC 0.898 and 0.871


def binary(prevalence: float, sharp: float = SHARP, blunt: float = BLUNT) -> Draw:
    """Make rows whose scores are normal in each class, `sharp` and `blunt` deviations apart.

    What is above the prevalence is answered positive.
    """

    def draw(random: np.random.Generator, rows: int, rho: float) -> Pair:
        labels = (random.random(rows) < prevalence).astype(np.float64)
        first, second = _alike(random, (rows,), rho)
        odds = prevalence / (1 - prevalence)

        def model(noise: NDArray[Any], apart: float) -> ScoredRows:
            logits = apart * (noise + apart * labels) - apart**2 / 2 + np.log(odds)
            return ScoredRows("binary", 2, labels, 1 / (1 + np.exp(-logits)), prevalence)

        return model(first, sharp), model(second, blunt)

    return draw


def multiclass(rarest: float) -> Draw:
    """Make three classes, of which the rarest has about that share."""
    base = np.log([rarest, (1 - rarest) / 2, (1 - rarest) / 2])

    def draw(random: np.random.Generator, rows: int, rho: float) -> Pair:
        logits = base + 1.5 * random.normal(size=(rows, 3))
        labels = (logits + random.gumbel(size=logits.shape)).argmax(axis=1).astype(np.float64)

        def model(noise: NDArray[Any], size: float) -> ScoredRows:
            answers = np.exp(logits + size * noise)
            return ScoredRows("multiclass", 3, labels, answers / answers.sum(axis=1, keepdims=True))

        first, second = _alike(random, logits.shape, rho)
        return model(first, 0.5), model(second, 0.7)

    return draw


def regression(skewed: bool) -> Draw:
    """Make labels and errors that are normal, or skewed as prices are: lognormal, in proportion."""

    def draw(random: np.random.Generator, rows: int, rho: float) -> Pair:
        labels = random.normal(size=rows) + 6
        first, second = _alike(random, (rows,), rho)
        answers = [labels + size * noise for size, noise in ((0.5, first), (0.55, second))]
        if skewed:
            labels = np.exp((labels - 6) / 2)
            answers = [labels * np.exp(each) for each in (0.3 * first, 0.33 * second)]
        return (
            ScoredRows("regression", 0, labels, answers[0]),
            ScoredRows("regression", 0, labels, answers[1]),
        )

    return draw


def _alike(
    random: np.random.Generator, shape: tuple[int, ...], rho: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    first = random.normal(size=shape)
    return first, rho * first + np.sqrt(1 - rho**2) * random.normal(size=shape)
