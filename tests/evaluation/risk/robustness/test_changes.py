"""What may go wrong with a feature."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.evaluation.risk.changed_subject import changed_subject, with_column
from tfx_pipeline.evaluation.risk.robustness.changes import changeable, changes_of, swaps
from tfx_pipeline.evaluation.risk.subject import Domain, Subject

UNITS = (60.0, 1.609)


def words(subject: Subject, name: str) -> dict[str, Any]:
    base = subject.feature_columns(np.arange(6))
    return {x.words: x.columns[name] for x in changes_of(subject, name, base, UNITS)}


def test_changes_of_a_whole_number_keep_it_whole() -> None:
    subject = changed_subject()
    found = words(subject, "age")
    ages = subject.eval.columns["age"][:6]
    assert np.isnan(found["missing"]).all()
    assert (found["the smallest number of training"] == 20).all()
    assert (found["above that of training by its range"] == 100).all()
    assert found["× 60"].tolist() == (ages * 60).tolist()
    assert found["÷ 1.609"].tolist() == np.round(ages / 1.609).tolist()


def test_changes_of_a_code_know_no_unit_and_no_range() -> None:
    found = words(changed_subject(), "zone")
    assert set(found) == {"the value of another row", "missing", "a value never seen in training"}
    assert (found["a value never seen in training"] > 7).all()


def test_changes_of_a_text_are_missing_or_unseen() -> None:
    subject = changed_subject()
    found = words(subject, "pay")
    assert found["missing"].tolist() == [""] * 6
    assert not set(found["a value never seen in training"]) & set(subject.domains["pay"].values)


def test_changes_of_a_moment_mistake_only_milliseconds() -> None:
    moments = np.full(800, 1.7e9)
    kind = Domain("number", True, 1.6e9, 1.8e9, feature_kind="timestamp")
    found = words(with_column(changed_subject(), "at", moments, moments, kind), "at")
    assert {x for x in found if x[0] in "×÷"} == {"× 1000", "÷ 1000"}


def test_changes_of_a_column_without_any_value_have_no_range() -> None:
    nothing = np.full(800, np.nan)
    found = words(with_column(changed_subject(), "x", nothing, nothing, Domain("number")), "x")
    assert "the smallest number of training" not in found
    assert all(np.isnan(column).all() for column in found.values())


def test_changes_of_a_constant_go_beyond_it() -> None:
    same = np.full(800, 5.0)
    domain = Domain("number", False, 5.0, 5.0)
    found = words(with_column(changed_subject(), "x", same, same, domain), "x")
    assert (found["above that of training by its range"] == 10).all()


def test_changeable_leaves_out_what_is_off_and_what_float64_cannot_hold() -> None:
    ids = np.full(800, 2.0**53 + 2)
    subject = with_column(changed_subject(), "id", ids, ids, Domain("number", True, 0, 2.0**60))
    assert changeable(subject, {"age": "off"}) == ("size", "miles", "pay", "zone")


@pytest.mark.parametrize(("shift", "alike"), [(0.0, True), (100.0, False)])
def test_swaps_take_numbers_of_overlapping_ranges(shift: float, alike: bool) -> None:
    subject = changed_subject()
    other = np.random.default_rng(1).normal(shift, 1, 800)
    subject = with_column(subject, "weight", other, other, Domain("number", False, -9, 200))
    base = subject.feature_columns()
    found = [x for x in swaps(subject, ("size", "weight"), base) if x.feature == "size"]
    assert bool(found) is alike
    if alike:
        assert found[0].columns["weight"] is base["size"]
        assert found[0].words == "swapped with weight"


def test_swaps_take_texts_with_shared_values() -> None:
    subject = changed_subject()
    towns = np.full(800, "Ulm", object)
    for name, values in (("from", ("Ulm", "York")), ("to", ("York", "Ulm"))):
        subject = with_column(subject, name, towns, towns, Domain("text", values=values))
    found = list(swaps(subject, subject.features, subject.feature_columns()))
    assert [(x.feature, x.words) for x in found if x.feature == "from"] == [
        ("from", "swapped with to")
    ]
    assert all("pay" not in x.columns for x in found)
