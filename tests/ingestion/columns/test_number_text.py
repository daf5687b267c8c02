"""Numbers as text: shapes and styles."""

from __future__ import annotations

import time

import pytest

from tfx_pipeline.ingestion.columns.number_text import (
    PLAIN,
    NumberStyle,
    StyleSearch,
    are_numbers,
    shape_of,
    shape_of_all,
)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("7", "integer"),
        ("0", "integer"),
        ("-12", "integer"),
        ("007", "odd_integer"),
        ("+7", "odd_integer"),
        ("-0", "odd_integer"),
        ("10_1", "text"),
        ("7.0", "whole"),
        ("-7.0", "whole"),
        ("7.", "odd_whole"),
        ("7.00", "odd_whole"),
        ("07.0", "odd_whole"),
        ("1.5", "fraction"),
        (".5", "fraction"),
        ("1e3", "fraction"),
        ("-1.5E-07", "fraction"),
        ("nan", "text"),
        ("inf", "text"),
        ("0x10", "text"),
        ("٣", "text"),
        ("1 000", "text"),
        ("1,5", "text"),
        (".", "text"),
        ("", "text"),
        ("7\n", "text"),
    ],
)
def test_shape_of_a_cell_is_told_by_its_writing(text: str, shape: str) -> None:
    assert shape_of(text) == shape
    assert are_numbers(f"{text}\n") == (shape != "text")


@pytest.mark.parametrize(
    ("joined", "shape"),
    [("1\n2\n", "integer"), ("1.0\n2.0\n", "whole"), ("1\n2.0\n", None), ("01\n", None)],
)
def test_shape_of_many_cells_is_one_or_none(joined: str, shape: str | None) -> None:
    assert shape_of_all(joined) == shape


@pytest.mark.parametrize("number", ["123456", "123456.5", "12,345", "12.345", ".5", "12,34,567"])
def test_a_word_behind_many_numbers_is_found_at_once(number: str) -> None:
    joined = f"{number}\n" * 5000 + "none\n"
    start = time.process_time()
    assert not are_numbers(joined)
    assert shape_of_all(joined) is None
    search = StyleSearch()
    search.add(joined, plain=False)
    assert not search.styles
    assert shape_of("9" * 1_000_000 + "x") == "text"
    assert time.process_time() - start < 5  # with two ways to read a number: 2**5000 steps


@pytest.mark.parametrize(
    ("cells", "readings"),
    [
        (["1,5", "2"], [(",", "")]),
        (["1.234,50", "7,1"], [(",", ".")]),
        (["1 234,5"], [(",", " ")]),
        (["1 234 567"], [(".", " ")]),
        (["1\u202f234,5"], [(",", "\u202f")]),
        (["1,234.50", "12"], [(".", ",")]),
        (["1,234,567"], [(".", ",")]),
        (["1'234.5"], [(".", "'")]),
        (["1.234.567"], [(",", ".")]),
        (["1,234"], [(",", ""), (".", ",")]),
        (["1,5", "2.5"], []),
        (["12,34,567", "1,234.5"], [(".", ",")]),
        (["0,125", "0,250"], [(",", "")]),
        (["0,5", "0.125"], []),
        (["1,2,3456"], []),
        (["1,23,45"], []),
        (["free"], []),
    ],
)
def test_styles_left_are_those_that_read_every_cell(
    cells: list[str], readings: list[tuple[str, str]]
) -> None:
    search = StyleSearch()
    for cell in cells:
        search.add(f"{cell}\n", plain=are_numbers(f"{cell}\n"))
    assert sorted((x.decimal, x.thousands) for x in search.readings()) == sorted(readings)


@pytest.mark.parametrize(
    ("style", "text", "plain"),
    [
        (NumberStyle(",", "."), "-1.234,50", "-1234.50"),
        (NumberStyle(".", ","), "1,234.5e3", "1234.5e3"),
        (NumberStyle(","), ",5", ".5"),
        (PLAIN, "17", "17"),
    ],
)
def test_plain_writes_a_number_as_python_reads_it(
    style: NumberStyle, text: str, plain: str
) -> None:
    assert style.reads(f"{text}\n")
    assert style.plain(text) == plain
    float(plain)
