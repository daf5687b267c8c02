"""Predict requests: arrays, or an error in TensorFlow Serving's words."""

from __future__ import annotations

from typing import Any

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving.fakes import invalid, refusal
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.json.parse import parse_document
from tfx_pipeline.serving.json.request import predict_inputs, signature_name
from tfx_pipeline.serving.types import TensorSpec

DTYPES = {
    "float": 1,
    "double": 2,
    "int32": 3,
    "uint8": 4,
    "int16": 5,
    "int8": 6,
    "string": 7,
    "complex64": 8,
    "int64": 9,
    "bool": 10,
    "bfloat16": 14,
    "uint16": 17,
    "half": 19,
    "uint32": 22,
    "uint64": 23,
}


def specs(**dtypes: str) -> dict[str, TensorSpec]:
    return {name: TensorSpec(name, DTYPES[dtype], None) for name, dtype in dtypes.items()}


def inputs_of(body: str, **dtypes: str) -> dict[str, np.ndarray]:
    return predict_inputs(parse_document(body.encode()), specs(**dtypes))[0]


def message_of(body: str, code: Code = Code.INVALID_ARGUMENT, **dtypes: str) -> str:
    found, message = refusal(inputs_of, body, **dtypes)
    assert found is code
    return message


def rows_message(element: str, words: str) -> str:
    return f"Failed to process element: {element} of 'instances' list. Error: {words}"


def assert_array(array: np.ndarray, expected: Any, dtype: Any) -> None:
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, np.array(expected, dtype))


def test_signature_name_absent_is_empty() -> None:
    assert signature_name({}) == ""
    assert signature_name({"signature_name": "s"}) == "s"


def test_signature_name_no_string_says_so() -> None:
    assert invalid(signature_name, {"signature_name": 5}) == (
        'JSON Value: {\n    "signature_name": 5\n} not formatted correctly.'
        " 'signature_name' key must be a string value."
    )


def test_inputs_bare_rows_are_the_only_input() -> None:
    arrays, row = predict_inputs(
        parse_document(b'{"instances":[[1,2],[3,4],[5,6]]}'), specs(x="int32")
    )
    assert row
    assert_array(arrays["x"], [[1, 2], [3, 4], [5, 6]], np.int32)


def test_inputs_columnar_value_is_the_only_input() -> None:
    arrays, row = predict_inputs(parse_document(b'{"inputs":[[[1,2]]]}'), specs(x="int32"))
    assert not row
    assert_array(arrays["x"], [[[1, 2]]], np.int32)


def test_inputs_columnar_scalar_has_no_axes() -> None:
    assert_array(inputs_of('{"inputs":2.5}', x="float")["x"], 2.5, np.float32)


def test_inputs_rows_of_several_types_have_their_values() -> None:
    body = """{"instances": [
        {"i": [[1,2],[3,4]], "s": ["foo", "bar"], "f": [1.0, NaN], "d": [NaN], "g": 3},
        {"i": [[7,8],[9,0]], "s": ["baz", "bat"], "f": [2, Infinity], "d": [2.0], "g": 0.5}]}"""
    arrays = inputs_of(body, f="float", i="int32", s="string", d="double", g="float")
    assert list(arrays) == ["f", "g", "i", "s", "d"]
    assert_array(arrays["i"], [[[1, 2], [3, 4]], [[7, 8], [9, 0]]], np.int32)
    assert_array(arrays["f"], [[1, np.nan], [2, np.inf]], np.float32)
    assert_array(arrays["d"], [[np.nan], [2]], np.float64)
    assert_array(arrays["g"], [3, 0.5], np.float32)
    assert arrays["s"].tolist() == [[b"foo", b"bar"], [b"baz", b"bat"]]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_inputs_rows_of_one_type_keep_their_columns(count: int) -> None:
    rows = [{"b": [index, -1], "a": [index + 0.5, 7]} for index in range(count)]
    arrays = inputs_of(orjson.dumps({"instances": rows}).decode(), a="float", b="float")
    assert_array(arrays["a"], [row["a"] for row in rows], np.float32)
    assert_array(arrays["b"], [row["b"] for row in rows], np.float32)
    assert all(array.flags.c_contiguous for array in arrays.values())


