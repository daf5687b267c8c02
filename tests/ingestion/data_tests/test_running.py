"""What rows break tests, of each kind, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.ingestion.conftest import problems_of
from tests.ingestion.data_tests.conftest import Run, bad_rows, holds
from tfx_pipeline.ingestion.needs import DataTest, IsFresh, IsInFile, IsUnique, OwnFunction

ROWS = "fare,paid,name\n1,2,a\n-1,,b\n,3,\nNA,-4,a\n0.1,1e2,c\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fare >= 0", [1]),
        ("fare >= 0 and paid > 0", [1, 3]),
        ("fare >= 0 or paid > 0", []),
        ("present(fare)", [2, 3]),
        ("present(fare) and fare > 0", [1, 2, 3]),
        ("missing(fare) or fare == 0.1", [0, 1]),
        ("name != 'a'", [0, 3]),
        ("present(name) and name == 'a'", [1, 2, 4]),
        ("not (name == 'b' and fare < 0)", [1]),
        ("0 <= fare <= 0.1", [0, 1]),
        ("paid < 1e3 * fare", [4]),
    ],
)
def test_run_expression_finds_the_rows_that_break_it(
    run: Run, text: str, expected: list[int]
) -> None:
    table = run(ROWS, holds(text), fare="number", paid="number", name="category")
    assert problems_of(table)[: bool(not expected)] == []
    assert bad_rows(table.tests[0]) == expected
    assert table.tests[0].facts() == {
        "rule": text,
        "severity": "error",
        "rows": 5,
        "broken": len(expected),
        "share": len(expected) / 5,
        "max_bad_share": 0.0,
        "kept": not expected,
    }


def test_check_broken_test_names_rule_count_share_rows_and_what_to_do(run: Run) -> None:
    rows = "".join(f"{-i if i > 995 else i},x\n" for i in range(1000))
    table = run("fare,b\n" + rows, holds("fare >= 0"), fare="number")
    assert problems_of(table) == [
        "t.yaml:3: 4 of 1,000 rows (0.4 %) break `fare >= 0`\n"
        "    received t.csv:998: fare = '-996'; t.csv:999: fare = '-997';"
        " t.csv:1000: fare = '-998'\n"
        "    allowed  0 % of the rows (max_bad_share of the test)\n"
        "    next     mend the rows; or put them aside: data.on_bad_row: quarantine; or let them"
        " pass: max_bad_share: 0.004, or severity: warn"
    ]
    assert table.refused


@pytest.mark.parametrize(
    ("more", "why"),
    [({"is_error": False}, "of severity warn"), ({"max_bad_share": 0.2}, "within its max_bad")],
)
def test_check_warning_or_share_that_may_be_bad_is_noted(
    run: Run, more: dict[str, Any], why: str
) -> None:
    table = run(ROWS, holds("fare >= 0", **more), fare="number")
    assert problems_of(table) == []
    assert table.notes[-2] == "data tests: 0 of 1 hold in all 5 rows"
    assert table.notes[-1].startswith(f"1 of 5 rows (20 %) breaks `fare >= 0` ({why}")
    assert table.notes[-1].endswith("t.csv:3: fare = '-1'")


def test_run_expression_of_32_bit_floats_computes_with_what_is_written(run: Run) -> None:
    table = run("a\n16777217.5\n0.1\n", holds("a != 16777216 and a == 0.1"), a="number")
    assert [plan.type for plan in table.plans] == ["float32"]
    assert bad_rows(table.tests[0]) == [0]


def test_run_unique_key_of_columns_passes_over_missing_values(run: Run) -> None:
    test = DataTest("unique: a, b", IsUnique(), ("a", "b"))
    table = run("a,b\n1,x\n1,y\n1,x\n,x\n,x\n2,x\n01,x\n1,y\n", test, a="number")
    assert bad_rows(table.tests[0]) == [2, 6, 7]


def test_run_unique_whole_numbers_are_not_merged(run: Run) -> None:
    test = DataTest("unique: a", IsUnique(), ("a",))
    table = run("a\n9007199254740993\n9007199254740992\n0.5\n", test, a="number")
    assert [plan.type for plan in table.plans] == ["float32"]
    assert bad_rows(table.tests[0]) == [1]  # as 64-bit floats; as 32-bit ones there are no others
    table = run("a\n16777217\n16777216\n0.5\n", test, a="number")
    assert bad_rows(table.tests[0]) == []


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("2026-11-28\n2026-11-20\n", ""),
        ("2026-11-21\n2026-11-20T10:00Z\n", "the newest row is 8 days old"),
        ("1796000000\n5\n", ""),
        ("1795500000\n", "the newest row is 7.722 days old"),
        ("\n", "`t` has no value in any row"),
    ],
)
def test_run_fresh_judges_the_newest_row_by_the_clock_that_is_given(
    run: Run, rows: str, expected: str
) -> None:
    now_s = 1796169600.0 - 2400.0  # 2026-11-29, about midnight
    if "-" in rows:
        now_s = 1795910400.0
    test = DataTest("t no older than 7 days", IsFresh(7 * 86_400, "s", now_s), ("t",), "t.yaml:3")
    table = run("t,b\n" + rows.replace("\n", ",\n"), test)
    assert table.tests[0].stale == expected
    found = [text for text in problems_of(table) if "no older" in text]
    assert len(found) == bool(expected)


def test_run_fresh_of_what_is_no_moment_says_so(run: Run) -> None:
    test = DataTest("t is fresh", IsFresh(60, "s", 0.0), ("t",), "t.yaml:3")
    (problem,) = problems_of(run("t,b\n2026-01-31,\n31/01/2026,\n", test))
    assert problem.startswith("t.yaml:3: `t` holds what is no moment, so its age is not known")
    assert "'31/01/2026'" in problem


def test_run_in_file_finds_values_that_do_not_stand_there(run: Run, tmp_path: Path) -> None:
    (tmp_path / "known.tsv").write_text("id\tname\n01\ta\n3\tc\n2\t\n")
    of_names = DataTest("name", IsInFile(tmp_path / "known.tsv", "name"), ("name",))
    of_ids = DataTest("id", IsInFile(tmp_path / "known.tsv", "id"), ("id",))
    table = run("id,name\n1,a\n4,b\n,\n3,c\n2,A\n", of_names, of_ids, id="number", name="category")
    assert [bad_rows(result) for result in table.tests] == [[1, 4], [1]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("b\n1\n", "`id` is not a column of known.csv"),
        ("id\nx\n", "`id` of known.csv is not of the type of `id`"),
        ("id\n", "known.csv has no rows"),
        ("id\n1,2\n", "a row of known.csv has a wrong number of cells"),
        (None, "known.csv: it cannot be read"),
    ],
)
def test_run_in_file_that_cannot_be_used_says_why(
    run: Run, tmp_path: Path, content: str | None, expected: str
) -> None:
    if content is not None:
        (tmp_path / "known.csv").write_text(content)
    test = DataTest("id", IsInFile(tmp_path / "known.csv", "id"), ("id",), "t.yaml:3")
    (problem,) = problems_of(run("id\n1\n2\n", test, id="number"))
    assert expected in problem


def _numpy(batch: pa.RecordBatch) -> Any:
    return batch.column("fare").to_numpy(zero_copy_only=False) > 0  # NaN is not


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (_numpy, [1, 2, 3]),
        (lambda batch: pa.array([True, None, False, True, True]), [2]),
        (lambda batch: np.array([x == "a" for x in batch.column("name").to_pylist()]), [1, 2, 4]),
    ],
)
def test_run_own_function_gets_typed_columns(run: Run, call: Any, expected: list[int]) -> None:
    test = DataTest("own", OwnFunction("own.good", call), ("fare", "name"))
    table = run(ROWS, test, fare="number", name="category")
    assert bad_rows(table.tests[0]) == expected


def _fails(batch: pa.RecordBatch) -> Any:
    raise KeyError("speed")


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda batch: np.ones(4, bool), "received bool [4]"),
        (lambda batch: np.ones(5), "received float64 [5]"),
        (lambda batch: pa.array([1] * 5), "received int64 [5]"),
        (lambda batch: None, "received NoneType"),
        (_fails, f"KeyError: 'speed' ({__file__}:"),
    ],
)
def test_run_own_function_that_answers_otherwise_is_an_error(
    run: Run, call: Any, expected: str
) -> None:
    test = DataTest("own", OwnFunction("own.good", call), ("fare",), "t.yaml:3")
    (problem,) = problems_of(run(ROWS, test, fare="number"))
    assert problem.startswith("t.yaml:3: `own.good`")
    assert expected in problem


def test_run_tests_of_parquet_are_those_of_csv(run: Run, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    columns = {"a": pa.array([1, 2, 2, None]), "f": pa.array([0.1, -1.0, None, 3.0], pa.float32())}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    from dataclasses import replace

    from tests.ingestion.conftest import table_needs
    from tfx_pipeline.ingestion.table_reading import read_table

    tests = (DataTest("unique: a", IsUnique(), ("a",)), holds("f == 0.1 or f == 3"))
    table = read_table(tmp_path, replace(table_needs(a="number", f="number"), tests=tests))
    assert [bad_rows(result) for result in table.tests] == [[2], [1]]
    assert "f = '-1.0'" in problems_of(table)[1]
