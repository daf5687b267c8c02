"""Columns whose unit is not that of training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.evaluation.risk.changed_subject import changed_subject
from tfx_pipeline.evaluation.risk.robustness.units import mismatches
from tfx_pipeline.evaluation.risk.subject import Subject

UNITS = (60.0, 1.609, 1000.0)


def scaled(name: str, factor: float, share: float = 1.0, rows: int = 800) -> Subject:
    subject = changed_subject(rows=rows)
    column = subject.eval.columns[name]
    rows_scaled = np.random.default_rng(1).random(rows) < share
    changed = np.where(rows_scaled, column * factor, column)
    return replace(
        subject, eval=replace(subject.eval, columns={**subject.eval.columns, name: changed})
    )


@pytest.mark.parametrize("name", ["miles", "age", "size"])
@pytest.mark.parametrize("factor", [60.0, 1 / 60, 1000.0, 1 / 1000])
def test_mismatches_find_the_column_and_its_factor(name: str, factor: float) -> None:
    (found,) = mismatches(scaled(name, factor), ("size", "age", "miles", "pay", "zone"), UNITS)
    assert (found.feature, found.share) == (name, 1.0)
    assert found.factor == pytest.approx(factor)


def test_mismatches_find_kilometres_for_miles() -> None:
    (found,) = mismatches(scaled("miles", 1.609), ("miles",), UNITS)
    assert found.factor == 1.609 and found.distance > 0.2 > 5 * found.explained / 2


def test_mismatches_find_a_part_of_the_rows() -> None:
    (found,) = mismatches(scaled("age", 60.0, share=0.3), ("age",), UNITS)
    assert found.share == pytest.approx(0.3)


@pytest.mark.parametrize("factor", [1.0, 1.15, 3.0])
def test_mismatches_leave_growth_alone(factor: float) -> None:
    assert mismatches(scaled("miles", factor), ("miles",), UNITS) == []


@pytest.mark.parametrize("factor", [0.7, 0.8, 1.25, 1.4, 5.0, 20.0])
def test_mismatches_leave_growth_that_a_factor_explains_in_part(factor: float) -> None:
    assert mismatches(scaled("miles", factor, rows=5000), ("miles",), UNITS) == []


def test_mismatches_find_a_unit_of_the_newest_rows_alone() -> None:
    subject = changed_subject()
    newest = {**subject.eval.columns, "age": subject.eval.columns["age"] * 60}
    (found,) = mismatches(replace(subject, newest=newest), subject.features, UNITS)
    assert (found.feature, found.rows) == ("age", "newest")
    some = {"pay": newest["pay"]}  # a window may lack columns
    assert mismatches(replace(subject, newest=some), subject.features, UNITS) == []


def test_mismatches_of_few_rows_or_of_codes_are_not_told() -> None:
    assert mismatches(scaled("miles", 60.0, rows=40), ("miles",), UNITS) == []
    assert mismatches(scaled("zone", 60.0), ("zone",), UNITS) == []
