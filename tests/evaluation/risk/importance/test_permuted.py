"""What shuffled features cost, against the closed form of a linear model."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.evaluation.risk.made_subject import (
    WEIGHTS,
    answered_by,
    binary,
    made_subject,
    with_rows,
)
from tfx_pipeline.evaluation.intervals.interval import Resampling
from tfx_pipeline.evaluation.risk.importance.alone import explained_alone
from tfx_pipeline.evaluation.risk.importance.ignored import explained_by_ignored
from tfx_pipeline.evaluation.risk.importance.metered_model import MeteredModel
from tfx_pipeline.evaluation.risk.importance.permuted import Shuffled, shuffle
from tfx_pipeline.evaluation.risk.subject import Columns, Subject

RESAMPLING = Resampling(resamples=200)


def shuffled(subject: Subject, *groups: list[str]) -> list[Shuffled]:
    rows = np.arange(len(subject.eval))
    return shuffle(subject, MeteredModel(subject), rows, groups, RESAMPLING)


def test_shuffle_of_a_linear_model_costs_twice_the_variance_of_what_it_adds() -> None:
    """The squared error grows by E(w x - w x')² = 2 w², of features of variance 1."""
    subject = made_subject(0, rows=6000, task="regression")
    for each in shuffled(subject, ["a"], ["f"], ["a", "b"]):
        wanted = 2 * sum(WEIGHTS[name] ** 2 for name in each.features)
        assert each.loss_increase.low < wanted < each.loss_increase.high
        assert each.loss_increase.value == pytest.approx(wanted, rel=0.15)


def test_shuffle_says_which_features_do_nothing() -> None:
    subject = made_subject(0)
    still = answered_by(subject, lambda x: subject.predict({**x, "b": 0 * x["b"]}))
    of_a, of_b = shuffled(still, ["a"], ["b"])
    assert not of_a.has_no_effect and of_a.loss_increase.low > 0
    assert of_b.has_no_effect and of_b.loss_increase.value == 0
    constant = with_rows(still, b=np.ones(3000))
    assert not shuffled(constant, ["b"])[0].has_no_effect  # nobody can tell


def test_shuffle_takes_rounding_for_no_effect() -> None:
    subject = made_subject(0)
    dice = np.random.default_rng(0)
    rounding = answered_by(
        subject, lambda x: binary({**x, "b": 0 * x["b"]}) + dice.uniform(-1e-7, 1e-7, len(x["b"]))
    )
    assert shuffled(rounding, ["b"])[0].has_no_effect


def test_shuffle_counts_no_answer_that_is_none() -> None:
    subject = made_subject(0, task="regression")
    odd = answered_by(subject, lambda x: np.where(x["a"] + x["b"] > 4, np.nan, x["c"]))
    (found,) = shuffled(odd, ["a"])
    assert np.isfinite(found.loss_increase.value)


def test_explained_alone_is_the_share_of_a_features_variance() -> None:
    subject = made_subject(0, rows=6000, task="regression")
    rows = np.arange(6000)
    share = explained_alone(subject, MeteredModel(subject), rows, "a", RESAMPLING)
    others = sum(w**2 for name, w in WEIGHTS.items() if name != "a") + 0.25 * 2 / 9  # `color`
    of_a = WEIGHTS["a"] ** 2
    wanted = of_a / (of_a + others + 1)
    assert share.value == pytest.approx(wanted, abs=0.04)
    assert share.low < wanted < share.high


def test_explained_by_ignored_is_what_they_would_tell() -> None:
    subject = made_subject(0, rows=4000, task="regression")
    still = answered_by(subject, lambda x: subject.predict({**x, "b": 0 * x["b"]}))
    rows = np.arange(4000)
    gain = explained_by_ignored(still, rows, ["b"], RESAMPLING)
    wanted = WEIGHTS["b"] ** 2 / (WEIGHTS["b"] ** 2 + 1)
    assert wanted - 0.1 < gain.value < wanted + 0.02
    assert explained_by_ignored(subject, rows, ["b"], RESAMPLING).value < 0.005


def test_explained_by_ignored_sees_what_is_hardly_there() -> None:
    """Three weak features, and three that tell nothing: 3 % of the squared errors."""
    dice = np.random.default_rng(99)
    subject = made_subject(1, rows=3000, task="regression")
    weak = subject.answers + dice.normal(size=3000)
    weak += sum(0.1 * subject.eval.columns[name] for name in "abc")
    subject = with_rows(subject, labels=weak)
    gain = explained_by_ignored(subject, np.arange(3000), [*"abcdef"], RESAMPLING)
    assert gain.value == pytest.approx(0.03, abs=0.012) and gain.low > 0.005


def test_shuffle_asks_many_features_of_few_rows_at_once() -> None:
    subject = made_subject(0)
    asked: list[int] = []

    def answer(columns: Columns) -> NDArray[Any]:
        asked.append(len(columns["a"]))
        return binary(columns)

    metered = answered_by(subject, answer)
    model = MeteredModel(metered)
    asked.clear()
    few, groups = np.arange(100), [["a"], ["b"], ["c", "f"]] * 20
    found = shuffle(metered, model, few, groups, RESAMPLING)
    assert asked == [100, 2000, 2000, 2000]
    assert [each.features for each in found] == [tuple(group) for group in groups]
    assert all(each.changed > 90 for each in found)
    (alone,) = shuffle(metered, model, few, [["a"]], RESAMPLING)
    assert asked[-1] == 100  # the first order of the same dice
    assert alone.loss_increase.value == pytest.approx(found[0].loss_increase.value)
