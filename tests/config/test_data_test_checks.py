"""Tests of the data that cannot be run are refused before the table is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfx_pipeline.config.loader import load_config
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.runners.input_table import check_rows

CONFIG = """\
name: trips
data:
  path: trips.csv
  tests:
    - TEST
label: {column: tips, task: binary, rule: tips > 0.2 * fare}
features:
  fare: {kind: numeric}
  words: {kind: text}
  payment: {kind: categorical}
"""


def refusal(folder: Path, test: str) -> str:
    (folder / "t.yaml").write_text(CONFIG.replace("TEST", test), encoding="utf-8")
    (folder / "own.py").write_text("def good(batch):\n    return batch\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        check_rows(load_config(folder / "t.yaml"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("fare >", "t.yaml:5: a test cannot be read\n    received fare >"),
        ("fare + 1", "t.yaml:5: a test must be true or false"),
        ("fare == 'x'", "t.yaml:5: `fare` is a number (features.fare), and a test compares"),
        ("words > 3", "t.yaml:5: `words` is text (features.words), and a test computes with it"),
        ("missing(fare, 1)", "t.yaml:5: a test cannot be read"),
        ("{in_file: {column: payment, file: none.csv}}", "t.yaml:5: no such file"),
        (
            "{function: {name: own.goood, columns: fare}}",
            "t.yaml:5: the test's function: `own.py` defines no function `goood`\n"
            "    allowed  good\n    next     did you mean `good`?",
        ),
        (
            "{function: {name: other.good, columns: fare}}",
            "t.yaml:5: the test's function: no module `other`",
        ),
        (
            "{unique: id, fresh: {column: a, max_age: 1 day}}",
            "t.yaml:5: `data.tests.0`: a test is one of expression, unique, fresh, in_file and"
            " function: here unique and fresh",
        ),
        ("{severity: warn}", "and function: here none"),
        ("{fresh: {column: a, max_age: 7}}", "a number and a unit, e.g. 7 days, 36 hours"),
        ("{unique: id, max_bad_share: 2}", "`data.tests.0.max_bad_share`"),
        ("{unque: id}", "did you mean `unique`?"),
    ],
)
def test_test_that_cannot_be_run_is_refused_before_the_table_is_read(
    tmp_path: Path, test: str, expected: str
) -> None:
    assert expected in refusal(tmp_path, test)  # there is no table


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("fere >= 0", "t.yaml:5: `fere` in a test is not a column of the table"),
        ("present(`pay ment`)", "t.yaml:5: `pay ment` in a test is not a column of the table"),
        ("{unique: [payment, fere]}", "next     did you mean `fare`?"),
    ],
)
def test_column_of_a_test_that_is_not_there_is_refused_with_the_nearest_name(
    tmp_path: Path, test: str, expected: str
) -> None:
    (tmp_path / "trips.csv").write_text("fare,tips,words,payment\n1,2,a,b\n")
    assert expected in refusal(tmp_path, test)
