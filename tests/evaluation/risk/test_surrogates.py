"""Models that somebody else fits."""

from __future__ import annotations

import numpy as np
import pytest

from tfx_pipeline.evaluation.risk.surrogates import Kind, fit_classes, fit_numbers

ROWS = np.random.default_rng(0).normal(size=(200, 2))


@pytest.mark.parametrize("kind", ["linear", "trees"])
def test_fit_classes_of_one_class_alone_answers_it(kind: Kind) -> None:
    fitted = fit_classes(kind, ROWS, np.full(200, 2), 4, [False, False], 0)
    assert fitted(ROWS[:3]).tolist() == [[0, 0, 1, 0]] * 3


@pytest.mark.parametrize("kind", ["linear", "trees"])
def test_fit_classes_gives_a_class_that_is_not_there_no_probability(kind: Kind) -> None:
    targets = np.where(ROWS[:, 0] > 0, 3, 1)
    answers = fit_classes(kind, ROWS, targets, 5, [False, False], 0)(ROWS)
    assert (answers[:, [0, 2, 4]] == 0).all()
    assert np.mean(answers.argmax(axis=1) == targets) > 0.95


@pytest.mark.parametrize("outputs", [1, 3, 12])
@pytest.mark.parametrize("kind", ["linear", "trees"])
def test_fit_numbers_keeps_the_shape_of_its_targets(kind: Kind, outputs: int) -> None:
    targets = ROWS @ np.ones((2, outputs)) * np.arange(1, outputs + 1)
    fitted = fit_numbers(kind, ROWS, targets, [False, False], 0)(ROWS)
    assert fitted.shape == (200, outputs)
    assert np.square(fitted - targets).mean() < 0.1 * np.square(targets).mean()
