"""Values of few rows are not named, neither in the page nor in its JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.report.made_facts import made_evaluation, made_risk
from tfx_pipeline.errors import Problem
from tfx_pipeline.evaluation.evaluation_facts import SliceFigures
from tfx_pipeline.report.facts.rare_values import (
    few,
    unexpected_hidden,
    without_rare_classes,
    without_rare_figures,
    without_rare_slices,
    without_values,
)


def test_slice_of_fewer_rows_loses_its_value_and_figures() -> None:
    many = SliceFigures(("city",), ("Oslo",), 5)
    one = SliceFigures(("city",), ("Å",), 4)
    others = [SliceFigures(("name",), (name,), 1) for name in ("Ann", "Bob")]
    kept = without_rare_slices([many, one, *others], 5)
    assert kept[0] == many
    assert [each.values for each in kept[1:]] == [
        ("a value of fewer than 5 rows",),
        ("2 values of fewer than 5 rows each",),
    ]
    assert [each.rows for each in kept] == [5, 4, 2]
    assert without_rare_slices([one], 1) == [one]


def test_class_of_few_rows_is_not_named_unless_it_is_configured() -> None:
    facts = made_evaluation("multiclass", rows=300)
    figures = {
        name: {**each, "rows": 300.0 if name == "Chinstrap" else 3.0}
        for name, each in facts.classes_figures.items()
    }
    # Of the trivial answer, the words name the class that most rows have.
    rare = replace(facts, classes_figures=figures, trivial_words="")
    shown = without_rare_classes(rare, ["Adelie"], 5)
    assert shown.classes == ("Adelie", "Chinstrap", f"class 2 ({few(5)})")
    assert [*shown.curves["roc"]] == [*shown.classes]
    assert "Gentoo" not in str(shown)
    assert without_rare_classes(facts, [], 5) is facts


def test_group_of_few_rows_is_not_named_in_figures_of_risks() -> None:
    shown = without_rare_figures(made_risk(), 5)
    gaps = shown.checks[0].figures["gaps"]
    assert gaps[0]["group"] == "sex = male"
    assert gaps[1]["group"] == few(5)
    assert gaps[1]["selection_rate"] == 0.5


@pytest.mark.parametrize(
    "received",
    [
        "'Zoë' at data.csv:12, 'Åse' at data.csv:9 in 2 of 344 rows (0.6 %) of the train split",
        "'in 3 of 4 rows' at data.csv:12 in 2 of 344 rows (0.6 %) of the train split",
    ],
)
def test_refused_values_are_not_shown(received: str) -> None:
    what = "feature `sex`: Unexpected string values: Examples contain values missing from the"
    problem = Problem(f"{what} schema: Zoë (<1%), Åse (<1%). ", received=received)
    hidden = without_values(problem)
    assert "Zoë" not in str(hidden)
    assert "Åse" not in str(hidden)
    assert "2 of 344 rows" in str(hidden.received)


def test_note_of_unexpected_values_keeps_what_follows() -> None:
    note = "anomalies: Examples contain values missing from the schema: Zoë (<1%). "
    assert unexpected_hidden(note) == "anomalies: Examples contain values missing from the schema"
    assert unexpected_hidden("`fare` drifted: 3 % -> 5 %") == "`fare` drifted: 3 % -> 5 %"
