"""Rows of files: CSV and JSON in the ways that people write them, each with its line."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tfx_pipeline.commands.asking.row_files import RawRow, read_rows
from tfx_pipeline.errors import ConfigError
from tfx_pipeline.ingestion.needs import CsvFormat


def write(folder: Path, text: str) -> str:
    file = folder / "rows.txt"
    file.write_text(text, encoding="utf-8")
    return str(file)


def read(folder: Path, text: str) -> list[dict[str, Any]]:
    return [dict(row.values) for row in read_rows(write(folder, text))]


@pytest.mark.parametrize(
    "text",
    [
        '[{"a": 1.5, "b": "x"}, {"a": null, "b": ""}]',
        '{"instances": [{"a": 1.5, "b": "x"}, {"a": null, "b": ""}]}',
        '\n{"a": 1.5, "b": "x"}\n\n{"a": null, "b": ""}\n',
    ],
)
def test_read_rows_takes_every_shape_of_json(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == [{"a": 1.5, "b": "x"}, {"a": None, "b": ""}]


def test_read_rows_of_one_json_object_is_one_row(tmp_path: Path) -> None:
    assert read(tmp_path, '{\n "a": 1\n}') == [{"a": 1}]


def test_read_rows_of_csv_takes_quotes_line_breaks_and_a_byte_order_mark(tmp_path: Path) -> None:
    text = '\ufeffa,b\r\n1,"x, ""y"""\r\n\r\n2,"two\nlines"\r\n'
    assert read(tmp_path, text) == [{"a": "1", "b": 'x, "y"'}, {"a": "2", "b": "two\nlines"}]
    assert lines(tmp_path, text) == [2, 4]


@pytest.mark.parametrize(
    ("cells", "csv", "values"),
    [
        (["1,5", "2"], {}, ["1.5", "2"]),
        (["1.234,50", "1.234"], {}, ["1234.50", "1234"]),
        (["1 234.5", "NA", ""], {}, ["1234.5", "NA", ""]),
        ([" 1,5 ", "-"], {}, ["1.5", "-"]),
        (["1,234"], {"thousands": ","}, ["1234"]),
        (["1,234"], {"decimal": ","}, ["1.234"]),
        (["1.5", "x"], {}, ["1.5", "x"]),
        (["1,5", "x"], {}, ["1,5", "x"]),
    ],
)
def test_read_rows_writes_numbers_as_the_table_of_the_training_has_them(
    tmp_path: Path, cells: list[str], csv: dict[str, Any], values: list[str]
) -> None:
    file = write(tmp_path, "a;b\n" + "".join(f"{cell};{cell}\n" for cell in cells))
    rows = [row.values for row in read_rows(file, CsvFormat(**csv), numbers=["a", "c"])]
    assert [row["a"] for row in rows] == values
    assert [row["b"] for row in rows] == cells


def test_read_rows_of_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("a\n1\n"))
    assert list(read_rows("-")) == [RawRow("standard input:2", {"a": "1"})]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1\n", "rows.txt:2: not as long as the header\n    received 1 cells"),
        ('a\n"1', "rows.txt:2: a quoted cell that begins here is never closed"),
        ("[1]", "rows.txt:1: not an object"),
        ("[{]", "not JSON"),
        ('{"instances": 3}', "rows.txt:1: not an object"),
    ],
)
def test_read_rows_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read(tmp_path, text)


def test_read_rows_of_a_missing_file_names_it() -> None:
    with pytest.raises(ConfigError, match=r"none\.csv: cannot be read: No such file"):
        list(read_rows("none.csv"))


def lines(folder: Path, text: str) -> list[int]:
    return [int(row.place.rpartition(":")[2]) for row in read_rows(write(folder, text))]


