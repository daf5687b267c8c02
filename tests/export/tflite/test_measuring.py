"""Measured kinds, and the one that a budget chooses."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tests.export.tflite import made
from tfx_pipeline.errors import StepError
from tfx_pipeline.evaluation.intervals.interval import Interval
from tfx_pipeline.export import numpy_form
from tfx_pipeline.export.errors import NotExportableError
from tfx_pipeline.export.tflite.budget import Budget, choose, table
from tfx_pipeline.export.tflite.choosing import ChosenKind, export_smallest
from tfx_pipeline.export.tflite.emitter import emit
from tfx_pipeline.export.tflite.kinds import KINDS
from tfx_pipeline.export.tflite.measuring import (
    JudgedRows,
    MeasuredKind,
    footprint_of,
    losses_of,
)

ROWS = made.hurting_rows(800)


def _judged(task: str = "binary", family: str = "mlp") -> JudgedRows:
    reference = numpy_form.answers(made.described(family, task), ROWS)
    random = np.random.default_rng(0)
    if task == "binary":
        labels = (random.random(800) < reference["probability"]).astype(float)
    elif task == "multiclass":
        labels = np.array(
            [random.choice(3, p=x / x.sum()) for x in reference["probabilities"].astype(float)]
        )
    else:
        labels = reference["value"] + random.normal(0, 1000, 800)
    return JudgedRows(ROWS, labels.astype(float), reference)


@pytest.fixture(scope="module")
def chosen() -> ChosenKind:
    calibration = {name: values[:300] for name, values in ROWS.items()}
    return export_smallest(
        made.described("mlp"), made.FACTS, KINDS, Budget(max_loss=0.5), calibration, _judged()
    )


def test_export_smallest_measures_each_kind_for_itself(chosen: ChosenKind) -> None:
    assert [x.kind for x in chosen.measured] == list(KINDS)
    for each in chosen.measured:
        # A process with TensorFlow has 400 MB and more.
        assert 20 < each.rss_mb < 150
        assert 0 < each.p50_ms < 1000
        assert set(each.losses) == {"auc", "log_loss"}
        for loss in each.losses.values():
            assert loss.low <= loss.value <= loss.high
    first, *others = chosen.measured
    assert first.largest_difference < 3e-6 < min(x.largest_difference for x in others)
    assert first.max_loss == 0 < others[-1].max_loss


def test_export_smallest_gives_the_smallest_that_fits(chosen: ChosenKind) -> None:
    sizes = [x.bytes for x in chosen.measured]

    assert chosen.chosen.bytes == min(sizes) == len(chosen.content)


@pytest.mark.parametrize(("task", "metric"), [("multiclass", "log_loss"), ("regression", "mse")])
def test_losses_of_worse_answers_are_above_0(task: str, metric: str) -> None:
    rows, answer = _judged(task), made.ANSWERS[task]
    name = "value" if task == "regression" else "probabilities"
    answers = rows.reference[name]

    same = losses_of(answer, rows, answers)[metric]
    worse = answers + 2000 if task == "regression" else (answers + 1) / 4
    loss = losses_of(answer, rows, worse)[metric]

    assert (same.low, same.high) == (0, 0)
    assert 0 < loss.low < loss.value < loss.high
    if task == "regression":  # as a share: 2000 ** 2 of 1000 ** 2
        assert 3 < loss.value < 5.5


def test_footprint_of_a_broken_model_says_what_the_process_said() -> None:
    row = {name: values[:1] for name, values in ROWS.items()}

    with pytest.raises(StepError) as raised:
        footprint_of(b"no model", row)

    assert "ValueError: " in str(raised.value.problems[0].received)


def _measured(kind: str, size: int, loss: float, **more: float) -> MeasuredKind:
    interval = Interval(loss / 2, 0.0, loss, "bootstrap-t", 100)
    made_of = {"p50_ms": 0.1, "rss_mb": 50.0} | more
    return MeasuredKind(kind, size, losses={"auc": interval}, largest_difference=0.1, **made_of)  # type: ignore[arg-type]


MEASURED = [
    _measured("float32", 90_000, 0.0),
    _measured("float16", 60_000, 0.001),
    _measured("dynamic", 50_000, 0.01, p50_ms=0.2),
    _measured("int8", 49_000, 0.03, rss_mb=49.0),
]


@pytest.mark.parametrize(
    ("budget", "kind"),
    [
        (Budget(), "float32"),
        (Budget(max_loss=0.0), "float32"),
        (Budget(max_loss=0.01), "dynamic"),
        (Budget(max_loss=0.01, p50_ms=0.15), "float16"),
        (Budget(bytes=60_000), "int8"),
        (Budget(rss_mb=49.5), "int8"),
        (Budget(bytes=60_000, max_loss=0.005), "float16"),
    ],
)
def test_choose_takes_the_fewest_bytes_that_fit(budget: Budget, kind: str) -> None:
    assert choose(MEASURED, budget).kind == kind


def test_choose_where_none_fits_refuses_with_the_table() -> None:
    with pytest.raises(NotExportableError) as raised:
        choose(MEASURED, Budget(bytes=49_999, max_loss=0.02))

    message = str(raised.value)
    assert "export.budget: no kind of the TFLite model fits the budget" in message
    assert "bytes of 49,999 at most, max_loss of 0.02 at most" in message
    for line in (
        "float32  90,000  0.100   50.0    auc +0           over bytes",
        "int8     49,000  0.100   49.0    auc +0.03        over max_loss",
    ):
        assert line in message


def test_choose_a_loss_that_nobody_knows_keeps_no_limit() -> None:
    unknown = dataclasses.replace(
        MEASURED[3], losses={"auc": Interval(np.nan, np.nan, np.nan, "none", 3)}
    )

    assert choose([MEASURED[0], unknown], Budget(max_loss=1.0)).kind == "float32"
    assert "over max_loss" in table([unknown], Budget(max_loss=1.0))


def test_footprint_of_a_model_is_not_that_of_its_parent() -> None:
    """A child begins as a copy of its parent, whose peak `ru_maxrss` counts as the child's."""
    ballast = np.ones(25_000_000)
    row = {name: values[:1] for name, values in ROWS.items()}

    found = footprint_of(emit(made.described("linear"), made.FACTS), row)

    assert found["rss_mb"] < 150 < ballast.nbytes / 1e6
