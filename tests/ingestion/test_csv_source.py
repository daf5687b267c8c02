"""The input table: what it holds, and what is refused, where."""

from __future__ import annotations

import csv
import io
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_pipeline.ingestion.csv_columns import ColumnScan, value_type
from tfx_pipeline.ingestion.csv_source import check_csv, inspect_csv, stage_csv


def write(folder: Path, content: bytes, name: str = "table.csv") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def problems(path: Path, **needs: object) -> list[str]:
    """Everything wrong with a table, without the folder's name."""
    folder = path if path.is_dir() else path.parent
    found = check_csv(path, **needs)  # type: ignore[arg-type]
    return [str(problem).replace(f"{folder}/", "") for problem in found]


def replace_in_line(path: Path, line: int, column: str, value: str) -> None:
    rows = [text.split(",") for text in path.read_text().splitlines()]
    rows[line - 1][rows[0].index(column)] = value
    path.write_text("".join(",".join(row) + "\n" for row in rows))


def test_inspect_taxi_tells_types_and_missing_values(repository: Path) -> None:
    table = inspect_csv(repository / "data/taxi")
    columns = {column.name: column for column in table.columns}
    assert (table.rows, len(table.header), table.problems) == (10_000, 18, ())
    assert [file.is_plain for file in table.files] == [True]
    assert {name: column.missing for name, column in columns.items() if column.missing} == {
        "dropoff_latitude": 393,
        "dropoff_longitude": 393,
        "pickup_census_tract": 10_000,
        "dropoff_census_tract": 2_978,
        "company": 3_462,
        "trip_seconds": 2,
        "dropoff_community_area": 412,
    }
    assert columns["trip_start_timestamp"].type == "int"
    assert columns["fare"].type == "float"
    assert columns["company"].type == "string"
    assert columns["pickup_census_tract"].type == "empty"


@pytest.mark.parametrize(("name", "rows"), [("taxi", 10_000), ("penguins", 344), ("ames", 2_930)])
def test_inspect_shipped_data_finds_no_problem(repository: Path, name: str, rows: int) -> None:
    table = inspect_csv(repository / "data" / name)
    assert (table.rows, table.problems, len(table.files)) == (rows, (), 1)


def test_check_clean_table_finds_nothing(taxi: Path) -> None:
    assert problems(taxi, required_columns=["company"], numeric_columns=["fare"]) == []


def test_check_several_mistakes_reports_all_at_once(taxi: Path) -> None:
    replace_in_line(taxi / "data.csv", 17, "fare", "free")
    replace_in_line(taxi / "data.csv", 30, "fare", "NA")
    replace_in_line(taxi / "data.csv", 21, "trip_miles", "nan")
    replace_in_line(taxi / "data.csv", 22, "trip_miles", "-inf")
    replace_in_line(taxi / "data.csv", 5, "tips", "0.0,1")
    found = problems(
        taxi, numeric_columns=["fare", "trip_mile", "trip_miles", "tips"], min_rows=100
    )
    assert [text.splitlines()[0] for text in found] == [
        "data.csv:5: 19 fields in this row",
        f"{taxi}: there is no column `trip_mile`",
        "data.csv:17: `fare` has 2 values that TFX cannot read as a number",
        "data.csv:21: `trip_miles` has 2 values that no model can use",
        f"{taxi}: there are too few rows",
    ]
    assert "did you mean `trip_miles`?" in found[1]
    assert "'free', 'NA' at data.csv:30" in found[2]
    assert "'nan'" in found[3]
    assert "49" in found[4]


def test_check_many_ragged_rows_lists_five_and_counts_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path, b"a,b\n1,2\n" + b"1\n" * 7 + b"1,2\n")
    found = problems(path)
    assert [text.splitlines()[0] for text in found] == [
        *(f"table.csv:{line}: 1 field in this row" for line in range(3, 8)),
        "2 more rows have a wrong number of fields",
    ]
    assert inspect_csv(path).rows == 2


