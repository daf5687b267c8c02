"""Doubles are dropped, and what knows the label is said."""

from __future__ import annotations

import random
from pathlib import Path

from tests.tables.written_tables import column_named, plan_of

_ROWS = 400


def table() -> dict[str, list[str]]:
    """Make a table with one honest feature."""
    rng = random.Random(6)
    y = [rng.choice(["no", "yes"]) for _ in range(_ROWS)]
    return {"x": [f"{rng.gauss(y[row] == 'yes', 1):.3f}" for row in range(_ROWS)], "y": y}


def test_plan_table_with_a_column_twice_drops_the_second(tmp_path: Path) -> None:
    columns = table()
    columns["again"] = [f"{float(cell):.5f}" for cell in columns["x"]]
    plan = plan_of(tmp_path, columns)
    again = column_named(plan, "again")
    assert (again.role, again.reason) == ("dropped", "the same as `x` in all rows")
    assert list(plan.features) == ["x"]


def test_plan_table_with_the_label_in_other_words_drops_it_and_says_so(tmp_path: Path) -> None:
    columns = table()
    columns["alive"] = [{"no": "dead", "yes": "living"}[label] for label in columns["y"]]
    plan = plan_of(tmp_path, columns)
    assert "the label in other words" in column_named(plan, "alive").reason
    assert [warning.columns for warning in plan.warnings] == [("alive",)]


def test_plan_table_with_a_near_perfect_feature_keeps_it_and_warns(tmp_path: Path) -> None:
    columns = table()
    rng = random.Random(8)
    columns["boat"] = [str(rng.randint(1, 6)) if label == "yes" else "" for label in columns["y"]]
    plan = plan_of(tmp_path, columns)
    assert "boat" in plan.features
    (warning,) = plan.warnings
    assert warning.columns == ("boat",)
    assert "`boat` alone tells the label nearly always (AUC 1)" in warning.text


def test_plan_table_with_an_honest_feature_suspects_nothing(tmp_path: Path) -> None:
    assert plan_of(tmp_path, table()).warnings == ()


def test_plan_table_with_the_label_in_bands_keeps_them_and_warns(tmp_path: Path) -> None:
    rng = random.Random(9)
    y = [rng.uniform(0, 50) for _ in range(_ROWS)]
    columns = {
        "x": [f"{rng.gauss(0, 1):.3f}" for _ in y],
        "y_band": [str(int(each // 10)) for each in y],
        "y_again": [f"{2 * each + 1:.6f}" for each in y],
        "y": [f"{each:.6f}" for each in y],
    }
    plan = plan_of(tmp_path, columns)
    assert list(plan.features) == ["x", "y_band"]
    assert [warning.columns for warning in plan.warnings] == [("y_band",), ("y_again",)]
    assert "left out" in plan.warnings[1].text
