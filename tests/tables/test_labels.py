"""What a label asks for, and why some labels cannot be learned."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.tables.written_tables import plan_of, written
from tfx_pipeline.errors import ConfigError, DataError
from tfx_pipeline.tables import sampling
from tfx_pipeline.tables.planning import plan_table

_ROWS = 300


def table(label: Sequence[str]) -> dict[str, list[str]]:
    """Put a label beside a feature."""
    rng = random.Random(1)
    return {"a": [f"{rng.gauss(0, 1):.3f}" for _ in label], "y": list(label)}


def drawn(values: Sequence[str], weights: Sequence[int] | None = None) -> list[str]:
    """Draw labels."""
    return random.Random(2).choices(values, weights, k=_ROWS)


@pytest.mark.parametrize(
    ("values", "weights", "expected"),
    [
        (["yes", "no"], [9, 1], {"task": "binary", "classes": ["no", "yes"]}),
        (["True", "False"], None, {"task": "binary", "classes": ["False", "True"]}),
        (["0", "1"], None, {"task": "binary"}),
        (["1", "2"], None, {"task": "binary", "classes": ["1", "2"]}),
        (["-1", "1"], None, {"task": "binary", "classes": ["-1", "1"]}),
        (["cat", "dog"], [1, 9], {"task": "binary", "classes": ["dog", "cat"]}),
        (["Not paid", "Paid"], [1, 9], {"task": "binary", "classes": ["Paid", "Not paid"]}),
        (["b", "c", "a"], None, {"task": "multiclass", "classes": ["a", "b", "c"]}),
        (["3", "4", "5"], None, {"task": "multiclass", "classes": ["3", "4", "5"]}),
    ],
)
def test_plan_label_of_classes_orders_them_negative_first(
    tmp_path: Path,
    values: Sequence[str],
    weights: Sequence[int] | None,
    expected: dict[str, object],
) -> None:
    plan = plan_of(tmp_path, table(drawn(values, weights)))
    assert plan.sections["label"].setting == {"column": "y", **expected}
    assert next(x.role for x in plan.columns if x.name == "y") == "label"
    assert "y" not in plan.features


@pytest.mark.parametrize(
    "label",
    [
        [f"{row * 1.37:.2f}" for row in range(_ROWS)],
        [str(row % 40) for row in range(_ROWS)],
        [f"{1000 + row * 1.5:,.2f}" for row in range(_ROWS)],
        [f"{row * 1.37:.2f}".replace(".", ",") for row in range(_ROWS)],
    ],
)
def test_plan_label_of_many_numbers_is_regression(tmp_path: Path, label: list[str]) -> None:
    plan = plan_of(tmp_path, table(label))
    assert plan.sections["label"].setting == {"column": "y", "task": "regression"}


def test_plan_label_missing_in_some_rows_counts_them_and_reads_marks_as_missing(
    tmp_path: Path,
) -> None:
    label = drawn(["p", "q", "", "?"])
    plan = plan_of(tmp_path, table(label))
    missing = label.count("") + label.count("?")
    assert f"the label is missing in {missing} rows" in plan.warnings[0].text
    assert plan.sections["data.csv"].setting == {"missing_values": ["?"]}
    assert set(plan.sections["label"].setting["classes"]) == {"p", "q"}


def test_plan_label_of_rare_class_warns_and_offers_weights(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, table(["yes"] * 9 + ["no"] * 291))
    assert any("`yes` is rare: 3 % of the rows" in warning.text for warning in plan.warnings)
    other = plan.sections["label"].alternatives[0]
    assert other.setting["weight"] == "balanced"


def test_plan_label_as_told_is_regression(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, table(drawn(["1", "2", "3"])), task="regression")
    assert plan.sections["label"].setting == {"column": "y", "task": "regression"}


@pytest.mark.parametrize(
    ("label", "says"),
    [
        (["p"] * _ROWS, "the label is `p` in all rows"),
        ([""] * _ROWS, "the label is missing in all rows"),
        ([f"name {row}" for row in range(_ROWS)], "300 different values in 300 rows"),
        ([f"c{row % 200}" for row in range(_ROWS)], "200 different values in 300 rows"),
        (["p", "q"] * 149 + ["p", "r"], "1 of 3 classes has one row only"),
        ([f"${row * 7 + 1000:,}" for row in range(_ROWS)], "numbers written as `$"),
        ([f"2024-01-{1 + row % 28:02d}" for row in range(_ROWS)], "the label holds moments"),
        (["yes"], "the table has one row"),
    ],
)
def test_plan_label_that_cannot_be_learned_is_refused(
    tmp_path: Path, label: list[str], says: str
) -> None:
    with pytest.raises(DataError) as caught:
        plan_of(tmp_path, table(label))
    assert says in str(caught.value)
    assert "column `y`" in str(caught.value)


def test_plan_label_of_texts_as_regression_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, table(drawn(["p", "q"])), task="regression")
    assert "the label `y` is no number in all rows" in str(caught.value)


@pytest.mark.parametrize(("rare_rows", "is_refused"), [(1, True), (3, False)])
def test_plan_label_of_large_table_knows_classes_that_no_row_looked_at_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rare_rows: int, is_refused: bool
) -> None:
    monkeypatch.setattr(sampling, "_MOST_CELLS", 10_000)
    monkeypatch.setattr(sampling, "_FIRST_BYTES", 1 << 15)
    monkeypatch.setattr(sampling, "_FEWEST_BYTES", 1 << 10)
    label = random.Random(2).choices(["p", "q"], k=100_000)
    label[1_717 : 1_717 + rare_rows] = ["r"] * rare_rows
    if is_refused:
        with pytest.raises(DataError, match="cannot be learned") as caught:
            plan_of(tmp_path, table(label))
        assert "1 of 3 classes has one row only" in str(caught.value)
        return
    plan = plan_of(tmp_path, table(label))
    assert plan.looked_at < 20_000
    assert plan.sections["label"].setting["classes"] == ["p", "q", "r"]
    assert "fewer than 10 rows: `r` 3" in plan.warnings[0].text


@pytest.mark.parametrize(("task", "values"), [("binary", "pqr"), ("multiclass", "pq")])
def test_plan_label_of_another_number_of_classes_than_asked_for_is_refused(
    tmp_path: Path, task: str, values: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, table(drawn([*values])), task=task)
    assert f"the label `y` has {len(values)} different values" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "values", "positive"),
    [
        ("dead", ["dead", "alive"], "dead"),
        ("Churned", ["churned", "stayed"], "churned"),
        ("is_fraud", ["fraud", "genuine"], "fraud"),
        ("good_bad", ["bad", "good"], "good"),
        ("status", ["dead", "alive"], "alive"),
    ],
)
def test_plan_label_called_after_a_class_takes_it_as_positive(
    tmp_path: Path, name: str, values: list[str], positive: str
) -> None:
    columns = table(drawn(values))
    columns[name] = columns.pop("y")
    plan = plan_table(str(written(tmp_path / "table.csv", columns)), name)
    assert plan.sections["label"].setting["classes"][1] == positive


def test_plan_label_whose_classes_differ_by_spelling_says_so(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, table(drawn(["yes", "Yes ", "no"])))
    (finding,) = [each for each in plan.warnings if "capital letters" in each.text]
    assert "`Yes `, `yes`" in finding.text
    plan = plan_of(tmp_path, table(drawn(["yes", "yep", "no"])))
    assert not [each for each in plan.warnings if "capital letters" in each.text]


def test_plan_label_whose_comma_says_nothing_says_what_it_is(tmp_path: Path) -> None:
    rng = random.Random(6)
    plan = plan_of(tmp_path, table([f"{rng.randrange(1000, 99_999):,}" for _ in range(_ROWS)]))
    csv = plan.sections["data.csv"]
    assert csv.setting == {"thousands": ","}
    assert csv.alternatives[0].setting == {"decimal": ","}
    plan = plan_of(tmp_path, table([f"{rng.uniform(1000, 9999):,.2f}" for _ in range(_ROWS)]))
    assert "data.csv" not in plan.sections


def test_plan_label_of_three_rows_asks_for_more_of_each_class(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        plan_of(tmp_path, table(["a", "b", "c"]))
    assert caught.value.problems[0].allowed == "two rows of each class on average, better a hundred"
    with pytest.raises(DataError) as caught:
        plan_of(tmp_path, table([f"name {row % 1001}" for row in range(2500)]))
    assert caught.value.problems[0].allowed == "up to 1,000 classes"