def test_inputs_columnar_object_ignores_other_names() -> None:
    body = '{"inputs": {"i": [[1]], "b": {"b64": "aGVsbG8="}, "other": null}}'
    arrays = inputs_of(body, b="string", i="int64")
    assert_array(arrays["i"], [[1]], np.int64)
    assert arrays["b"].shape == ()
    assert arrays["b"].item() == b"hello"


@pytest.mark.parametrize("form", ['{{"instances":{}}}', '{{"inputs":{}}}'])
def test_inputs_strings_mix_with_base64(form: str) -> None:
    body = form.format('[[{"b64":"aGVsbG8="}, "w\\u00f6"], ["", {"b64":"/w"}]]')
    assert inputs_of(body, x="string")["x"].tolist() == [[b"hello", b"w\xc3\xb6"], [b"", b"\xff"]]


def test_inputs_string_that_is_not_utf8_keeps_its_bytes() -> None:
    arrays, _ = predict_inputs(
        parse_document(b'{"instances":["\xff\\u00e9", "a"]}'), specs(x="string")
    )
    assert arrays["x"].tolist() == [b"\xff\xc3\xa9", b"a"]


@pytest.mark.parametrize("code", ["aGVsbG8", "aGVs bG8=\\n", "aGVsbG8."])
def test_inputs_base64_white_space_and_padding_are_free(code: str) -> None:
    assert inputs_of(f'{{"inputs":{{"b64":"{code}"}}}}', x="string")["x"].item() == b"hello"


@pytest.mark.parametrize("code", ["a", "aGVsbG8==", "aG*s", "=aGVs", "aGVsbG8-"])
def test_inputs_bad_base64_says_so(code: str) -> None:
    assert message_of(f'{{"inputs":{{"b64":"{code}"}}}}', x="string") == "Unable to base64 decode"


@pytest.mark.parametrize(
    ("dtype", "text", "array_type"),
    [
        ("float", "[1, 2.5, 1435774380]", np.float32),
        ("double", "[1, 2.5, 18446744073709551615]", np.float64),
        ("int32", "[-2147483648, 2147483647]", np.int32),
        ("int64", "[-9223372036854775808, 9223372036854775807]", np.int64),
        ("uint32", "[0, 4294967295]", np.uint32),
        ("uint64", "[0, 18446744073709551615]", np.uint64),
        ("bool", "[true, false]", np.bool_),
    ],
)
def test_inputs_each_type_takes_its_range(dtype: str, text: str, array_type: type) -> None:
    array = inputs_of(f'{{"instances":{text}}}', x=dtype)["x"]
    assert_array(array, orjson.loads(text), array_type)


@pytest.mark.parametrize(
    ("dtype", "text"),
    [
        ("float", '"x"'),
        ("float", "true"),
        ("float", "null"),
        ("double", '{"b64":"eA=="}'),
        ("int32", "1.0"),
        ("int32", "2147483648"),
        ("int8", "4294967296"),
        ("int64", "9223372036854775808"),
        ("uint32", "-1"),
        ("uint64", "-1"),
        ("uint64", "18446744073709551616"),
        ("bool", "1"),
        ("string", "1"),
    ],
)
def test_inputs_wrong_type_is_named(dtype: str, text: str) -> None:
    kinds = {"t": "True", "n": "Null", '"': "String", "{": "Object"}
    message = message_of(f'{{"inputs":{text}}}', x=dtype)
    assert message.startswith("JSON Value: ")
    assert message.endswith(
        f" Type: {kinds.get(text[0], 'Number')} is not of expected type: {dtype}"
    )
    assert message_of(f'{{"instances":[{text}]}}', x=dtype) == rows_message(
        "0", f"INVALID_ARGUMENT: {message}"
    )


