"""One reading of a table: what it holds, and what is refused, where."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.conftest import Read, problems_of, staged_rows, table_needs
from tfx_pipeline.ingestion import table as table_module
from tfx_pipeline.ingestion.checks.table_checks import check_table
from tfx_pipeline.ingestion.needs import LabelNeeds, SplitNeeds
from tfx_pipeline.ingestion.table_reading import read_table


def replace_in_line(path: Path, line: int, column: str, value: str) -> None:
    rows = [text.split(",") for text in path.read_text().splitlines()]
    rows[line - 1][rows[0].index(column)] = value
    path.write_text("".join(",".join(row) + "\n" for row in rows))


def first_lines(problems: list[str], folder: Path) -> list[str]:
    return [text.replace(f"{folder}/", "").splitlines()[0] for text in problems]


def test_read_taxi_tells_types_and_missing_values(repository: Path) -> None:
    table = read_table(repository / "data/taxi")
    columns = {column.name: column for column in table.columns}
    types = {plan.name: plan.type for plan in table.plans}
    assert (table.rows, len(table.header), table.problems) == (10_000, 18, ())
    assert {name: column.missing for name, column in columns.items() if column.missing} == {
        "dropoff_latitude": 393,
        "dropoff_longitude": 393,
        "pickup_census_tract": 10_000,
        "dropoff_census_tract": 2_978,
        "company": 3_462,
        "trip_seconds": 2,
        "dropoff_community_area": 412,
    }
    assert types["trip_start_timestamp"] == "int64"
    assert types["fare"] == "float32"
    assert types["company"] == "string"
    assert types["dropoff_census_tract"] == "int64"  # 17031081800.0, which a float32 merges


@pytest.mark.parametrize(("name", "rows"), [("taxi", 10_000), ("penguins", 344), ("ames", 2_930)])
def test_read_shipped_data_finds_no_problem(repository: Path, name: str, rows: int) -> None:
    table = read_table(repository / "data" / name)
    assert (table.rows, table.problems, table.notes, len(table.files)) == (rows, (), (), 1)


def test_check_several_mistakes_reports_all_at_once(taxi: Path) -> None:
    replace_in_line(taxi / "data.csv", 17, "fare", "free")
    replace_in_line(taxi / "data.csv", 30, "fare", "gratis")
    replace_in_line(taxi / "data.csv", 21, "trip_miles", "1e39")
    replace_in_line(taxi / "data.csv", 22, "trip_miles", "-inf")
    replace_in_line(taxi / "data.csv", 5, "tips", "0.0,1")
    found = problems_of(
        read_table(taxi, table_needs(fare="number", trip_miles="number", tips="number"))
    )
    assert first_lines(found, taxi) == [
        "data.csv:5: 19 cells in this row",
        "data.csv:17: `fare` has 2 values that cannot be read as a number",
        "data.csv:21: `trip_miles` has 2 values that no model can use",
    ]
    assert f"'free', 'gratis' at {taxi}/data.csv:30" in found[1]
    assert "'1e39'" in found[2]


def test_check_many_ragged_rows_lists_five_and_counts_the_rest(read: Read) -> None:
    table = read(b"a,b\n1,2\n" + b"1\n" * 7 + b"1,2\n")
    assert [text.splitlines()[0] for text in problems_of(table)] == [
        *(f"table.csv:{line}: 1 cell in this row" for line in range(3, 8)),
        "2 more rows have a wrong number of cells",
    ]
    assert table.rows == 2


def test_check_ragged_rows_beside_text_in_a_number_names_both(read: Read) -> None:
    table = read("a,b\n1,x\n2\nthree,z\n\n4,5,6\n", a="number")
    assert [text.splitlines()[0] for text in problems_of(table)] == [
        "table.csv:3: 1 cell in this row",
        "table.csv:6: 3 cells in this row",
        "table.csv:4: `a` has 1 value that cannot be read as a number",
    ]


def test_check_line_after_embedded_newline_is_the_editors_line(read: Read) -> None:
    table = read(b'a,b\n1,"x\ny\n"\n\n2,3,4\nfive,6\n', a="number")
    assert [text.splitlines()[0] for text in problems_of(table)] == [
        "table.csv:6: 3 cells in this row",
        "table.csv:7: `a` has 1 value that cannot be read as a number",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "table.csv: an empty file"),
        (b"\xef\xbb\xbf", "table.csv: an empty file"),
        (b"\n\n", "table.csv: an empty file"),
        (b",,\n1,2,3\n", "table.csv: the first line has no names of columns"),
        (b"a,b,c\n", "table.csv: there is a header and no rows"),
        (b"a,b,a\n1,2,3\n", "table.csv:1: 2 columns have the name `a`"),
        (b"a,,b\n1,2,3\n", "table.csv:1: a column without a name\n    received column 2"),
        (b'a,b\n1,2\n3,"x\n4,5\n', "table.csv:3: a quoted cell that begins here is never closed"),
        (b'a,b\n1,"x"y\n', "table.csv:2: a quote is closed in the middle of a cell"),
        (b'"a,b\n1,2\n', "table.csv:1: a quoted cell that begins here is never closed"),
        (b"a,b\x07\n1,2\n", "table.csv:1: a name of a column holds what no name can"),
    ],
)
def test_check_unreadable_file_says_why_and_where(
    read: Read, content: bytes, expected: str
) -> None:
    found = problems_of(read(content))
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_read_cell_beyond_pythons_field_limit_is_read(read: Read) -> None:
    table = read("a,b\n1," + "x" * 200_000 + "\n2,y\n", a="number")
    assert (table.rows, problems_of(table)) == (2, [])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_read_unreadable_permission_is_named(taxi: Path) -> None:
    (taxi / "data.csv").chmod(0)
    assert "it cannot be read\n    received Permission" in problems_of(read_table(taxi))[0]


def test_read_files_with_other_headers_are_refused(read: Read, tmp_path: Path) -> None:
    read(b"a,b\n1,2\n", "1.csv")
    read(b"a,c\n1,2\n", "2.csv")
    read(b"a,b,b\n1,2\n", "3.csv")
    read(b'"a", b\n1,2\n', "4.csv")
    assert [text.splitlines()[:2] for text in problems_of(read_table(tmp_path))] == [
        ["2.csv:1: its columns are not those of 1.csv", "    received without b and with c"],
        [
            "3.csv:1: its columns are not those of 1.csv",
            "    received another order or number of the same names",
        ],
    ]


def test_read_files_with_columns_in_another_order_are_read_by_their_names(
    read: Read, tmp_path: Path
) -> None:
    (tmp_path / "t").mkdir()
    read(b"a,b,c\n1,x,\n2,y,0.5\n", "t/1.csv")
    read(b"c,a,b\n1.5,3,z\n,4,\n", "t/2.csv")
    read(b",b,c,a\n0,w,7.5,5\n", "t/3.csv")
    table = read_table(tmp_path / "t", table_needs(a="number", b="category", c="number"))
    assert [text.splitlines()[0] for text in problems_of(table)] == [
        "t/3.csv:1: its columns are not those of 1.csv"
    ]
    (tmp_path / "t/3.csv").unlink()
    table = read_table(tmp_path / "t", table_needs(a="number", b="category", c="number"))
    assert table.notes == ("2.csv: columns in another order than in 1.csv, read by their names",)
    rows = [[1, "x", None], [2, "y", 0.5], [3, "z", 1.5], [4, None, None]]
    assert (table.header, staged_rows(table)) == (("a", "b", "c"), rows)
    assert table.columns[1].first_wrong == []


@pytest.mark.parametrize(
    ("content", "names", "note"),
    [
        (",a,b\n0,1,x\n1,2,y\n", ("a", "b"), "the first column without a name left out"),
        ("a,b,\n1,x,\n2,y,\n", ("a", "b"), "the last column without a name left out"),
        (
            ",a,b,\n0,1,x,\n1,2,y,\n",
            ("a", "b"),
            "the first and the last column without a name left out",
        ),
    ],
)
def test_read_column_without_a_name_at_the_edge_is_left_out(
    read: Read, content: str, names: tuple[str, ...], note: str
) -> None:
    table = read(content, a="number", b="category")
    assert (table.header, table.notes, problems_of(table)) == (names, (note,), [])


@pytest.mark.parametrize(
    "content",
    [
        "39,State-gov,77516\n50,Private,83311\n",
        "39, State-gov, 77516\n50, Private, 83311\n",
        "5.1,3.5,setosa\n4.9,3.0,setosa\n",
        "1;Private;2\n3;Private;4\n",
        "1,Private,1\n3,Private,4\n",
        "1\tPrivate\t2\n3\tPrivate\t4\n",
    ],
)
def test_read_table_without_a_header_says_so_alone(read: Read, content: str) -> None:
    found = problems_of(read(content, age="number", work="category"))
    assert len(found) == 1
    assert "the first line looks like a row, not like the names" in found[0]
    assert "data.csv.names" in found[0]


def test_read_names_from_the_configuration_make_the_first_line_a_row(read: Read) -> None:
    table = read(
        "39, State-gov\n50, Private\nx, Private\n",
        csv={"names": ("age", "work")},
        age="number",
        work="category",
    )
    assert (table.header, table.rows) == (("age", "work"), 3)
    assert problems_of(table)[0].startswith("table.csv:3: `age` has 1 value that cannot")


def test_check_header_of_one_name_asks_for_the_delimiter(read: Read) -> None:
    (problem,) = problems_of(read("a^b\n1^2\n", a="number", b="number"))
    assert problem.startswith("table.csv:1: the first line is a single name")
    table = read("a^b\n1^2\n3^4\n", csv={"delimiter": "^"}, a="number", b="number")
    assert (table.header, problems_of(table)) == (("a", "b"), [])


def test_check_column_without_any_value_is_named_with_its_place(read: Read) -> None:
    found = problems_of(read("a,b,c\n1,,\n2,NA,\n", a="number", b="number", c="category"))
    assert [text.splitlines()[0] for text in found] == [
        "t.yaml:2: `b` has no value in any row",
        "t.yaml:3: `c` has no value in any row",
    ]


def test_check_ragged_comment_names_the_setting_that_reads_it(read: Read) -> None:
    text = "a,b\n1,2\n# half way\n3,4\n"
    assert "data.csv.comment: '#'" in problems_of(read(text))[0]
    table = read(text, csv={"comment": "#"}, a="number")
    assert (table.rows, problems_of(table)) == (2, [])


@pytest.mark.parametrize(
    ("rows", "weights", "expected"),
    [
        (1, {"train": 2, "eval": 1}, "there are too few rows for the splits"),
        (3, {"train": 1000, "eval": 1}, "there are too few rows for the splits"),
        (100, {"train": 2, "eval": 1}, None),
        (10_000, {"train": 2, "eval": 1}, None),
    ],
)
def test_check_too_few_rows_for_the_splits_counts_them(
    read: Read, rows: int, weights: dict[str, int], expected: str | None
) -> None:
    table = read("a\n" + "".join(f"{row}\n" for row in range(rows)), splits=weights, a="number")
    found = [str(problem).splitlines() for problem in check_table(table)]
    assert bool(found) == bool(expected)
    if expected:
        assert found[0][0] == f"table.csv: {expected}"
        assert found[0][1].strip().startswith("received train ")


def test_check_of_equal_moments_tells_what_divides_by_time(read: Read) -> None:
    split = SplitNeeds({"train": 2, "eval": 1}, 0, "time", ("a",))
    table = read("a\n" + "5\n" * 100, a="category")
    table = replace(table, needs=replace(table.needs, split=split))
    (problem,) = check_table(table)
    assert problem.received == "train 0, eval 100"
    assert "rows of more moments" in str(problem) and "seed" not in str(problem)


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({}, False),
        ({"csv": {"missing_values": ("1",)}}, True),
        ({"a": "category"}, False),
        ({"a": "text"}, True),
    ],
)
def test_digest_follows_how_the_table_is_read(
    read: Read, change: dict[str, Any], differs: bool
) -> None:
    text = "a,b\n1,x\n2,y\n"
    assert (read(text).digest != read(text, **change).digest) is differs


def test_digest_follows_names_and_bytes(read: Read) -> None:
    first = read("a\n1\n").digest
    assert read("a\n1\n").digest == first
    assert read("a\n2\n").digest != first
    assert read("a\n1\n", "other.csv").digest != first


def test_check_of_many_columns_with_text_reads_the_file_a_few_times(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = table_module.lines_of
    monkeypatch.setattr(table_module, "lines_of", lambda *x: calls.append(x) or original(*x))
    names = [f"c{number}" for number in range(40)]
    rows = [["1"] * 40] * 20 + [["oops"] * 40] * 7
    text = "\n".join(map(",".join, [names, *rows])) + "\n"
    found = problems_of(read(text, **dict.fromkeys(names, "number")))
    assert found[0].startswith("table.csv:22: `c0` has 7 values that cannot be read as a number")
    assert "'oops' at table.csv:26, 2 more" in found[4]
    assert found[5:] == ["35 more columns like these"]
    assert len(calls) == 5


def test_read_line_of_blanks_is_no_row_and_is_not_staged(read: Read) -> None:
    table = read("a,b\n1,x\n   \n\n\t\n2,y\n", a="number")
    assert (problems_of(table), table.rows) == ([], 2)
    assert staged_rows(table) == [[1, "x"], [2, "y"]]
    assert read("a\n1\n   \n2\n", a="number").columns[0].missing == 1


def test_check_rows_that_end_with_a_delimiter_say_so(read: Read) -> None:
    problem = problems_of(read("a;b\n1;2;\n3;4;\n"))[0]
    assert "the rows end with a delimiter, and the header does not" in problem


def test_check_header_without_a_row_says_so_whatever_the_label(read: Read) -> None:
    label = LabelNeeds("b", "binary", place="t.yaml:9")
    (problem,) = problems_of(read("a,b\n", label=label, a="number"))
    assert problem.startswith("table.csv: there is a header and no rows")


@pytest.mark.parametrize("digits", [40, 400, 5000])
@pytest.mark.parametrize("fraction", ["", ".0"])
def test_check_whole_number_too_large_for_any_model_is_refused(
    read: Read, digits: int, fraction: str
) -> None:
    (problem,) = problems_of(read(f"a,b\n1,2\n{'9' * digits}{fraction},2\n", a="number"))
    assert problem.startswith("table.csv:3: `a` has 1 value that no model can use")


def test_check_many_wrong_columns_of_a_wide_table_is_fast(read: Read) -> None:
    names = [f"c{i}" for i in range(1000)]
    rows = [",".join(names), *[",".join(["1"] * 1000)] * 300, ",".join(["abc"] * 1000)]
    start = time.process_time()
    found = problems_of(read("\n".join(rows) + "\n", **dict.fromkeys(names, "number")))
    assert time.process_time() - start < 6  # 24 s when each column's line is looked for
    assert found[0].startswith("table.csv:302: `c0` has 1 value that cannot be read as a number")
    assert found[-1].startswith("995 more columns like these")


def test_check_title_above_the_header_says_to_remove_it(read: Read) -> None:
    problem = problems_of(read("Sales of 2024\n\na,b\n1,2\n3,4\n"))[0]
    assert "1 cell, one for each column" in problem
    assert "remove a title above them" in problem


def test_read_many_files_says_once_how_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(40):
        (tmp_path / f"{number:02d}.csv").write_text("a;b\n1,5;2\n")
    assert read_table(tmp_path, table_needs(a="number")).notes == (
        "00.csv, 01.csv and 38 more: cells are separated by semicolon",
        "`a` is written with a decimal comma",
    )


def test_read_many_files_with_other_headers_lists_five(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(40):
        (tmp_path / f"{number:02d}.csv").write_text("a,c\n1,2\n" if number else "a,b\n1,2\n")
    found = problems_of(read_table(tmp_path, table_needs(a="number")))
    assert len(found) == 6
    assert found[0].startswith("01.csv:1: its columns are not those of 00.csv")
    assert found[-1].endswith("34 more problems like these")


def test_check_rows_longer_than_the_configured_names_says_so(read: Read) -> None:
    found = problems_of(read("1,a,0\n2,b,1\n", csv={"names": ("x", "y")}, x="number"))
    assert found[0].startswith("table.csv:1: 3 cells in this row")
    assert "data.csv.names lists 2 names: list one for each column" in found[0]
