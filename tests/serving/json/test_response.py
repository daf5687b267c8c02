"""Responses, byte for byte: the layouts were compared with RapidJSON 1.1.0's own."""

from __future__ import annotations

import json

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving.fakes import invalid
from tfx_pipeline.serving.json.response import (
    classifications_body,
    error_body,
    predictions_body,
    regressions_body,
)

OUTPUTS = {
    "double_scalar_tensor": np.array([8.0, 9.0]),
    "float_tensor": np.array([[1.0], [2.0]], np.float32),
    "int_tensor": np.array([[[1, 2], [3, 4]], [[7, 8], [9, 0]]], np.int32),
    "str_tensor": np.array([[b"foo", b"bar"], [b"baz", b"bat"]], object),
    "str_tensor_bytes": np.array([[b"hello"], [b"tf"]], object),
}


def test_predictions_row_one_output_is_bare() -> None:
    response = predictions_body({"y": np.array([2.5, 3.0, 4.5], np.float32)}, True)
    assert response == b'{\n    "predictions": [2.5, 3.0, 4.5\n    ]\n}'


def test_predictions_row_lists_are_on_one_line() -> None:
    response = predictions_body({"y": np.array([[1, 2], [3, 4]], np.int64)}, True)
    assert response == b'{\n    "predictions": [[1, 2], [3, 4]\n    ]\n}'


def test_predictions_row_several_outputs_are_objects() -> None:
    outputs = {name: OUTPUTS[name] for name in ("float_tensor", "str_tensor_bytes")}
    assert (
        predictions_body(outputs, True).decode()
        == """{
    "predictions": [
        {
            "float_tensor": [1.0],
            "str_tensor_bytes": [{
                    "b64": "aGVsbG8="
                }]
        },
        {
            "float_tensor": [2.0],
            "str_tensor_bytes": [{
                    "b64": "dGY="
                }]
        }
    ]
}"""
    )


def test_predictions_columnar_has_an_element_a_line() -> None:
    outputs = {"y": np.array([[1.5], [2]], np.float32)}
    assert (
        predictions_body(outputs, False).decode()
        == """{
    "outputs": [
        [
            1.5
        ],
        [
            2.0
        ]
    ]
}"""
    )


def test_predictions_columnar_scalar_is_bare() -> None:
    response = predictions_body({"y": np.float32(4.5).reshape(())}, False)
    assert response == b'{\n    "outputs": 4.5\n}'


def test_predictions_row_many_kinds_have_their_values() -> None:
    assert json.loads(predictions_body(OUTPUTS, True)) == {
        "predictions": [
            {
                "double_scalar_tensor": 8.0,
                "float_tensor": [1.0],
                "int_tensor": [[1, 2], [3, 4]],
                "str_tensor": ["foo", "bar"],
                "str_tensor_bytes": [{"b64": "aGVsbG8="}],
            },
            {
                "double_scalar_tensor": 9.0,
                "float_tensor": [2.0],
                "int_tensor": [[7, 8], [9, 0]],
                "str_tensor": ["baz", "bat"],
                "str_tensor_bytes": [{"b64": "dGY="}],
            },
        ]
    }


def test_predictions_columnar_many_kinds_have_their_values() -> None:
    assert json.loads(predictions_body(OUTPUTS, False)) == {
        "outputs": {
            "double_scalar_tensor": [8.0, 9.0],
            "float_tensor": [[1.0], [2.0]],
            "int_tensor": [[[1, 2], [3, 4]], [[7, 8], [9, 0]]],
            "str_tensor": [["foo", "bar"], ["baz", "bat"]],
            "str_tensor_bytes": [[{"b64": "aGVsbG8="}], [{"b64": "dGY="}]],
        }
    }


def test_predictions_numbers_that_are_not_finite_are_bare() -> None:
    array = np.array([[np.nan, np.inf], [3, -np.inf]], np.float32)
    response = predictions_body({"y": array}, True)
    assert response == b'{\n    "predictions": [[NaN, Infinity], [3.0, -Infinity]\n    ]\n}'


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array([-128], np.int8), "-128"),
        (np.array([255], np.uint8), "255"),
        (np.array([2**64 - 1], np.uint64), "18446744073709551615"),
        (np.array([-(2**63)], np.int64), "-9223372036854775808"),
        (np.array([True]), "true"),
        (np.array([b'a"\\\n\x0b\x7f/\xff'], object), '"a\\"\\\\\\n\\u000B\x7f/\xff"'),
    ],
)
def test_predictions_each_type_is_written(array: np.ndarray, text: str) -> None:
    expected = f'{{\n    "predictions": [{text}\n    ]\n}}'.encode("latin-1")
    assert predictions_body({"y": array}, True) == expected


