from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_pipeline.modules.features.number_style import NumberStyle, numbers_of, read_style

NAN = math.nan
READ = {
    "1_000": {"1_000": 1000.0, "1_000.5": 1000.5, ".25": 0.25, "5.": 5.0, "1_000_000": 1e6},
    "$1,234.50": {
        "$1,234.50": 1234.5,
        "$5": 5,
        "5": 5,
        "$ 1234.5": 1234.5,
        "-$5.25": -5.25,
        "$-5": -5,
        "$.5": 0.5,
        "12,34,567": 1234567,
        " +7 ": 7,
        "−3": -3,
        "$1e3": 1000,
        "--5": NAN,
        "-$-5": NAN,
        "€5": NAN,
        "0,125": NAN,
        "1.234,5": NAN,
        "call us": NAN,
        "": NAN,
        "$": NAN,
        ".": NAN,
        "1,2345": NAN,
        "(5)": NAN,
        "$5 each": NAN,
    },
    "1.234,50 €": {"1.234,50 €": 1234.5, "5 €": 5, "5€": 5, "1234,5": 1234.5, "1.2 €": NAN},
    "12,5 %": {"12,5 %": 12.5, "7%": 7, "-3,25 %": -3.25, "1.234 %": NAN},
    "(1,234)": {"(1,234)": -1234, "1,234": 1234, "(5": NAN, "5)": NAN, "1(23)": NAN, "((5))": NAN},
    "($1,234.50)": {"($5)": -5, "$(5)": -5, "$5.5": 5.5, " ( $ 7 ) ": -7, "(-5)": -5},
    "10+ years": {"10+ years": 10, "< 1 year": 1, "1 year": 1, "7": 7, "~5 years": 5, "n/a": NAN},
    "1 234,5 km": {"1 234,5 km": 1234.5, "1\u00a0234 km": 1234, "1\u202f234": 1234, "12 mi": NAN},
    "€110.5M": {"€110.5M": 110.5e6, "€565K": 565e3, "€0": 0, "1.5 B": 1.5e9, "5 Mio": NAN},
    "1'234.50": {"1’234.50": 1234.5, "1'234": 1234},
    "12 m2": {"12 m2": 12, "15m2": 15, "12 m": NAN},
    "1.234,50-": {"1.234,50-": -1234.5, "5": 5, "5 -": -5},
    "Rs.500": {"Rs.500": 500, "Rs. 50.5": 50.5},
    "0.125": {"0.125": 0.125, "1.5": 1.5},
    "1,234": {"1,234": 1234, "1,234.5": 1234.5, "1.5": 1.5},
    "1234,567": {"1234,567": 1234.567, "1,5": 1.5},
    "about 5 per day": {"about 5 per day": 5, "5": 5, "about 5 per days": 5},
    "1.5e-3": {"1.5e-3": 0.0015, "2E5": 200000},
    "7": {"7.25": 7.25, "7": 7},
}
REFUSED = {
    "": "no number",
    "abc": "no number",
    "10-20": "more than one number",
    "2024-01-05": "more than one number",
    "1.234": "in two ways",
    "1,23,4": "groups of three",
    "10 20": "groups of three",
    "1,2.3,4": "groups of three",
}


@pytest.mark.parametrize(("example", "cells"), READ.items())
def test_numbers_of_cells_of_a_style_give_their_numbers(example, cells):
    found = numbers_of(pa.array(cells), read_style(example)).tolist()
    assert found == pytest.approx(list(cells.values()), rel=0, abs=0, nan_ok=True)


@pytest.mark.parametrize("form", [pa.array, lambda x: pa.chunked_array([x[:1], x[1:]])])
def test_numbers_of_any_form_of_array_give_the_same(form):
    style = read_style("$1.50")
    texts = ["$2", None, "x", "$2"]
    assert numbers_of(form(texts), style).tolist() == pytest.approx([2, NAN, NAN, 2], nan_ok=True)
    encoded = pa.array(texts).dictionary_encode()
    assert numbers_of(encoded, style).tolist() == pytest.approx([2, NAN, NAN, 2], nan_ok=True)
    assert numbers_of(pa.nulls(1), style).tolist() == pytest.approx([NAN], nan_ok=True)


@pytest.mark.parametrize(("example", "why"), REFUSED.items())
def test_read_style_of_no_clear_example_says_why(example, why):
    with pytest.raises(ValueError, match=why) as caught:
        read_style(example)
    assert repr(example) in str(caught.value)
    assert "allowed:" in str(caught.value)


def written(number: float, style: NumberStyle) -> str:
    """Write a number as a style has it."""
    text = f"{abs(number):,.2f}"
    marks = {",": style.thousands, ".": style.decimal}
    text = "".join(marks.get(letter, letter) for letter in text)
    around = f"{style.before}{text} {style.after}".strip()
    if style.is_accounting and number < 0:
        return f"({around})"
    return f"-{around}" if number < 0 else around


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(-(10**14), 10**14).map(lambda cents: cents / 100), min_size=1),
    st.sampled_from(["", "$", "€", "CHF", "US$"]),
    st.sampled_from(["", "%", "€", "km/h", "years"]),
    st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'"), (".", "")]),
    st.booleans(),
)
def test_numbers_of_what_a_style_writes_come_back(numbers, before, after, marks, is_accounting):
    style = NumberStyle(before, after, *marks, is_accounting)
    texts = [written(number, style) for number in numbers]
    assert numbers_of(pa.array(texts), style).tolist() == numbers


@settings(max_examples=200, deadline=None)
@given(
    st.integers(1_000, 10**9).map(lambda cents: cents + 0.25),
    st.sampled_from(["", "$", "CHF "]),
    st.sampled_from(["", " %", "€", " km/h"]),
    st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'")]),
    st.booleans(),
)
def test_read_style_of_a_written_number_gives_its_style(number, before, after, marks, is_negative):
    style = NumberStyle(before.strip(), after.strip(), *marks, is_negative)
    example = written(-number if is_negative else number, style)
    assert read_style(example) == style
