"""How text files are written: found out, or as the configuration says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.conftest import Read, problems_of, staged_rows, table_needs, typed
from tfx_pipeline.ingestion.needs import Use
from tfx_pipeline.ingestion.reading.records import OpenTable
from tfx_pipeline.ingestion.table_reading import read_table

PLAIN = "a,b\n1,x\n2,y\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PLAIN, ""),
        (PLAIN.replace(",", ";"), "cells are separated by semicolon"),
        (PLAIN.replace(",", "\t"), "cells are separated by TAB"),
        (PLAIN.replace(",", "|"), "cells are separated by vertical bar"),
        ("sep=,\n" + PLAIN, "1 line before the header passed over"),
        (
            "sep=;\n" + PLAIN.replace(",", ";"),
            "cells are separated by semicolon, 1 line before the header passed over",
        ),
        ("SEP=|\n" + PLAIN.replace(",", "|"), "cells are separated by vertical bar, 1 line before"),
        ("# made by hand\n" + PLAIN, "1 line before the header passed over"),
        ("# made, by, hand\n# again\n" + PLAIN, "2 lines before the header passed over"),
        ("\n\n" + PLAIN, "2 lines before the header passed over"),
        (PLAIN.replace(",", ", "), "blanks after a delimiter are no part of a cell"),
        (
            PLAIN.replace(",", "; "),
            "cells are separated by semicolon, blanks after a delimiter are no part of a cell",
        ),
        (PLAIN.replace("\n", "\r"), ""),
        (PLAIN.replace("\n", "\r\n"), ""),
        ('"a","b"\n"1","x"\n"2","y"\n', ""),
        ('a;b\n1;"x"\n2;y\n', "cells are separated by semicolon"),
    ],
)
def test_read_found_dialect_gives_the_same_rows_and_says_so(
    read: Read, text: str, words: str
) -> None:
    table = read(text, a="number", b="category")
    assert problems_of(table) == []
    assert (table.header, table.rows) == (("a", "b"), 2)
    assert staged_rows(table) == [[1, "x"], [2, "y"]]
    assert "".join(table.notes).startswith(f"table.csv: {words}" if words else "")
    assert bool(table.notes) == bool(words)


@pytest.mark.parametrize(
    ("text", "delimiter", "header"),
    [
        ("a;b\n1,5;2,5\n3,25;4\n", ";", ["a", "b"]),
        ("name, first;age\nx;1\ny;2\n", ";", ["name, first", "age"]),
        ('a,b\n"1;2;3",x\n"4;5;6",y\n', ",", ["a", "b"]),
        ("a,b\n1\n1\n1\n", ",", ["a", "b"]),
        ("a\n1\n2\n", ",", ["a"]),
        ("a|b|c\n1,0|2|3\n1,0|2|3\n", "|", ["a", "b", "c"]),
        ("#id,name\n1,x\n2,y\n", ",", ["#id", "name"]),
        ("a\tb\n1, 2\t3\n", "\t", ["a", "b"]),
    ],
)
def test_find_delimiter_cuts_rows_as_it_cuts_the_header(
    read: Read, text: str, delimiter: str, header: list[str]
) -> None:
    table = read(text)
    with OpenTable(table.path, table.needs.csv) as opened:
        assert opened.dialect is not None
        assert (opened.dialect.delimiter, opened.header) == (delimiter, header)


ODD = [["", "99"], ["", "?"], ["2", "y"]]


@pytest.mark.parametrize(
    ("text", "csv", "rows"),
    [
        ("a b\n1 x\n2 y\n", {"delimiter": " "}, [["1", "x"], ["2", "y"]]),
        ("a,b\n1,'x,y'\n2,'z'\n", {"quote": "'"}, [["1", "x,y"], ["2", "z"]]),
        ("%c\na,b\n1,x\n%d\n2,y\n", {"comment": "%"}, [["1", "x"], ["2", "y"]]),
        ('a,b\n1,"x\n%y"\n2,z\n', {"comment": "%"}, [["1", "x\n%y"], ["2", "z"]]),
        ("a,b\n1,x\n99,y\n", {"missing_values": ("99",)}, [["1", "x"], ["", "y"]]),
        ("a,b\n1,NA\n2,y\n", {"missing_values": ("NA",)}, [["1", ""], ["2", "y"]]),
        ("a;b\n1,5;x\n2;y\n", {"decimal": ","}, [["1.5", "x"], ["2", "y"]]),
        ("a;b\n1.234;x\n2;y\n", {"decimal": ",", "thousands": "."}, [["1234", "x"], ["2", "y"]]),
        ('a,b\n"1,234",x\n2,y\n', {"thousands": ","}, [["1234", "x"], ["2", "y"]]),
        ('a;b\n"1.5";x\n2;y\n', {"decimal": "."}, [["1.5", "x"], ["2", "y"]]),
        ("a;b\n1.234;x\n7,5;y\n", {"thousands": "."}, [["1234", "x"], ["7.5", "y"]]),
        ("a,b\n 99 ,x\n2,y\n", {"missing_values": ("99",)}, [["", "x"], ["2", "y"]]),
        ("a,b\n99,99\n ? ,?\n2,y\n", {"missing_in": {"a": ("99", "?")}}, ODD),
        (' "a" ;b\n99;99\n?;?\n2;y\n', {"missing_in": {"a": ("99", "?")}}, ODD),
        ("1,x\n2,y\n", {"names": ("a", "b")}, [["1", "x"], ["2", "y"]]),
    ],
)
def test_read_dialect_as_configured(
    read: Read, text: str, csv: dict[str, Any], rows: list[list[str]]
) -> None:
    table = read(text, csv=csv, a="number", b="category")
    assert problems_of(table) == []
    assert staged_rows(table) == typed(table, rows)


@pytest.mark.parametrize(
    ("text", "numbers", "note"),
    [
        ("a;b\n1,5;x\n2;y\n", ["1.5", "2"], "`a` is written with a decimal comma"),
        (
            "a;b\n1.234,5;x\n2;y\n",
            ["1234.5", "2"],
            "`a` is written with a decimal comma and '.' between thousands",
        ),
        ('a,b\n"1,234.5",x\n2,y\n', ["1234.5", "2"], "`a` is written with ',' between thousands"),
        ("a,b\n1 234 567,x\n2,y\n", ["1234567", "2"], "`a` is written with ' ' between thousands"),
        ("a,b\nNA,x\n2,y\n", ["", "2"], "`NA` (1 ×) count as missing in `a`"),
        ("a,b\n?,x\n2,y\n", ["", "2"], "`?` (1 ×) count as missing in `a`"),
        ("a,b\n-,x\n2,y\n", ["", "2"], "`-` (1 ×) count as missing in `a`"),
        ("a,b\nnull,x\n2,y\n", ["", "2"], "`null` (1 ×) count as missing in `a`"),
        ("a,b\nnan,x\n2,y\n", ["", "2"], "`nan` (1 ×) count as missing in `a`"),
        ("a,b\n NA ,x\n2,y\n", ["", "2"], "`NA` (1 ×) count as missing in `a`"),
        ('a,b\n" ",x\n2,y\n', ["", "2"], None),
        ("a,b\n 1.5 ,x\n2,y\n", ["1.5", "2"], None),
        (
            "a;b\n30.563;x\n2;y\n",
            ["30.563", "2"],
            "`a`: `30.563` is read as a fraction; data.csv.thousands: '.' reads 30563",
        ),
    ],
)
def test_read_numbers_of_other_writing_are_staged_plainly(
    read: Read, text: str, numbers: list[str], note: str | None
) -> None:
    table = read(text, a="number", b="category")
    assert problems_of(table) == []
    assert staged_rows(table) == typed(table, [[numbers[0], "x"], [numbers[1], "y"]])
    assert note is None or note in table.notes


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ('a,b\n"1,234",x\n2,y\n', "1234 or 1.234"),
        ("a;b\n1,234;x\n2;y\n", "1234 or 1.234"),
        ("a;b\n1.234;1,5\n2;3\n", "1.234 or 1234"),
    ],
)
def test_read_number_of_two_readings_is_refused_with_the_setting(
    read: Read, text: str, allowed: str
) -> None:
    use = "category" if "x" in text else "number"
    (problem,) = problems_of(read(text, a="number", b=use))
    assert problem.startswith("table.csv:2: `a` can be read in two ways")
    assert allowed in problem
    assert "data.csv.decimal" in problem


@pytest.mark.parametrize("mark", ["?", "-", "NA", "null", "N/A"])
def test_read_mark_in_a_category_stays_one_and_is_said(read: Read, mark: str) -> None:
    table = read(f"a,b\n{mark},x\nu,y\n", a="category")
    assert staged_rows(table)[0][0] == mark
    assert f"`{mark}` (1 ×) is a category of `a`" in table.notes[0]
    assert "data.csv.missing_values" in table.notes[0]


def test_read_configured_style_refuses_what_is_not_written_so(read: Read) -> None:
    (problem,) = problems_of(read("a;b\n1.5;x\n2;y\n", csv={"decimal": ","}, a="number"))
    assert problem.startswith("table.csv:2: `a` has 1 value that cannot be read as a number")


@pytest.mark.parametrize(
    ("use", "csv", "cells", "type_", "staged"),
    [
        ("moment", {"decimal": ","}, ["1617031081", "1617031082"], "int64", None),
        ("number", {"decimal": ","}, ["17031081", "17031082"], "int64", None),
        ("number", {"decimal": ","}, ["1,5", "2"], "float32", ["1.5", "2"]),
        ("moment", {}, ["1.617.031.081", "1.617.031.082"], "int64", ["1617031081", "1617031082"]),
        ("number", {}, ["1.234.567", "1.234", "12"], "int64", ["1234567", "1234", "12"]),
        ("number", {}, ["1.234.567,5", "1.234"], "float32", ["1234567.5", "1234"]),
        ("number", {}, ["17 031 081", "12"], "int64", ["17031081", "12"]),
        ("number", {}, ["1'234", "1e3"], "float32", ["1234", "1e3"]),
        ("number", {}, ["1,5", "1e3"], "float32", ["1.5", "1e3"]),
        ("number", {"thousands": "'"}, ["17'031'081", "12"], "int64", ["17031081", "12"]),
        ("number", {"thousands": "."}, ["17.031.081", "12"], "int64", ["17031081", "12"]),
    ],
)
def test_whole_numbers_of_any_style_stay_whole(
    read: Read, use: Use, csv: dict[str, Any], cells: list[str], type_: str, staged: list[str]
) -> None:
    table = read("a;b\n" + "".join(f"{x};x\n" for x in cells), csv=csv, a=use, b="category")
    assert problems_of(table) == []
    assert table.plans[0].type == type_
    assert staged_rows(table) == typed(table, [[cell, "x"] for cell in staged or cells])


def test_thousands_by_points_do_not_make_tenths_whole(read: Read) -> None:
    (problem,) = problems_of(read("a;b\n1.5;x\n2;y\n", csv={"thousands": "."}, a="number"))
    assert "'1.5'" in problem


def test_style_is_not_noted_of_a_column_without_it(read: Read) -> None:
    table = read("a;b\n1,5;7\n2;8\n", csv={"decimal": ","}, a="number", b="number")
    assert [note for note in table.notes if "written" in note] == [
        "`a` is written with a decimal comma"
    ]


def test_files_with_other_decimal_marks_are_refused_and_not_mixed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t").mkdir()
    (tmp_path / "t/a.csv").write_text("a;b\n1,5;x\n2,5;y\n")
    (tmp_path / "t/b.csv").write_text("a,b\n7,x\n1.125,x\n2.250,y\n")
    (problem,) = problems_of(read_table(tmp_path / "t", table_needs(a="number")))
    assert "t/b.csv:3: `a` can be read in two ways: a.csv has a decimal comma" in problem
    assert "1.125 or 1125" in problem


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("id;Umsatz, netto\n1;2,5\n2;3,5\n", ["id", "Umsatz, netto"]),
        ("a, x;b, y\n1,5;2,5\n3,5;4,5\n", ["a, x", "b, y"]),
        ("a\tb, c\n1\tx, y\n2\tx, z\n", ["a", "b, c"]),
        ("a|b, c\n1|x, y\n2|x, z\n", ["a", "b, c"]),
        ("a,b\n1,x;y\n2,z\n", ["a", "b"]),
        ("a,b;c\n1,x\n2,z\n", ["a", "b;c"]),
    ],
)
def test_delimiter_beside_commas_in_numbers_and_names_is_found(
    read: Read, text: str, header: list[str]
) -> None:
    assert list(read(text).header) == header


@pytest.mark.parametrize("cells", [["0.563", "2"], ["30.5", "30.563"], ["30.0", "2"], ["3", "2"]])
def test_numbers_that_no_thousands_could_be_are_not_noted(read: Read, cells: list[str]) -> None:
    table = read("a;b\n" + "".join(f"{x};x\n" for x in cells), a="number")
    assert [note for note in table.notes if "fraction" in note] == []
