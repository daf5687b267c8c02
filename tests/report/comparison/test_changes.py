"""Two runs beside each other: rows that both kept, losses with intervals, slices, what differs."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from tfx_pipeline.evaluation.evaluation_facts import EvaluationFacts, SliceFigures
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.evaluation.kept_rows import KeptRows
from tfx_pipeline.report.comparison.changes import change_of
from tfx_pipeline.report.comparison.rows import JudgedRows, SharedRows, shared_rows

ROWS = 2_000
FIGURE = Interval(0.9, 0.8, 1.0, "wilson", ROWS)


def judged(
    answers: Any, ids: Any, labels: Any, colours: Any = None, metrics: str = "auc log_loss"
) -> JudgedRows:
    """Make what a run keeps of a binary model."""
    slices = {} if colours is None else {"colour": np.array(colours, object)}
    facts = EvaluationFacts(
        "binary",
        ("no", "yes"),
        len(labels),
        0.5,
        "digest",
        metrics=dict.fromkeys(metrics.split(), FIGURE),
        slices=tuple(SliceFigures(("colour",), (x,), 1) for x in ("red", "blue") if slices),
    )
    kept = KeptRows(np.asarray(ids, np.uint64), labels, {"candidate": answers}, len(ids), slices)
    return JudgedRows(facts, kept)


@pytest.fixture
def rows() -> dict[str, Any]:
    random = np.random.default_rng(3)
    labels = (random.random(ROWS) < 0.4).astype(np.float64)
    logits = 2 * labels - 1 + random.normal(0, 1, ROWS)
    return {
        "ids": np.arange(ROWS) * 7,
        "labels": labels,
        "good": 1 / (1 + np.exp(-logits)),
        "bad": 1 / (1 + np.exp(-0.3 * logits - random.normal(0, 1, ROWS))),
        "colours": np.where(np.arange(ROWS) % 4 == 0, "red", "blue"),
    }


def test_change_of_a_worse_model_is_a_loss_whose_interval_leaves_out_nothing(
    rows: dict[str, Any],
) -> None:
    first = judged(rows["good"], rows["ids"], rows["labels"], rows["colours"])
    other = judged(rows["bad"], rows["ids"], rows["labels"], rows["colours"])
    change = change_of("b", first, other)
    assert (change.run_id, change.rows, change.of, change.note) == ("b", ROWS, ROWS, "")
    for loss in change.losses.values():
        assert 0 < loss.low < loss.value < loss.high
    back = change_of("a", other, first)
    assert back.losses["auc"].value == pytest.approx(-change.losses["auc"].value)
    assert [(x.values, x.rows) for x in change.slices] == [(("blue",), 1500), (("red",), 500)]
    assert all(each.losses["auc"].low > 0 for each in change.slices)
    assert change.slices[0].losses["auc"].simultaneous == 2


def test_change_of_the_same_answers_is_nothing(rows: dict[str, Any]) -> None:
    run = judged(rows["good"], rows["ids"], rows["labels"])
    losses = change_of("b", run, run).losses
    assert {(x.value, x.low, x.high) for x in losses.values()} == {(0.0, 0.0, 0.0)}


def test_change_of_other_eval_rows_is_measured_on_those_that_both_kept(
    rows: dict[str, Any],
) -> None:
    early, late = np.s_[:1500], np.s_[500:]
    first = judged(rows["good"][early], rows["ids"][early], rows["labels"][early])
    other = judged(rows["good"][late], rows["ids"][late], rows["labels"][late])
    change = change_of("b", first, other)
    assert change.rows == 1000
    assert change.note == "1,000 rows that both runs kept, of 1,500 and 1,500 eval rows"
    assert change.losses["log_loss"].value == 0


def test_shared_rows_pair_equal_rows_of_a_split_in_their_order() -> None:
    labels = np.array([0.0, 1, 1, 0])
    first = judged(np.array([0.1, 0.2, 0.3, 0.4]), [3, 5, 5, 9], labels)
    other = judged(np.array([0.5, 0.6, 0.7]), [5, 5, 9], labels[1:])
    shared = shared_rows(first, other)
    assert isinstance(shared, SharedRows)
    np.testing.assert_array_equal(shared.first.answers, [0.2, 0.3, 0.4])
    np.testing.assert_array_equal(shared.other.answers, [0.5, 0.6, 0.7])


def test_change_without_common_rows_labels_or_task_says_why(rows: dict[str, Any]) -> None:
    run = judged(rows["good"], rows["ids"], rows["labels"])
    apart = judged(rows["good"], rows["ids"] + 1, rows["labels"])
    assert change_of("b", run, apart).note.endswith("no eval row is in both splits")
    labelled = judged(rows["good"], rows["ids"], 1 - rows["labels"])
    note = change_of("b", run, labelled).note
    assert note.endswith("2,000 of 2,000 common rows have another label: its rule changed")
    facts = dataclasses.replace(run.facts, classes=("0", "1", "2"), task="multiclass")
    other = JudgedRows(facts, run.kept)
    assert "task or classes differ" in change_of("b", run, other).note
    assert not change_of("b", run, other).losses