def test_inputs_small_integers_lose_their_upper_bits() -> None:
    assert_array(inputs_of('{"inputs":[300, -1]}', x="uint8")["x"], [44, 255], np.uint8)
    assert_array(inputs_of('{"inputs":[200]}', x="int8")["x"], [-56], np.int8)
    assert_array(inputs_of('{"inputs":[40000]}', x="int16")["x"], [-25536], np.int16)


def test_inputs_beyond_float32_are_infinite_or_zero() -> None:
    body = '{"instances":[1.7e308, -1.7e308, 2.2e-308, -2.2e-308]}'
    array = inputs_of(body, x="float")["x"]
    assert [str(number) for number in array] == ["inf", "-inf", "0.0", "-0.0"]


@pytest.mark.parametrize("dtype", ["half", "bfloat16", "complex64", "uint16"])
def test_inputs_of_a_type_json_lacks_are_unimplemented(dtype: str) -> None:
    words = f"Conversion of JSON Value: 1.5 to type: {dtype}"
    assert message_of('{"inputs":[1.5]}', Code.UNIMPLEMENTED, x=dtype) == words
    assert message_of('{"instances":[1.5]}', x=dtype) == rows_message(
        "0", f"UNIMPLEMENTED: {words}"
    )
    empty = message_of('{"inputs":[]}', Code.UNIMPLEMENTED, x=dtype)
    assert empty == f"Conversion of JSON Value: [] to type: {dtype}"


def test_inputs_shapes_are_not_those_of_the_signature() -> None:
    spec = {"x": TensorSpec("x", DTYPES["float"], (-1, 1))}
    arrays, _ = predict_inputs({"instances": [2, 3, 4]}, spec)
    assert arrays["x"].shape == (3,)


@pytest.mark.parametrize(
    ("text", "shape"), [("[]", (0,)), ("[[],[]]", (2, 0)), ("[[[],[]]]", (1, 2, 0))]
)
def test_inputs_empty_lists_have_a_shape(text: str, shape: tuple[int, ...]) -> None:
    assert inputs_of(f'{{"inputs":{text}}}', x="float")["x"].shape == shape


WRONG_FORMS = [
    (
        '{"instances":[1],"inputs":[1]}',
        'JSON Value: {\n    "instances": [1],\n    "inputs": [1]\n} Not formatted correctly'
        " expecting only one of 'inputs' or 'instances' keys to exist ",
    ),
    (
        '{"instances":1}',
        "JSON Value: {\n    \"instances\": 1\n} Expecting 'instances' to be an list/array",
    ),
    ('{"instances":[]}', "JSON Value: {\n    \"instances\": []\n} No values in 'instances' array"),
    ("{}", "Missing 'inputs' or 'instances' key"),
    ('{"inputs":{}}', "Missing named input: x in 'inputs' object."),
    ('{"instances":[1,{"x":1}]}', "Expecting value/list but got object at item 1 of input list"),
    ('{"instances":[{"x":1},1]}', "Expecting object but got list at item 1 of input list"),
    (
        '{"instances":[{"x":1},{"b64":"eA=="}]}',
        "Expecting object but got list at item 1 of input list",
    ),
]


@pytest.mark.parametrize(("body", "message"), WRONG_FORMS)
def test_inputs_wrong_form_is_told(body: str, message: str) -> None:
    assert message_of(body, x="float") == message


IRREGULAR_ROWS = [
    ("[[1,2],[3,4,5]]", "1", "Expecting tensor size: 2 but got: 3"),
    ("[[1,2],[[3,4]]]", "1", "Expecting shape [2] but got: [1,2]"),
    ("[1,[1]]", "1", "Expecting shape [] but got: [1]"),
    ("[[[1,2],[3]]]", "0", "Encountered list at unexpected size: 1 at level: 1 expected size: 2"),
    ("[[1,[2]]]", "0", "Encountered list at unexpected level: 1 expected < 1"),
    (
        "[[[1],2]]",
        "0",
        "JSON Value: 2 found at incorrect level: 2 in the JSON DOM. Expected at level: 2",
    ),
    ('[[1],["a"]]', "1", 'JSON Value: "a" Type: String is not of expected type: float'),
]


