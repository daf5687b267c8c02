"""One thing asked of a model: what intervals say of bounds and changes, and what policies make."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tfx_pipeline.evaluation.evaluation_facts import Change
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.judged import (
    answer_of_bounds,
    answer_of_change,
    bounds_in_words,
    ends_text,
    figure_text,
    judge_bounds,
    judge_change,
    loss_in_words,
)
from tfx_pipeline.evaluation.verdict import Bounds

NO = (math.nan, math.nan)


def interval(value: float, low: float, high: float) -> Interval:
    return Interval(value, low, high, "none" if math.isnan(low) else "delong", 500)


@pytest.mark.parametrize(
    ("ends", "margin", "answer"),
    [
        ((-0.03, -0.01), 0.0, "better"),
        ((-0.03, -0.01), None, "better"),
        ((-0.03, 0.0), 0.0, "not worse"),
        ((0.0, 0.0), 0.0, "not worse"),  # the same model
        ((0.0, 0.0), None, "not worse"),
        ((-0.01, 0.02), 0.02, "not worse"),
        ((0.005, 0.02), 0.02, "not worse"),  # surely worse, and surely by no more than is accepted
        ((-0.01, 0.03), 0.02, "cannot tell"),
        ((0.0, 0.03), 0.02, "cannot tell"),
        ((0.001, 0.03), 0.02, "worse"),
        ((0.05, 0.06), 0.02, "worse"),
        ((0.001, 0.03), None, "worse"),
        (NO, 0.02, "cannot tell"),
        ((-0.1, math.inf), 0.02, "cannot tell"),
        ((-math.inf, -0.1), 0.02, "cannot tell"),
    ],
)
def test_answer_of_change_compares_the_interval_with_the_margin(
    ends: tuple[float, float], margin: float | None, answer: str
) -> None:
    assert answer_of_change(interval(0.01, *ends), margin) == answer


@pytest.mark.parametrize(
    ("ends", "bounds", "answer"),
    [
        ((0.90, 0.95), Bounds(min=0.9), "reached"),
        ((0.89, 0.95), Bounds(min=0.9), "cannot tell"),
        ((0.85, 0.8999), Bounds(min=0.9), "missed"),
        ((0.85, 0.9), Bounds(min=0.9), "cannot tell"),
        ((0.2, 0.3), Bounds(max=0.3), "reached"),
        ((0.2, 0.31), Bounds(max=0.3), "cannot tell"),
        ((0.301, 0.31), Bounds(max=0.3), "missed"),
        ((0.95, 1.05), Bounds(min=0.9, max=1.1), "reached"),
        ((0.85, 1.15), Bounds(min=0.9, max=1.1), "cannot tell"),
        ((1.11, 1.15), Bounds(min=0.9, max=1.1), "missed"),
        (NO, Bounds(min=0.9), "cannot tell"),
    ],
)
def test_answer_of_bounds_is_sure_where_all_of_the_interval_is_on_one_side(
    ends: tuple[float, float], bounds: Bounds, answer: str
) -> None:
    assert answer_of_bounds(interval(0.5, *ends), bounds) == answer


@pytest.mark.parametrize(
    ("value", "ends", "unsure", "refused", "noted"),
    [
        (0.95, (0.92, 0.97), "refuse", False, False),
        (0.85, (0.80, 0.89), "accept", True, False),  # sure, whatever is done where it is not
        (0.91, (0.88, 0.94), "point", False, True),
        (0.89, (0.86, 0.92), "point", True, False),
        (0.91, (0.88, 0.94), "refuse", True, False),
        (0.89, (0.86, 0.92), "accept", False, True),
        (0.91, NO, "point", False, False),
        (0.89, NO, "point", True, False),
        (0.89, NO, "accept", True, False),  # or nothing could ever refuse it
        (0.91, NO, "refuse", True, False),
    ],
)
def test_judge_bounds_does_what_is_wished_where_the_interval_cannot_tell(
    value: float, ends: tuple[float, float], unsure: Any, refused: bool, noted: bool
) -> None:
    judged = judge_bounds("auc", interval(value, *ends), Bounds(min=0.9), unsure)
    assert (judged.refusal is not None, bool(judged.note)) == (refused, noted)
    is_not = "is at least 0.9" if value > 0.9 else "is not at least 0.9"
    assert is_not in judged.sentence and f"`auc` {value:.4f}" in judged.sentence
    if noted:
        assert "of which 500 rows cannot be sure" in judged.note
    if judged.refusal and math.isfinite(ends[0]):
        assert judged.refusal.received == f"{value:.4f} ({ends[0]:.4f} to {ends[1]:.4f})"
        assert judged.refusal.next_step


def test_judge_bounds_of_a_value_that_looks_like_its_bound_shows_all_digits() -> None:
    judged = judge_bounds("auc", interval(0.89999, *NO), Bounds(min=0.9), "point")
    assert judged.refusal and judged.refusal.received == "0.89999"


@pytest.mark.parametrize(
    ("value", "ends", "unsure", "refused", "noted"),
    [
        (-0.02, (-0.03, -0.01), "refuse", False, False),
        (0.005, (0.001, 0.01), "refuse", False, False),
        (0.05, (0.04, 0.06), "accept", True, False),
        (0.015, (-0.01, 0.04), "accept", False, True),
        (0.015, (-0.01, 0.04), "point", False, True),
        (0.025, (-0.01, 0.06), "accept", False, True),
        (0.025, (-0.01, 0.06), "point", True, False),
        (0.015, (-0.01, 0.04), "refuse", True, False),
        (0.015, NO, "accept", False, True),
        (0.025, NO, "accept", True, False),
    ],
)
def test_judge_change_does_what_is_wished_where_the_interval_cannot_tell(
    value: float, ends: tuple[float, float], unsure: Any, refused: bool, noted: bool
) -> None:
    loss = interval(value, *ends)
    change = Change("auc", loss, 0.02, answer_of_change(loss, 0.02))
    judged = judge_change(change, "0.8900 against 0.9100", unsure)
    assert (judged.refusal is not None, bool(judged.note)) == (refused, noted)
    if judged.refusal:
        assert judged.refusal.allowed == "at most 0.02 worse than the last blessed model"
        assert judged.refusal.received and loss_in_words(loss) in judged.refusal.received
    if noted:
        assert "500 rows cannot tell" in judged.note


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (interval(0.25, 0.125, 0.5), "0.2500 worse (0.1250 to 0.5000)"),
        (interval(-0.25, -0.5, 0.125), "0.2500 better (0.5000 better to 0.1250 worse)"),
        (interval(0.0, 0.0, 0.0), "0 (0 to 0)"),
        (interval(-0.25, *NO), "0.2500 better"),
    ],
)
def test_loss_in_words_says_which_side_each_end_is_on(loss: Interval, words: str) -> None:
    assert loss_in_words(loss) == words


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (0.94271, 0.95702, "0.9427 to 0.9570"),
        (0.15952, 0.83561, "0.1595 to 0.8356"),
        (2.6e-10, 0.99991, "0.0000 to 0.9999"),
        (-1e-9, 0.02163, "0.0000 to 0.0216"),
        (-0.0031, 0.0007, "-0.0031 to 0.0007"),
        (-0.00031, 0.000072, "-0.00031 to 0.00007"),
        (0.95031, 0.95032, "0.9503 to 0.9503"),
        (17_482.01, 20_062.83, "17,482 to 20,063"),
        (0.0, 1.8034, "0.00 to 1.80"),
        (0.0, 2674.02, "0 to 2,674"),
        (1e-7, 3e-7, "1e-07 to 3e-07"),
        (0.5, 0.5, "0.5000 to 0.5000"),
        (0.5, math.inf, "0.5000 to inf"),
    ],
)
def test_ends_text_has_no_more_digits_than_the_width_gives(
    low: float, high: float, text: str
) -> None:
    assert ends_text(low, high) == text


def test_large_figures_are_written_out() -> None:
    assert figure_text(808_729_516.42) == "808,729,516"
    assert figure_text(2_049.13) == "2,049.1"
    assert bounds_in_words(Bounds(min=0.9, max=2_500_000)) == "at least 0.9, at most 2,500,000"
