from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.reading.sql.answers import answer, refusal, types

LATE = 20_000  # rows before the first cell of another type; the driver looks at 8,192


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/a%20table.db"


def fill(url: str, *columns: Sequence[Any]) -> None:
    """Write columns a, b, … without types."""
    names = ", ".join("abcdef"[: len(columns)])
    with sqlite3.connect(url.removeprefix("sqlite:///").replace("%20", " ")) as database:
        database.execute(f"CREATE TABLE t ({names})")
        places = ", ".join("?" * len(columns))
        database.executemany(f"INSERT INTO t VALUES ({places})", zip(*columns, strict=True))


def test_answer_of_sqlite_has_the_types_of_all_cells(url: str) -> None:
    none: list[Any] = [None] * LATE
    fill(
        url,
        [*range(LATE), 7],
        [*none, 0.5],
        [*range(LATE), 0.5],
        [*none, "x"],
        [*range(LATE), "x"],
        [*none, b"\0\xff"],
    )
    table = answer(url, "SELECT * FROM t ORDER BY rowid;")
    assert types(table) == {
        "a": "int64",
        "b": "double",
        "c": "double",
        "d": "string",
        "e": "string",
        "f": "binary",
    }
    assert table.num_rows == LATE + 1
    assert table.slice(LATE - 1).to_pydict() == {
        "a": [LATE - 1, 7],
        "b": [None, 0.5],
        "c": [LATE - 1, 0.5],
        "d": [None, "x"],
        "e": [str(LATE - 1), "x"],
        "f": [None, b"\0\xff"],
    }


def test_blank_texts_beside_numbers_are_missing_as_in_a_csv_file(url: str) -> None:
    fill(url, ["", 1, " ", 2], ["", 0.5, 1, None], ["", "x", None, "y"])
    assert answer(url, "SELECT * FROM t").to_pydict() == {
        "a": [None, 1, None, 2],
        "b": [None, 0.5, 1.0, None],
        "c": ["", "x", None, "y"],
    }


def test_answer_without_rows_has_the_columns(url: str) -> None:
    fill(url, [1], [2])
    table = answer(url, "SELECT a, b FROM t WHERE a > 1 -- none")
    assert table.num_rows == 0 and table.column_names == ["a", "b"]


@pytest.mark.parametrize("count", [1, 8191, 8192, 8193, 20_000])
def test_answer_keeps_the_order_of_the_query(url: str, count: int) -> None:
    fill(url, [number * 7919 % 100_003 for number in range(count)])
    found = answer(url, "SELECT a FROM t ORDER BY a DESC").column("a").to_pylist()
    assert found == sorted(found, reverse=True) and len(found) == count


@pytest.mark.parametrize(
    ("cells", "received"),
    [
        ([1.5, "NA", 2], "1 whole number, 1 fraction, 1 text, e.g. 'NA'"),
        ([1.5, 2**53 + 1], "1 whole number, 1 fraction, one of them beyond 2**53"),
        ([1.5, -(2**63)], "1 whole number, 1 fraction, one of them beyond 2**53"),
        (["x", b"x"], "1 text, 1 blob, e.g. 'x'"),
    ],
)
def test_cells_whose_types_have_none_in_common_are_refused(
    url: str, cells: Sequence[Any], received: str
) -> None:
    fill(url, cells)
    problem = refusal(url, "SELECT a AS fare FROM t")
    assert problem.what == "the cells of `fare` have types that have none in common"
    assert str(problem.received).startswith(received)
    assert 'CAST("fare" AS TEXT)' in str(problem.next_step)
    as_text = answer(url, 'SELECT CAST(a AS TEXT) AS "fare" FROM t')
    assert types(as_text) == {"fare": "string"}


def test_text_that_is_not_utf_8_is_refused_with_its_row(url: str) -> None:
    fill(url, ["x", "y"])
    problem = refusal(url, "SELECT a FROM t UNION ALL SELECT CAST(x'ff61' AS TEXT)")
    assert problem.what == "row 3 of `a` is not UTF-8 text"
    assert problem.received == r"b'\xffa'"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT * FROM nowhere", "no such table: nowhere"),
        ("SELEC 1", 'near "1": syntax error'),
        ("SELECT 1; DELETE FROM t", 'near ";": syntax error'),
        ("DELETE FROM t", 'near "DELETE": syntax error'),
        ("SELECT a, a FROM t", "2 columns have the name `a`"),
    ],
)
def test_query_that_fails_is_told_in_the_words_of_sqlite(url: str, text: str, said: str) -> None:
    fill(url, [1])
    problem = refusal(url, text)
    assert said in problem.what and "prepare query" not in problem.what
    assert answer(url, "SELECT a FROM t").num_rows == 1


def test_many_columns_are_read(url: str) -> None:
    cells = ", ".join(f"{number} AS c{number}" for number in range(1990))
    fill(url, [1])
    assert answer(url, f"SELECT {cells} FROM t").num_columns == 1990


def test_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("no database, " * 99, encoding="utf-8")
    problem = refusal(f"sqlite:///{tmp_path}/x.db", "SELECT 1 FROM t")
    assert "file is not a database" in problem.what