@pytest.mark.parametrize(("rows", "element", "words"), IRREGULAR_ROWS)
def test_inputs_irregular_rows_are_told(rows: str, element: str, words: str) -> None:
    expected = rows_message(element, f"INVALID_ARGUMENT: {words}")
    assert message_of(f'{{"instances":{rows}}}', x="float") == expected
    columns = orjson.dumps({"instances": [{"x": each} for each in orjson.loads(rows)]}).decode()
    expected = rows_message(f"{element} key: x", f"INVALID_ARGUMENT: {words}")
    assert message_of(columns, x="float") == expected


def test_inputs_irregular_columns_are_told() -> None:
    message = message_of('{"inputs":[[1,2],[3]]}', x="float")
    assert message == "Encountered list at unexpected size: 1 at level: 1 expected size: 2"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            '{"a":1,"z":2}',
            rows_message("0 key: z", "INVALID_ARGUMENT: JSON object: does not have named input: z"),
        ),
        (
            '{"b":1}',
            "Failed to process element: 0 of 'instances' list."
            ' JSON object: {\n    "b": 1\n} keys must be equal to: a,b',
        ),
    ],
)
def test_inputs_wrong_names_in_a_row_are_told(row: str, message: str) -> None:
    assert message_of(f'{{"instances":[{row}]}}', b="float", a="float") == message


def test_inputs_bare_values_for_several_inputs_are_told() -> None:
    assert message_of('{"instances":[1]}', a="float", b="float") == (
        "instances is a plain list, but expecting list of objects as multiple input tensors"
        " required as per tensorinfo_map"
    )
    assert message_of('{"inputs":[1]}', a="float", b="float") == (
        "inputs is a plain value/list, but expecting an object as multiple input tensors"
        " required as per tensorinfo_map"
    )


def test_inputs_base64_row_is_a_value_not_an_object() -> None:
    assert inputs_of('{"instances":[{"b64":"eA=="}]}', b64="string")["b64"].tolist() == [b"x"]
    assert inputs_of('{"instances":[{"b64":["x"]}]}', b64="string")["b64"].tolist() == [[b"x"]]


def test_inputs_signature_without_inputs_is_told() -> None:
    assert message_of("{}") == "Failed to get input map for signature: DEFAULT"
    message = message_of('{"signature_name":"s"}')
    assert message == "Failed to get input map for signature: s"


@pytest.mark.parametrize("rank", [31, 32, 400, 100_000])
def test_inputs_many_axes_are_an_error_from_some_number_on(rank: int) -> None:
    body = f'{{"inputs":{"[" * rank}1{"]" * rank}}}'
    if rank < 32:
        assert inputs_of(body, x="int32")["x"].shape == (1,) * rank
    else:
        assert message_of(body, x="int32").endswith(" has too many dimensions")


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.sampled_from(["", "a", "é"])
    | st.just({"b64": "eA=="})
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "y", "b64"]), inner, max_size=3)
    ),
    max_leaves=8,
)
REGULAR = st.sampled_from([[1, 2], [[1.5], [2.5]], ["a"], [{"x": 1, "y": "a"}] * 2])


@given(
    st.dictionaries(st.sampled_from(["instances", "inputs"]), VALUES | REGULAR, min_size=1),
    st.dictionaries(st.sampled_from(["x", "y", "b64"]), st.sampled_from(sorted(DTYPES))),
)
@settings(max_examples=200, deadline=None)
def test_inputs_any_document_gives_arrays_or_an_error_for_the_client(
    document: dict[str, Any], dtypes: dict[str, str]
) -> None:
    try:
        arrays, row = predict_inputs(document, specs(**dtypes))
    except ServingError as error:
        code = error.code
    else:
        code = Code.OK
        assert row == ("instances" in document)
        assert set(arrays) <= set(dtypes)
        assert not row or {len(each) for each in arrays.values()} == {len(document["instances"])}
    assert code in (Code.OK, Code.INVALID_ARGUMENT, Code.UNIMPLEMENTED)
