"""A greedy search, on models of which the best attack is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.evaluation.risk.changed_subject import changed_subject
from tfx_pipeline.evaluation.risk.asking.questions import Questions
from tfx_pipeline.evaluation.risk.asking.unchanged import Unchanged, unchanged_rows
from tfx_pipeline.evaluation.risk.attack.moves import mutable_of
from tfx_pipeline.evaluation.risk.attack.search import Attacked, Search
from tfx_pipeline.evaluation.risk.subject import Subject


def attacked(subject: Subject, names: tuple[str, ...], columns: int, restarts: int = 0) -> Attacked:
    questions = Questions(subject, 60)
    base = unchanged_rows(subject, questions, 200)
    assert isinstance(base, Unchanged)
    mutable = [found for name in names if (found := mutable_of(subject, name))]
    return Search(subject, questions, mutable, (1.0,)).attack(base, columns, restarts)


def counting(needed: int) -> Any:
    """Answer yes where so many of three columns are high: it takes that many to turn a low row."""

    def predict(columns: Any) -> Any:
        high = sum((columns[name] > x).astype(int) for name, x in
                   (("miles", 2.7), ("age", 40.0), ("zone", 4.0)))  # fmt: skip
        return np.where(high >= needed, 0.8, 0.1 + 0.1 * high)

    return predict


def test_rows_fall_with_as_many_columns_as_it_takes() -> None:
    subject = replace(changed_subject(), predict=counting(3))
    found = attacked(subject, ("age", "miles", "zone"), 3)
    columns = found.base.columns
    high = sum((columns[n] > x).astype(int) for n, x in (("miles", 2.7), ("age", 40), ("zone", 4)))
    assert found.flipped_at.tolist() == np.where(high == 3, 1, 3 - high).tolist()
    assert (np.count_nonzero(found.changed, axis=0) == found.flipped_at).all()
    after = subject.predict(found.columns)
    assert np.allclose(found.answers[-1][:, 1], after)
    assert ((after > 0.5) != (found.base.answers[:, 1] > 0.5)).all()


def test_rows_hold_where_the_budget_or_the_columns_are_too_few() -> None:
    subject = replace(changed_subject(), predict=counting(3))
    low = (attacked(subject, ("age", "miles", "zone"), 2)).flipped_at
    assert 0 < (low == 0).sum() < 200
    found = attacked(subject, ("age",), 3)
    for name in ("miles", "zone", "pay"):
        assert found.columns[name].tolist() == found.base.columns[name].tolist()


def test_a_restart_finds_what_the_greedy_way_misses() -> None:
    """The best first step leads nowhere; the other two columns must change together."""

    def predict(columns: Any) -> Any:
        decoy = columns["zone"] == 7
        both = (columns["age"] > 40) & (columns["pay"] == "gift")
        one = (columns["age"] > 40) | (columns["pay"] == "gift")
        return np.where(both & ~decoy, 0.9, 0.1 + 0.3 * decoy + 0.05 * one)

    subject = replace(changed_subject(), predict=predict)
    names = ("age", "pay", "zone")
    greedy, again = (attacked(subject, names, 2, restarts) for restarts in (0, 5))
    assert (greedy.flipped_at > 0).sum() < (again.flipped_at > 0).sum()
    assert (
        again.flipped_at[greedy.flipped_at > 0] == greedy.flipped_at[greedy.flipped_at > 0]
    ).all()
    assert np.allclose(again.answers[-1][:, 1], predict(again.columns))


def test_numbers_are_moved_as_far_as_the_columns_allow() -> None:
    subject = replace(
        changed_subject("regression"), predict=lambda x: x["age"] + 10.0 * (x["zone"] == 7)
    )
    found = attacked(subject, ("age", "zone"), 2)
    moved = np.abs(found.answers[:, :, 0] - found.base.answers[:, 0])
    assert (np.diff(moved, axis=0) >= 0).all() and moved[2].mean() > moved[1].mean()
    ages = found.base.columns["age"]
    furthest = np.maximum(60 - ages, ages - 20)
    assert (moved[1] >= furthest - 1e-9).all()


def test_a_column_is_changed_once() -> None:
    """To take back `gift` for `card` would flip these rows, with two columns instead of three."""

    def predict(columns: Any) -> Any:
        old, pay = columns["age"] > 40, columns["pay"]
        return np.where(old & (pay == "card"), 0.9, 0.1 + (pay == "gift") * (0.1 + 0.2 * old))

    found = attacked(replace(changed_subject(), predict=predict), ("age", "pay", "zone"), 3)
    assert (np.count_nonzero(found.changed, axis=0) >= found.flipped_at).all()
    assert (found.flipped_at[found.flipped_at > 0] <= 2).all()