@pytest.mark.parametrize(
    "text",
    [
        "a\u2028b", "a\u2029b", "a\x85b", "a\x0bb", "a\x0cb", "a\x1cb", "a\x1db", "a\x1eb",
        "\u2028", "\ufeff", "a\u2028\u2029\x85b", "ß", "😀", "a,b;c",
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", ",\n", "\n\n", " \r\n\r\n"])
def test_read_rows_of_json_lines_ends_them_at_line_ends_alone(
    tmp_path: Path, text: str, end: str
) -> None:
    rows = [{"a": text, "b": 1}, {"b": None, "a": text}]
    ascii_too = [json.dumps(row, ensure_ascii=False) for row in rows]
    if not all(character >= " " for character in text):
        ascii_too = [json.dumps(row) for row in rows]  # control characters are always escaped
    assert read(tmp_path, end.join(ascii_too) + end) == rows
    assert read(tmp_path, "\ufeff" + end.join(ascii_too)) == rows


@pytest.mark.parametrize("text", ["a\u2028b", "a\u2029b", "a\x85b", "a\x0cb", "a\x1cb"])
def test_read_rows_of_csv_ends_rows_at_line_ends_alone(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"x,y\n{text},1\n") == [{"x": text, "y": "1"}]


@pytest.mark.parametrize(
    "header",
    [
        "a,b", " a , b ", '"a","b"', '" a "," b"', "\ufeffa,b", "a, b", '\ufeff"a",b', "a;b",
        "a\tb", "a|b", "\n\na,b", "\ufeff\n a,b", ' "a", "b"',
    ],
)  # fmt: skip
def test_read_rows_of_csv_cleans_the_names_as_training_does(tmp_path: Path, header: str) -> None:
    mark = next((each for each in ";\t|" if each in header), ",")
    assert read(tmp_path, f"{header}\n1{mark}2\n") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n1\n2\n", [2, 3]),
        ("\n\na\n1\n\n2\n", [4, 6]),
        ('a\n"1\n1"\n2\n', [2, 4]),
        ("a\r\n1\r\n2", [2, 3]),
        ("a\r1\r2\r", [2, 3]),
        ('{"a":1}\n{"a":2}\n', [1, 2]),
        ('\n{"a":1}\n\n{"a":2}\n', [2, 4]),
        ('[{"a":1},\n\n {"a":\n2},{"a":3}]', [1, 3, 4]),
        ('[\n{"a":1},\n{"a":2}\n]', [2, 3]),
        ('{"instances":\n[{"a":1},\n{"a":2}]}', [2, 3]),
        ('\n{\n"a": 1\n}', [2]),
    ],
)
def test_read_rows_names_the_line_of_each_row(
    tmp_path: Path, text: str, expected: list[int]
) -> None:
    assert lines(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a":1}\n{"a":}\n', "rows.txt:2: not JSON"),
        ('{"a":1}\n{"a":2}}\n', "rows.txt:2: not JSON"),
        ('{"a":1}\n[2]\n', "rows.txt:2: not an object"),
        ('[{"a":1},\n{"a":2},]', "rows.txt:"),
        ('[{"a":1},\n3]', "rows.txt:2: not an object"),
        ('{"a":1,\n"a":2}', "`a` is given twice in an object"),
        ('{"a":1}\n{"a":1,"a":2}\n', "rows.txt:2: not JSON: `a` is given twice"),
        ("a,b\n1,2\n1\n", "rows.txt:3: not as long as the header"),
        ('a,b\n1,2\n"1,2\n', "rows.txt:3: a quoted cell that begins here is never closed"),
        ("a,b,a\n1,2,3\n", "rows.txt:1: two columns have the name `a`"),
    ],
)
def test_read_rows_that_cannot_be_read_names_file_and_line(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)


def test_read_rows_that_are_not_utf_8_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes("a\nok\ngröße\n".encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        list(read_rows(str(file)))
    assert "rows.csv:3: byte 7 is not UTF-8 text" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (gzip.compress(b"a,b\n1,x\n,y\n"), CsvFormat()),
        ("a,b\n1,x\n,y\n".encode("utf-16"), CsvFormat()),
        (b"a;b\n1;x\n;y\n", CsvFormat()),
        (b"# by hand\na\tb\n1\tx\n\ty\n", CsvFormat()),
        (b"a,b\n1,x\n999,y\n", CsvFormat(missing_values=("999",))),
        (b"1,x\n,y\n", CsvFormat(names=("a", "b"))),
    ],
    ids=["gzip", "utf-16", "semicolon", "comment", "mark", "names"],
)
def test_read_rows_reads_a_table_as_training_does(
    tmp_path: Path, content: bytes, wanted: CsvFormat
) -> None:
    (tmp_path / "rows.csv").write_bytes(content)
    rows = list(read_rows(str(tmp_path / "rows.csv"), wanted))
    assert [row.values for row in rows] == [{"a": "1", "b": "x"}, {"a": "", "b": "y"}]


def test_read_rows_takes_a_cell_of_any_length(tmp_path: Path) -> None:
    assert read(tmp_path, "a\n" + "x" * 200_000 + "\n") == [{"a": "x" * 200_000}]


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "a,b\n", "a,b"])
def test_read_rows_without_rows_gives_none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "csv", "rows"),
    [
        ("a;b\n39,1;x\n40;y\n", {}, ["39.1", "40"]),
        ("a;b\n1.617.031.081;x\n7;y\n", {}, ["1617031081", "7"]),
        ("a;b\n1.125;x\n2,5;y\n", {}, ["1125", "2.5"]),
        ('a,b\n"1,234.5",x\n,y\n', {}, ["1234.5", ""]),
        ("a;b\n1.234;x\nNA;y\n", {"thousands": "."}, ["1234", "NA"]),
        ("a;b\n1,5;x\nfree;y\n", {}, ["1,5", "free"]),
        ("a;b\n1.5;x\n2;y\n", {}, ["1.5", "2"]),
    ],
)
def test_read_rows_of_a_table_have_numbers_as_most_write_them(
    tmp_path: Path, text: str, csv: dict[str, Any], rows: list[str]
) -> None:
    found = list(read_rows(write(tmp_path, text), CsvFormat(**csv), ["a", "none"]))
    assert [row.values["a"] for row in found] == rows
    assert [row.values["b"] for row in found] == ["x", "y"]


def test_read_rows_with_numbers_of_two_meanings_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "a;b\n1,234;x\n5;y\n")
    with pytest.raises(ConfigError) as caught:
        list(read_rows(path, numbers=["a"]))
    assert "`a` can be read in two ways" in str(caught.value)
    assert ":2: " in str(caught.value)
