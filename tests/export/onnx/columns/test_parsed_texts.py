"""Numbers and moments out of texts, against the parsers of the table's scan, in Arrow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tfx_pipeline.export.numpy_form.parsing import parsed
from tfx_pipeline.export.onnx.columns import moment_texts, number_texts
from tfx_pipeline.export.onnx.columns.moment_texts import moments_of_texts
from tfx_pipeline.export.onnx.columns.number_texts import numbers_of_texts
from tfx_pipeline.export.onnx.graph import Graph
from tfx_pipeline.modules.description.columns import MomentParse, NumberParse
from tfx_pipeline.modules.features.number_style import read_style

NUMBERS = (
    *("$1,234.50", "1.234,5 €", "(1,234)", "10+ years", "1.5k", "12,5 %", "1 234,5", "1'234.5"),
    *("1,234-", "7", "EUR 5.25", "~5 km", "1_000", "($1.5M)", "0.5 per day"),
)
NUMBER_CELLS = (
    *("", " ", "$1,234.50", "-$1,234.5", "$-5", "1.234,5 €", "(1,234)", "( 12 )", "($5)", "((5))"),
    *(
        "(5",
        "5)",
        "10+ years",
        "<1 year",
        ">= 7 Years",
        "10 + years",
        "1.5k",
        "2 K",
        "3M",
        "-4.2 B",
    ),
    *("12,5 %", "12.5%", ".5", "5.", "1e5", "1E-7", "-1.5e+10", "2e-30", "1e99", "1e", "e5", "--5"),
    *("+5", "-+5", "5-", "5 -", "-5-", "−7", "–8", "1 234,5", "1\u00a0234,5", "1'234.5", "1’234"),
    *("12,34,567", "1,23", "0,125", "0.1", "0.30000000000000004", "123456789012345678901", "٣"),
    *("9007199254740993", "1_000", "EUR 5.25", "EUR5", "~5 km", "≈5", "$1.5M", "(1.5M)", "5 5"),
    *("0.000123", "1234567.891", "  42  ", "NaN", "inf", "0x10", "1" * 41, "1" * 40, "5\n"),
    *("0 per day", "1,234.5k"),
)
MOMENTS = (
    *("iso8601", "%d/%m/%Y", "%d-%b-%y %I:%M %p", "%B %d, %Y", "%Y-%m-%d %H:%M:%S.%f%z", "%H:%M"),
    *("%a %d %b %Y %H:%M:%S %z", "%m/%d/%y", "%d.%m.%Y %H Uhr"),
)
MOMENT_CELLS = (
    *("", "2024-02-29", "2023-02-29", "2024-02-29 23:59", "2024-03-31T02:30:15.25+01:00"),
    *("2024-10-27 02:30", "2024-03-31 02:30:00", "2024-01-01T00:00Z", "2024-01-01t00:00:59,5 z"),
    *("2024-01-01 00:00:00.123456789 -0330", "2024-01-01T00:00+14", " 1999-12-31 \t"),
    *("0000-01-01", "1999-13-01", "2024-01-01 24:00", "29/2/2024", "31/04/2024", "1/1/2024"),
    *(" 5/ 6/2024", "05/06/24", "12/31/69", "05-Nov-24 12:30 AM", "5-NOV-68 1:05 pm"),
    *("31-feb-24 1:00 am", "05-Nov-24 13:00 PM", "November 5, 2024", "may 1, 1900"),
    *("MAY 31, 2024", "Nov 5, 2024", "09:30", "9:5", "23:59", "24:00"),
    *("2024-01-01 10:00:00.5+0200", "2024-01-01 10:00:00.000001-023015", "2024-01-01 1:2:3.4Z"),
    *("2024-01-01 10:00:00.5+02:00:07", "2024-01-01 10:00:00.5+02", "1.1.2000 7 uhr"),
    *("Tue 05 Nov 2024 10:00:00 -0500", "tue 5 nov 2024 1:2:3 Z", "Tue 05 Nov 2024 10:00:00 z"),
    *("31.12.1969 23 Uhr",),
)


def _read(texts: NDArray[Any], parse: NumberParse | MomentParse) -> NDArray[np.float64]:
    onnxruntime = pytest.importorskip("onnxruntime")
    graph = Graph([("texts", object)], ["numbers"])
    if isinstance(parse, MomentParse):
        value = moments_of_texts(graph, "texts", parse)
    else:
        value = numbers_of_texts(graph, "texts", read_style(parse.example))
    graph.end(value, "numbers")
    content = graph.model([("numbers", np.float64, ("batch",))]).SerializeToString()
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    numbers: NDArray[np.float64] = session.run(None, {"texts": texts})[0]
    return numbers


def _mutated(cells: Sequence[str], count: int) -> NDArray[Any]:
    """Give the cells, and such with a character changed, doubled or left out."""
    random = np.random.default_rng(0)
    others = sorted({*"".join(cells), *"\t"})
    made = [*cells, *random.choice(np.array(cells, object), count)]
    for place in range(len(cells), len(made)):
        cell = made[place]
        at = int(random.integers(len(cell) + 1))
        middle = str(random.choice(others)) if random.random() < 0.6 else ""
        made[place] = cell[:at] + middle + cell[at + int(random.integers(2)) :]
    return np.array(made, object)


@pytest.mark.parametrize("example", NUMBERS)
def test_numbers_of_texts_mutated_ones_too_are_those_of_the_scan(example: str) -> None:
    cells, parse = _mutated((*NUMBER_CELLS, example, *[example] * 20), 2000), NumberParse(example)

    got, expected = _read(cells, parse), parsed(cells, parse)

    differing = [
        (cell, *pair)
        for cell, *pair in zip(cells, got, expected, strict=True)
        if not np.array_equal(*pair, equal_nan=True)
        # Beyond 15 digits or 22 decimals the last bit may be another one.
        and not np.isclose(*pair, rtol=3e-16, atol=0)
    ]
    assert differing == []
    assert np.isfinite(expected).sum() > 50
    assert number_texts.unreadable(read_style(example)) is None


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
@pytest.mark.parametrize("pattern", MOMENTS)
def test_moments_of_texts_mutated_ones_too_are_those_of_the_scan(
    pattern: str, zone: str | None
) -> None:
    cells, parse = _mutated(MOMENT_CELLS, 1500), MomentParse(pattern, zone)

    got, expected = _read(cells, parse), parsed(cells, parse)

    differing = [
        (cell, *pair)
        for cell, *pair in zip(cells, got, expected, strict=True)
        if not np.array_equal(*pair, equal_nan=True)
    ]
    assert differing == []
    assert np.isfinite(expected).sum() > 10
    assert moment_texts.unreadable(pattern) is None


@pytest.mark.parametrize("number", ["0.1", "12.35", "1234567.891", "-0.000123", "1e22", "1.1e-7"])
def test_numbers_of_texts_with_15_digits_are_the_nearest_float64(number: str) -> None:
    assert _read(np.array([number], object), NumberParse("1234.5"))[0] == float(number)


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ("1.5 m2", "hold digits or signs"),
        ("1.5 t-eq", "hold digits or signs"),
        ("Rs. 500.25", "holds the decimal mark"),
        ("1.5k MB", "hold a k, K, M or B"),
    ],
)
def test_unreadable_numbers_say_why(example: str, said: str) -> None:
    assert said in str(number_texts.unreadable(read_style(example)))


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("%Y%m%d", "nothing between them"),
        ("%d/%m/2024 %H:%M", "digits stand between"),
        (" %d/%m/%Y", "begins or ends with a blank"),
        ("%d/%m/%Y %z!", "behind the offset"),
        ("%d %b, not may %Y", "could be a month"),
    ],
)
def test_unreadable_moments_say_why(pattern: str, said: str) -> None:
    assert said in str(moment_texts.unreadable(pattern))
