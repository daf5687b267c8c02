"""Rows that travel with a model: written, read, and compared with what it answers now."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.modules.smoke_rows import (
    TOLERANCE,
    SmokeRows,
    compare_answers,
    difference,
    read_smoke_rows,
    shown,
    write_smoke_rows,
)


def test_smoke_rows_read_what_was_written(tmp_path):
    rows = SmokeRows(
        [
            {"miles": 3.2, "area": 8, "company": 'Ü "x"'},
            {"miles": math.nan, "area": 1, "company": ""},
        ],
        [
            {"probabilities": [0.25, 0.75], "class": "b"},
            {"probabilities": [1.0, 0.0], "class": "a"},
        ],
    )
    path = Path(write_smoke_rows(tmp_path, rows))
    assert path == tmp_path / "assets.extra/smoke_rows.json"
    assert [x.name for x in path.parent.iterdir()] == ["smoke_rows.json"]
    found = read_smoke_rows(tmp_path)
    assert found.predictions == rows.predictions
    assert found.instances[0] == rows.instances[0]
    assert math.isnan(found.instances[1]["miles"])


def test_read_smoke_rows_model_without_any_raises(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_smoke_rows(tmp_path)


@pytest.mark.parametrize(
    "content",
    [{"instances": []}, {"instances": [{}], "predictions": []}, {"rows": []}],
)
def test_read_smoke_rows_other_content_raises(tmp_path, content):
    path = tmp_path / "assets.extra/smoke_rows.json"
    path.parent.mkdir()
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"smoke_rows\.json"):
        read_smoke_rows(tmp_path)


@pytest.mark.parametrize(
    ("expected", "received", "size"),
    [
        (0.5, 0.5, 0),
        (0.5, 0.5001, 1e-4),
        (2000.0, 2001.0, 1 / 2000),  # relative above 1
        (3, 4.5, 0.5),
        ([0.25, 0.75], [0.25, 0.7], 0.05),
        ("yes", "yes", 0),
        ("yes", "no", 1),
        (["a", "b"], ["a", "c"], 1),
        (0.5, math.nan, math.inf),
        (math.nan, math.nan, math.inf),
        (0.5, "0.5", math.inf),
        ("0.5", 0.5, math.inf),
        (0.5, None, math.inf),
        (0.5, [0.5], math.inf),
        ([0.5, 0.5], [0.5], math.inf),
        ([1.0, 2.0], [[1.0], [2.0, 3.0]], math.inf),
        ([], [], 0),
    ],
)
def test_difference_of_values_is_measured(expected: Any, received: Any, size: float) -> None:
    assert difference(expected, received) == pytest.approx(size, rel=1e-6)


def test_compare_answers_alike_gives_the_largest_difference() -> None:
    predictions = [{"value": 1.0, "name": "a"}, {"value": 2.0, "name": "b"}]
    answers = [{"value": 1.0, "name": "a", "more": 1}, {"value": 2.00001, "name": "b"}]
    found = compare_answers(predictions, answers)
    assert (found.rows, found.mismatch) == (2, None)
    assert 0 < found.largest_difference <= TOLERANCE


def test_compare_answers_unlike_names_the_first_row_and_its_output() -> None:
    predictions = [{"value": 1.0, "name": "a"}] * 3
    answers: list[dict[str, Any]] = [
        {"value": 1.0, "name": "a"},
        {"value": 1.0, "name": "b"},
        {"value": 9.0},
    ]
    found = compare_answers(predictions, answers)
    assert found.largest_difference == math.inf
    assert found.mismatch is not None
    assert (found.mismatch.row, found.mismatch.output) == (1, "name")
    assert (found.mismatch.received, found.mismatch.expected) == ("b", "a")


def test_compare_answers_fewer_of_them_raises() -> None:
    with pytest.raises(ValueError, match="shorter"):
        compare_answers([{"value": 1.0}, {"value": 1.0}], [{"value": 1.0}])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123456789, "0.123457"),
        ([1e-8, 2.0, "a"], "[1e-08, 2, 'a']"),
        (None, "None"),
        ([1.5] * 99, "[" + "1.5, " * 11 + "1.5,…"),
    ],
)
def test_shown_is_short(value: Any, text: str) -> None:
    assert shown(value) == text
