"""Rows from CSV, JSON and words, typed by a signature like that of the taxi model."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.commands.asking.row_files import RawRow, read_rows
from tfx_pipeline.commands.asking.typed_rows import row_of_words, typed_rows
from tfx_pipeline.deployment.client import DataType
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.serving.types import TensorSpec

INPUTS = {
    "fare": TensorSpec("fare:0", DataType.DT_FLOAT, (-1,)),
    "company": TensorSpec("company:0", DataType.DT_STRING, (-1,)),
    "trip_start_hour": TensorSpec("hour:0", DataType.DT_INT64, (-1,)),
}


def typed(value: Any, dtype: int, shape: tuple[int, ...] = (-1,)) -> Any:
    rows = [RawRow("row 1", {"x": value})]
    (row,) = typed_rows(rows, {"x": TensorSpec("x:0", dtype, shape)})
    return row["x"]


def test_read_rows_of_the_shipped_table_types_its_first_rows(repository: Path) -> None:
    rows = typed_rows(read_rows(str(repository / "data/taxi/data.csv")), INPUTS)
    assert next(rows) == {
        "fare": 5.85,
        "company": "Taxi Affiliation Services",
        "trip_start_hour": 1,
    }
    assert next(rows)["company"] == "Dispatch Taxi Affiliation"


def test_row_of_words_leaves_the_others_missing() -> None:
    row = row_of_words(["fare=12.5", "trip_start_hour=7"], INPUTS)
    (values,) = typed_rows([row], INPUTS)
    assert values == {"fare": 12.5, "company": "", "trip_start_hour": 7}


def test_row_of_words_takes_names_and_values_with_equals_signs() -> None:
    inputs = dict.fromkeys(("a", "a=b", "_mass: $g=%"), INPUTS["company"])
    row = row_of_words(["a=b=c=d", "_mass: $g=%=5", "a=x"], inputs)
    assert row.values == {"a=b": "c=d", "_mass: $g=%": "5", "a": "x"}


def test_row_of_words_names_the_nearest_input() -> None:
    with pytest.raises(ConfigError) as caught:
        row_of_words(["fair=1", "company"], INPUTS)
    assert "did you mean `fare`?" in str(caught.value)
    assert "name=value" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        ("1.5", DataType.DT_FLOAT, 1.5),
        (" 2 ", DataType.DT_DOUBLE, 2.0),
        (3, DataType.DT_FLOAT, 3.0),
        ("7", DataType.DT_INT64, 7),
        ("7.0", DataType.DT_INT32, 7),
        (7.0, DataType.DT_INT64, 7),
        ("9007199254740993", DataType.DT_INT64, 9007199254740993),
        (" x ", DataType.DT_STRING, " x "),
        (None, DataType.DT_STRING, ""),
        ("7", DataType.DT_STRING, "7"),
        ("True", DataType.DT_BOOL, True),
        ("0", DataType.DT_BOOL, False),
        (True, DataType.DT_BOOL, True),
    ],
)
def test_typed_rows_gives_what_the_model_takes(value: Any, dtype: int, expected: Any) -> None:
    found = typed(value, dtype)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("value", ["", " ", "NaN", None, float("nan")])
def test_typed_rows_sends_a_missing_number_as_nan(value: Any) -> None:
    assert math.isnan(typed(value, DataType.DT_FLOAT))


def test_typed_rows_follows_the_shape() -> None:
    assert typed("1", DataType.DT_FLOAT, (-1, 1)) == [1.0]
    assert typed("[1, 2]", DataType.DT_FLOAT, (-1, 2)) == [1.0, 2.0]
    assert typed([["a"]], DataType.DT_STRING, (-1, 1, 1)) == [["a"]]


@pytest.mark.parametrize(
    ("value", "dtype", "shape", "allowed"),
    [
        ("cheap", DataType.DT_FLOAT, (-1,), "a number"),
        (True, DataType.DT_FLOAT, (-1,), "a number"),
        ("7.5", DataType.DT_INT64, (-1,), "a whole number"),
        ("", DataType.DT_INT64, (-1,), "no way to be missing"),
        ("inf", DataType.DT_INT64, (-1,), "a whole number"),
        (7, DataType.DT_STRING, (-1,), "a text"),
        ("yes", DataType.DT_BOOL, (-1,), "true or false"),
        ("1", DataType.DT_FLOAT, (-1, 3), "a list of 3 values, as JSON"),
        ("[1", DataType.DT_FLOAT, (-1, 3), "a list as JSON"),
    ],
)
def test_typed_rows_of_a_wrong_value_says_where_and_what_is_allowed(
    value: Any, dtype: int, shape: tuple[int, ...], allowed: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        typed(value, dtype, shape)
    text = str(caught.value)
    assert "row 1: `x` has a value that cannot be used" in text
    assert f"received {value!r}" in text
    assert allowed in text


def test_typed_rows_without_a_column_names_the_nearest() -> None:
    rows = [RawRow("row 4", {"fares": 1, "company": "", "trip_start_hour": 1})]
    with pytest.raises(ConfigError) as caught:
        list(typed_rows(rows, INPUTS))
    assert "row 4: there is no column `fare`, which the model takes" in str(caught.value)
    assert "did you mean `fares`?" in str(caught.value)


def test_typed_rows_without_a_column_suggests_no_column_that_is_used_already() -> None:
    inputs = dict.fromkeys(("trip_miles", "trip_seconds"), INPUTS["fare"])
    with pytest.raises(ConfigError) as caught:
        list(typed_rows([RawRow("row 1", {"trip_miles": 1})], inputs))
    assert "there is no column `trip_seconds`" in str(caught.value)
    assert "did you mean" not in str(caught.value)


def test_typed_rows_with_many_problems_says_how_many_more() -> None:
    inputs = {f"x{number}": INPUTS["fare"] for number in range(13)}
    with pytest.raises(ConfigError) as caught:
        list(typed_rows([RawRow("row 1", {})], inputs))
    assert len(caught.value.problems) == 11
    assert "3 more problems in this row" in str(caught.value)


@pytest.mark.parametrize(
    "mark", ["NA", "n/a", "NULL", "null", "None", "?", "-", ".", "\\N", " NaN "]
)
def test_typed_rows_takes_the_marks_of_missing_numbers_as_training_does(mark: str) -> None:
    assert math.isnan(typed(mark, DataType.DT_FLOAT))
    assert typed(mark, DataType.DT_STRING) == mark  # there it is a category of its own
    with pytest.raises(ConfigError, match="cannot be sent"):
        typed(mark, DataType.DT_INT64)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9007199254740993", 2**53 + 1),
        ("9007199254740993.0", 2**53 + 1),
        ("-9223372036854775808", -(2**63)),
        ("9223372036854775807", 2**63 - 1),
        ("1e3", 1000),
        ("+7", 7),
        ("007", 7),
        ("7.", 7),
    ],
)
def test_typed_rows_sends_whole_numbers_exactly(text: str, expected: int) -> None:
    assert typed(text, DataType.DT_INT64) == expected


@pytest.mark.parametrize(
    "text", ["9223372036854775808", "1e20", "1e999", "1e9999", "1_0", "٣", "0x10", "7.5", "1e-3"]
)
def test_typed_rows_refuses_whole_numbers_that_would_change(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        typed(text, DataType.DT_INT64)
    assert "a whole number" in str(caught.value) or "a number" in str(caught.value)


@pytest.mark.parametrize("text", ["1_0", "٣", "0x10", "1,5", "1 000", "--1", "one"])
def test_typed_rows_refuses_numbers_that_training_would_not_read(text: str) -> None:
    with pytest.raises(ConfigError, match="cannot be sent"):
        typed(text, DataType.DT_FLOAT)


@pytest.mark.parametrize(
    ("word", "name", "value"),
    [("a=b=c", "a=b", "c"), ("a=c", "a", "c"), ("a=b=", "a=b", ""), ("x y=1=2", "x y", "1=2")],
)
def test_row_of_words_takes_the_longest_name_that_fits(word: str, name: str, value: str) -> None:
    inputs = {each: TensorSpec("x:0", DataType.DT_STRING, (-1,)) for each in ("a", "a=b", "x y")}
    assert row_of_words([word], inputs).values[name] == value