def test_check_line_after_embedded_newline_is_the_editors_line(tmp_path: Path) -> None:
    path = write(tmp_path, b'a,b\n1,"x\ny\n"\n\n2,3,4\nfive,6\n')
    found = problems(path, numeric_columns=["a"])
    assert [text.splitlines()[0] for text in found] == [
        "table.csv:6: 3 fields in this row",
        "table.csv:7: `a` has 1 value that TFX cannot read as a number",
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "table.csv: an empty file"),
        (b"\xef\xbb\xbf", "table.csv: an empty file"),
        (b"a,b,c\n", "table.csv: there is a header and no rows"),
        (b"\na,b\n1,2\n", "table.csv: an empty file"),
        (b"a,b,a\n1,2,3\n", "table.csv:1: 2 columns have the name `a`"),
        (b"a,,b\n1,2,3\n", "table.csv:1: a column without a name\n    received column 2"),
        (b'a,"b,c"\n1,2\n', "table.csv:1: TFX cannot read this name of a column"),
        (b"a;b\n1;2\n", "table.csv:1: the columns are not separated by commas"),
        (b'a,b\n1,2\n3,"x\n4,5\n', "table.csv:3: a quoted field that begins here is never closed"),
        (b'a,b\n1,"x"y\n', "table.csv:2: a quote is closed in the middle of a field"),
        (b"a,b\n1,x\n2,x\0y\n", "table.csv:3: a NUL byte\n    received byte 11"),
        (b"a,b\n1,x\n2,caf\xe9\n", "table.csv:3: byte 13 is not UTF-8 text"),
        (b"\xef\xbb\xbfa,b\n2,caf\xe9\n", "table.csv:2: byte 12 is not UTF-8 text"),
    ],
)
def test_check_unreadable_file_says_why_and_where(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    found = problems(write(tmp_path, content))
    assert len(found) == 1
    assert found[0].startswith(expected)


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("utf-16", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("utf-16-le", "UTF-16LE"),
        ("utf-16-be", "UTF-16BE"),
        ("utf-32-le", "UTF-32LE"),
    ],
)
def test_check_wide_encoding_gives_the_command_that_mends_it(
    tmp_path: Path, codec: str, name: str
) -> None:
    path = write(tmp_path, "a,b\n1,é\n2,x\n".encode(codec))
    assert problems(path) == [
        "table.csv: this is not UTF-8 text\n"
        f"    received {name}\n"
        "    allowed  UTF-8\n"
        f"    next     convert it: iconv -f {name} -t UTF-8 table.csv > utf8.csv"
    ]


def test_check_missing_path_and_empty_folder_are_named(tmp_path: Path) -> None:
    assert problems(tmp_path / "no.csv") == ["no.csv: no such file or folder"]
    assert problems(tmp_path)[0].startswith(f"{tmp_path}: no CSV file in this folder")


def test_check_folder_named_like_a_file_is_refused_and_hidden_files_are_not_read(
    taxi: Path,
) -> None:
    (taxi / "more.csv").mkdir()
    (taxi / "._data.csv").write_bytes(b"\0\0")
    assert [text.splitlines()[0] for text in problems(taxi)] == [
        "more.csv: a folder has the name of a CSV file"
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_check_unreadable_permission_is_named(taxi: Path) -> None:
    (taxi / "data.csv").chmod(0)
    assert problems(taxi)[0].startswith("data.csv: it cannot be read\n    received Permission")


def test_check_files_with_other_headers_are_refused(tmp_path: Path) -> None:
    write(tmp_path, b"a,b\n1,2\n", "1.csv")
    write(tmp_path, b"a,c\n1,2\n", "2.csv")
    write(tmp_path, b"b,a\n1,2\n", "3.csv")
    write(tmp_path, b'"a", b\n1,2\n', "4.csv")
    assert [text.splitlines()[:2] for text in problems(tmp_path)] == [
        ["2.csv:1: its columns are not those of 1.csv", "    received without b and with c"],
        [
            "3.csv:1: its columns are not those of 1.csv",
            "    received another order or number of the same names",
        ],
    ]


def test_check_integer_beyond_64_bits_is_no_number(tmp_path: Path) -> None:
    path = write(tmp_path, b"a\n9223372036854775807\n9223372036854775808\n")
    assert "table.csv:3: `a` has 1 value that TFX cannot" in problems(path, numeric_columns="a")[0]


def test_check_float_beyond_32_bits_is_not_finite(tmp_path: Path) -> None:
    path = write(tmp_path, b"a\n1.5\n3.4e38\n1e39\n")
    assert problems(path, numeric_columns="a")[0].startswith("table.csv:4: `a` has 1 value that")


NAMES = st.lists(
    st.text("abcé_ 1", min_size=1).map(str.strip).filter(bool), min_size=1, max_size=5, unique=True
)
CELLS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
    st.integers(-(2**65), 2**65).map(str),
    st.floats().map(str),
)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_inspect_any_written_table_counts_its_cells(tmp_path_factory, data: st.DataObject) -> None:
    names = data.draw(NAMES)
    rows = data.draw(st.lists(st.tuples(*[CELLS] * len(names)), min_size=1, max_size=20))
    buffer = io.StringIO()
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    folder = tmp_path_factory.mktemp("table")
    table = inspect_csv(write(folder, buffer.getvalue().encode()))
    assert (table.header, table.rows, table.problems) == (tuple(names), len(rows), ())
    assert [column.missing for column in table.columns] == [
        sum(not row[i] for row in rows) for i in range(len(names))
    ]
    again = inspect_csv(stage_csv(table, folder / "staged"))
    assert (again.header, again.rows) == (table.header, table.rows)
    assert [c.type for c in again.columns] == [c.type for c in table.columns]


@settings(deadline=None)
@given(st.lists(st.lists(CELLS, max_size=5), max_size=4))
def test_column_scan_in_blocks_agrees_with_single_values(blocks: list[list[str]]) -> None:
    scan = ColumnScan("a")
    for block in blocks:
        scan.add(block, Path("table.csv"), range(len(block)))
    order = ["empty", "int", "float", "string"]
    expected = max((value_type(v) for b in blocks for v in b), key=order.index, default="empty")
    assert scan.summary().type == expected