@pytest.mark.parametrize("shape", [(0,), (0, 2), (0, 3, 4)])
def test_predictions_no_rows_is_an_empty_list(shape: tuple[int, ...]) -> None:
    for outputs in (["y"], ["y", "z"]):
        arrays = {name: np.zeros(shape, np.float32) for name in outputs}
        response = predictions_body(arrays, True)
        assert response == b'{\n    "predictions": []\n}'


def test_predictions_empty_inner_axis_gives_empty_lists() -> None:
    outputs = {"y": np.zeros((2, 0), np.float32)}
    assert json.loads(predictions_body(outputs, True)) == {"predictions": [[], []]}
    assert json.loads(predictions_body(outputs, False)) == {"outputs": [[], []]}


def test_predictions_names_may_hold_anything() -> None:
    outputs = {'a%s"é': np.ones(1), "b{}": np.ones(1)}
    expected = {'a%s"é': 1.0, "b{}": 1.0}
    assert json.loads(predictions_body(outputs, True)) == {"predictions": [expected]}


def test_predictions_without_a_batch_says_so() -> None:
    assert (
        invalid(predictions_body, {"y": np.ones(())}, True)
        == "Tensor name: y has no shape information "
    )


def test_predictions_of_different_batch_sizes_says_so() -> None:
    message = invalid(predictions_body, {"x": np.ones(1), "y": np.ones(2)}, True)
    assert message == "Tensor name: y has inconsistent batch size: 2 expecting: 1"


@pytest.mark.parametrize(
    ("dtype", "name"),
    [(np.complex64, "complex64"), (np.float16, "half"), (np.uint16, "uint16")],
)
def test_predictions_of_a_type_json_lacks_says_so(dtype: type, name: str) -> None:
    message = invalid(predictions_body, {"y": np.ones(2, dtype)}, True)
    assert message == f"Failed to write JSON value for tensor type: {name}"


def test_predictions_of_nothing_says_so() -> None:
    assert invalid(predictions_body, {}, True) == "Cannot convert empty tensor map to JSON"


def test_classifications_are_labels_and_scores() -> None:
    results = [[("car", 0.2), (b"bike", 0.7)], [("b\xe9", 1.0)], []]
    assert classifications_body(results).decode() == (
        '{\n    "results": [[["car", 0.2], ["bike", 0.7]], [["b\xe9", 1.0]], []\n    ]\n}'
    )


def test_regressions_are_on_one_line() -> None:
    response = regressions_body([0.2, float("inf"), 1.0, float("-inf"), float("nan")])
    assert response == b'{\n    "results": [0.2, Infinity, 1.0, -Infinity, NaN]\n}'


def test_results_that_are_empty_say_so() -> None:
    for kind, body in (("Classification", classifications_body), ("Regression", regressions_body)):
        assert invalid(body, []) == f"Cannot convert empty {kind}Results to JSON"


def test_error_message_is_quoted() -> None:
    assert error_body('Bad key: "key"\n') == b'{\n    "error": "Bad key: \\"key\\"\\n"\n}'
    assert error_body("raw \udcff") == b'{\n    "error": "raw \xff"\n}'


@given(
    st.lists(st.integers(0, 4), min_size=1, max_size=4),
    st.sampled_from(["float32", "float64", "int16", "bool", "object"]),
    st.booleans(),
    st.integers(1, 3),
)
@settings(max_examples=60, deadline=None)
def test_predictions_any_shape_gives_its_values(
    shape: list[int], dtype: str, row: bool, count: int
) -> None:
    numbers = np.arange(np.prod(shape)).reshape(shape) % 7
    array = numbers.astype(dtype) / 2 if dtype.startswith("float") else numbers.astype(dtype)
    if dtype == "object":
        array = np.array([b"%d" % n for n in numbers.ravel()] + [None], object)[:-1].reshape(shape)
    plain = [str(n) for n in numbers.ravel()]
    values = (
        np.array(plain, object).reshape(shape).tolist() if dtype == "object" else array.tolist()
    )
    names = [f"y{index}" for index in range(count)]
    found = orjson.loads(predictions_body(dict.fromkeys(names, array), row))
    if row:
        rows = [dict.fromkeys(names, value) for value in values] if count > 1 else values
        assert found == {"predictions": rows}
    else:
        assert found == {"outputs": dict.fromkeys(names, values) if count > 1 else values}
