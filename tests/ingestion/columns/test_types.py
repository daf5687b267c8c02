"""Types of columns: by schema, use and cells; two cells that differ stay different."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ingestion.conftest import Read, problems_of, staged_rows, typed
from tfx_pipeline.ingestion.needs import LabelNeeds, SchemaType, Use

BEYOND = str(2**53 + 1)


@pytest.mark.parametrize(
    ("use", "cells", "type_", "staged"),
    [
        ("category", ["7", "12"], "int64", None),
        ("category", ["-7", "0"], "int64", None),
        ("category", ["007", "7"], "string", None),
        ("category", ["10_1", "101"], "string", None),
        ("category", ["1_01", "101"], "string", None),
        ("category", ["+7", "7"], "string", None),
        ("category", ["7", "7.0"], "string", None),
        ("category", ["7.0", "8.0"], "int64", ["7", "8"]),
        ("category", ["20210101.0", "20210102.0"], "int64", ["20210101", "20210102"]),
        ("category", ["7.0", "07.0"], "string", None),
        ("category", ["1e3", "1000"], "string", None),
        ("category", ["1.5", "1.50"], "string", None),
        ("category", ["0x10", "16"], "string", None),
        ("category", ["-0", "0"], "string", None),
        ("category", [BEYOND, "9007199254740992"], "string", None),
        ("category", ["1234567890123456789", "1234567890123456788"], "string", None),
        ("category", ["99999999999999999999", "1"], "string", None),
        ("category", ["NaN", "nan"], "string", None),
        ("category", ["True", "true"], "string", None),
        ("category", ["2021-01-01", "2021-1-1"], "string", None),
        ("category", ["7", " "], "int64", ["7", ""]),
        ("category", ["٣", "3"], "string", None),
        ("text", ["1", "2"], "string", None),
        ("number", ["7", "12"], "int64", None),
        ("number", ["007", "7"], "int64", None),
        ("number", ["7.0", "8"], "float32", None),
        ("number", ["7.0", "17031081800.0"], "int64", ["7", "17031081800"]),
        ("number", ["7.5", "17031081800.0"], "float32", None),
        ("number", ["1e3", "1"], "float32", None),
        ("number", ["1,5", "2"], "float32", ["1.5", "2"]),
        ("moment", ["1700000000", "1700000001"], "int64", None),
        ("moment", ["1700000000.0", "1700000001.0"], "int64", ["1700000000", "1700000001"]),
        ("unused", ["7", "12"], "int64", None),
        ("unused", ["007", "7"], "string", None),
        ("unused", ["1.5", "7"], "float32", None),
        ("unused", ["17031081800.0", "17031081900.0"], "int64", ["17031081800", "17031081900"]),
        ("unused", ["99999999999999999999", "1"], "string", None),
        ("unused", ["x", "1"], "string", None),
    ],
)
def test_type_without_a_schema_follows_use_and_cells(
    read: Read, use: Use, cells: list[str], type_: str, staged: list[str] | None
) -> None:
    table = read("a;b\n" + "".join(f"{cell};x\n" for cell in cells), a=use)
    assert problems_of(table) == []
    assert table.plans[0].type == type_
    written = [[cell.replace(",", "."), "x"] for cell in staged or cells]
    assert staged_rows(table) == typed(table, written)


@pytest.mark.parametrize(
    ("use", "in_schema", "cells", "type_"),
    [
        ("number", "FLOAT", ["181", "190"], "float32"),
        ("number", "INT", ["181", "190.0"], "int64"),
        ("category", "FLOAT", ["8.0", "9"], "float32"),
        ("category", "INT", ["8.0", "9.0"], "int64"),
        ("category", "FLOAT", ["0.5", "-12.375"], "float32"),
        ("category", "BYTES", ["8", "9"], "string"),
        ("unused", "FLOAT", ["8", "9"], "float32"),
        ("unused", "BYTES", ["8", "9"], "string"),
        ("unused", "INT", ["", ""], "int64"),
    ],
)
def test_type_in_the_schema_goes_before_the_look_of_the_cells(
    read: Read, use: Use, in_schema: SchemaType, cells: list[str], type_: str
) -> None:
    table = read("a,b\n" + "".join(f"{x},x\n" for x in cells), schema={"a": in_schema}, a=use)
    assert problems_of(table) == []
    assert table.plans[0].type == type_


@pytest.mark.parametrize(
    ("use", "in_schema", "cells", "expected", "received"),
    [
        ("number", "INT", ["1", "1.5"], "is INT in the curated schema, and not all", "'1.5'"),
        ("category", "INT", ["1", "x"], "is INT in the curated schema, and not all", "'x'"),
        ("category", "INT", ["1", "007"], "which drops how it is spelled", "'007'"),
        ("category", "INT", ["1", BEYOND], "has too many digits", f"'{BEYOND}'"),
        ("category", "FLOAT", ["1", "20210101"], "32-bit floats merge such codes", "'20210101'"),
        ("category", "FLOAT", ["0.1", "0.10"], "which drops how it is spelled", "'0.10'"),
        ("category", "FLOAT", ["1000", "1e3"], "which drops how it is spelled", "'1e3'"),
        ("category", "FLOAT", ["0.5", "0.1234567"], "which drops how it is", "'0.1234567'"),
        ("text", "FLOAT", ["1", "0.50"], "which drops how it is spelled", "'0.50'"),
        ("text", "INT", ["1", "007"], "which drops how it is spelled", "'007'"),
        ("category", "FLOAT", ["1", "x"], "is FLOAT in the curated schema", "'x'"),
        ("unused", "FLOAT", ["1", "x"], "is FLOAT in the curated schema", "'x'"),
        ("unused", "INT", ["1", "2.5"], "is INT in the curated schema", "'2.5'"),
        ("number", "BYTES", ["1", "2"], "is text in the curated schema, and a number", "BYTES"),
        ("moment", "FLOAT", ["1700000000.5", "1"], "has fractions", "'1700000000.5'"),
        ("moment", "FLOAT", ["1", "1700000001"], "32-bit floats merge moments", "'1700000001'"),
    ],
)
def test_cells_that_the_schemas_type_cannot_hold_are_refused(
    read: Read, use: Use, in_schema: SchemaType, cells: list[str], expected: str, received: str
) -> None:
    text = "a,b\n" + "".join(f"{x},x\n" for x in cells)
    (problem,) = problems_of(read(text, schema={"a": in_schema}, a=use))
    assert expected in problem
    assert received in problem
    assert "\n    next     " in problem


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["007", "7"], "`007` at table.csv:2 is spelled as no other number is"),
        (["7", "7.0"], "`7.0` at table.csv:3 is beside whole numbers without a point"),
        (["7", "7.5"], "`7.5` at table.csv:3 is a fraction"),
        (["7", "1e3"], "`1e3` at table.csv:3 is written with an exponent"),
        (["7.0", f"{BEYOND}.0"], f"`{BEYOND}.0` at table.csv:3 is beyond 2**53"),
        (["7", "9" * 5000], f"`{'9' * 5000}` at table.csv:3 is beyond 2**53"),
        (["7", BEYOND], f"`{BEYOND}` at table.csv:3 is beyond 2**53"),
    ],
)
def test_category_that_looks_like_numbers_says_why_it_stays_text(
    read: Read, cells: list[str], why: str
) -> None:
    table = read("a,b\n" + "".join(f"{x},x\n" for x in cells), a="category")
    assert table.notes == (f"`a` stays text: {why}",)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "free"], "`a` has 1 value that cannot be read as a number"),
        (["1", "10_1"], "`a` has 1 value that cannot be read as a number"),
        (["1", "$5"], "`a` has 1 value that cannot be read as a number"),
        (["1", "5 %"], "`a` has 1 value that cannot be read as a number"),
        (["1", "12:30"], "`a` has 1 value that cannot be read as a number"),
        (["1", "0x10"], "`a` has 1 value that cannot be read as a number"),
        (["1", "٣"], "`a` has 1 value that cannot be read as a number"),
        (["1.5", "inf"], "`a` has 1 value that no model can use"),
        (["1", "-Infinity"], "`a` has 1 value that no model can use"),
        (["1", "3.5e38"], "`a` has 1 value that no model can use"),
    ],
)
def test_number_column_refuses_what_is_no_number(
    read: Read, cells: list[str], expected: str
) -> None:
    found: list[Any] = problems_of(read("a\n" + "".join(f"{x}\n" for x in cells), a="number"))
    assert [text.splitlines()[0] for text in found] == [f"table.csv:3: {expected}"]


def test_many_columns_that_the_schema_cannot_hold_are_listed_in_part(read: Read) -> None:
    names = [f"c{number}" for number in range(22)]
    text = ",".join(names) + "\n" + ",".join(["1.5"] * 22) + "\n"
    table = read(text, schema=dict.fromkeys(names, "INT"), **dict.fromkeys(names, "number"))
    found = problems_of(table)
    assert len(found) == 21
    assert found[19].startswith("table.csv:2: `c19` is INT in the curated schema")
    assert found[20] == "2 more columns like these"


def test_first_of_large_codes_is_named_whatever_its_spelling(read: Read) -> None:
    cells = ["016777217", "16777219", "+16777221", "16777223.0", "16777225.00"]
    for first in range(len(cells)):
        rows = [*cells[first:], *cells[:first]]
        table = read("c\n" + "\n".join(rows) + "\n", c="number")
        (column,) = table.columns
        assert [cell.value for cell in column.beyond.values()] == [rows[0]]


@pytest.mark.parametrize(
    ("cells", "received"),
    [
        (["1", "007"], "'007'"),
        (["1.5", "2"], "'1.5'"),
        (["1", "NA"], "'NA'"),
        (["1", "abc"], "'abc'"),
        (["7", "7.0"], "'7.0'"),
        (["7", BEYOND], f"'{BEYOND}'"),
    ],
)
def test_category_that_is_text_is_no_number_for_a_rule_too(
    read: Read, cells: list[str], received: str
) -> None:
    label = LabelNeeds("y", "binary", "y > a", place="t.yaml:9")
    text = "a,y\n" + "".join(f"{x},3\n" for x in cells)
    (problem,) = problems_of(
        read(text, label=label, numbers=dict.fromkeys("ay", "t.yaml:9"), a="category", y="number")
    )
    assert "`a` is needed as a number (t.yaml:9), and stays text as a category" in problem
    assert received in problem


def test_category_of_whole_numbers_is_a_number_for_a_rule_too(read: Read) -> None:
    label = LabelNeeds("y", "binary", "y > a", place="t.yaml:9")
    text = "a,y\n1.0,3\n5.0,3\n"
    numbers = dict.fromkeys("ay", "t.yaml:9")
    table = read(text, label=label, numbers=numbers, a="category", y="number")
    assert problems_of(table) == []
    assert dict(table.labels.counts) == {"1": 1, "0": 1}


def test_marks_that_are_categories_are_noted(read: Read) -> None:
    table = read("a,b\nNA,x\nnull,x\nNA,x\nu,x\n", a="category", b="category")
    assert table.notes == (
        "`NA` (2 ×), `null` (1 ×) are categories of `a`;"
        " data.csv.missing_values lists what is missing instead",
    )
