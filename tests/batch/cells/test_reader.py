"""Cells are taken and refused as a model server does it."""

from __future__ import annotations

import datetime
import decimal
import json
import math

import numpy as np
import pyarrow as pa
import pytest

from tfx_pipeline.batch.cells.reader import CellReader
from tfx_pipeline.ingestion.columns.number_text import NumberStyle
from tfx_pipeline.serving.errors import ServingError
from tfx_pipeline.serving.json.parse import parse_document
from tfx_pipeline.serving.json.request import predict_inputs
from tfx_pipeline.serving.types import TensorSpec

DTYPES = {"float32": 1, "int64": 2, "string": 7}


def read(type_, values, arrow_type=None, **options):
    cells, bad = CellReader(type_, **options).read(pa.array(values, arrow_type))
    return cells.tolist(), [(x.place, x.value) for x in bad], [x.reason for x in bad]


def said_by_a_server(value, type_):
    """Send a value by REST; give what is answered in the row's own words, or the array."""
    body = json.dumps({"instances": [{"x": value}]}).encode()
    try:
        arrays, _ = predict_inputs(
            parse_document(body), {"x": TensorSpec("x", DTYPES[type_], (-1,))}
        )
    except ServingError as error:
        return error.message.partition("Error: INVALID_ARGUMENT: ")[2]
    return arrays["x"].tolist()


@pytest.mark.parametrize("type_", ["float32", "int64"])
@pytest.mark.parametrize("value", ["abc", "1_0", "0x10", "1,5", "5 %", True, False])
def test_cell_is_refused_in_the_words_of_a_server(type_, value):
    cells, bad, reasons = read(type_, [value, None])
    assert [place for place, _ in bad] == [0]
    assert reasons == [said_by_a_server(value, type_)]
    assert math.isnan(cells[1])


@pytest.mark.parametrize("type_", ["float32", "int64"])
@pytest.mark.parametrize("value", [0, -7, 2.5, 1e39, -1e300, 2**53 + 1, 2**63 - 1, 16777217])
def test_number_is_taken_as_a_server_takes_it(type_, value):
    cells, bad, _ = read(type_, [value])
    assert (cells, bad) == (said_by_a_server(value, type_), [])


def test_number_that_json_cannot_hold_is_refused_in_the_words_of_a_server():
    _, bad, reasons = read("float32", ["1e999", "-1e400", "1e308"])
    assert [place for place, _ in bad] == [0, 1]
    with pytest.raises(ServingError) as error:
        parse_document(b'{"instances": [{"x": 1e999}]}')
    assert error.value.message.startswith(reasons[0].removesuffix("."))


def test_marks_of_missing_numbers_are_missing():
    cells, bad, _ = read("float32", ["", "  ", "NA", "null", "?", "nan", None, " 3 ", "+4"])
    assert (bad, cells[-2:]) == ([], [3.0, 4.0])
    assert all(map(math.isnan, cells[:-2]))
    cells, bad, _ = read("float32", ["-99", "1"], missing=frozenset({"-99"}))
    assert (math.isnan(cells[0]), cells[1], bad) == (True, 1.0, [])


def test_texts_are_taken_as_the_table_of_the_training_has_them():
    cells, bad, _ = read("string", ["a", " b ", "", "   ", "NA", "?", None])
    assert (cells, bad) == (["a", " b ", "", "", "NA", "?", ""], [])
    assert read("string", ["a", "?"], missing=frozenset({"?"}))[0] == ["a", ""]
    assert read("string", [7, None])[0] == ["7", ""]
    assert read("string", [7.0, 0.1])[0] == ["7.0", "0.1"]
    assert read("string", [datetime.date(2024, 2, 29)])[0] == ["2024-02-29"]
    assert read("string", [True])[0] == ["True"]


def test_any_type_of_arrow_is_read():
    assert read("float32", [1, 2], pa.int8())[0] == [1.0, 2.0]
    assert read("int64", [1, 2**64 - 1], pa.uint64())[0] == [1.0, 2.0**64]
    assert read("float32", [np.float16(0.5)], pa.float16())[0] == [0.5]
    assert read("float32", [decimal.Decimal("2.50"), None])[0][0] == 2.5
    assert read("string", ["a", None], pa.large_string())[0] == ["a", ""]
    assert read("float32", ["1", "2"], pa.large_string())[0] == [1.0, 2.0]
    dictionary = pa.array(["b", "a", None, "b"]).dictionary_encode()
    assert CellReader("string").read(dictionary.slice(1))[0].tolist() == ["a", "", "b"]
    small = dictionary.cast(pa.dictionary(pa.int8(), pa.string()))
    assert CellReader("string").read(small)[0].tolist() == ["b", "a", "", "b"]
    assert np.isnan(CellReader("int64").read(pa.nulls(3))[0]).all()
    assert read("float32", [datetime.date(2024, 2, 29)])[1] == [(0, "2024-02-29")]


def test_bytes_that_are_no_text_are_refused():
    cells, bad, reasons = read("string", [b"Z\xfcrich", b"a"])
    assert (cells[1], bad, reasons) == ("a", [(0, "Z\\xfcrich")], ["it is not UTF-8 text"])
    assert read("float32", [b"\xff", b"1"])[1] == [(0, "\\xff")]


def test_numbers_are_read_in_their_style():
    style = NumberStyle(",", ".")
    cells, bad, _ = read("float32", ["1.234,5", "7", "1.5x"], style=style)
    assert (cells[:2], bad) == ([1234.5, 7.0], [(2, "1.5x")])
