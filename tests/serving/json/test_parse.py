"""What counts as JSON, and RapidJSON's words for what does not. The words and offsets were
compared with RapidJSON 1.1.0 itself, compiled with TensorFlow Serving's flags."""

from __future__ import annotations

import json
import math

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving.fakes import invalid
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.json.parse import _load_exactly, parse_document
from tfx_pipeline.serving.json.text import pretty


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The document is empty"),
        (b" \n", "The document is empty. at offset: 2"),
        (b"]", "The document is empty. at offset: 0"),
        (b"hello", "Invalid value. at offset: 0"),
        (b"+1", "Invalid value. at offset: 0"),
        (b'{"a":nul}', "Invalid value. at offset: 8"),
        (b'{"a":1,}', "Missing a name for object member. at offset: 7"),
        (b'{"a" 1}', "Missing a colon after a name of object member. at offset: 5"),
        (b'{"a":1', "Missing a comma or '}' after an object member. at offset: 6"),
        (b'{"a":[1 2]}', "Missing a comma or ']' after an array element. at offset: 8"),
        (b'{"a":1.}', "Miss fraction part in number. at offset: 7"),
        (b'{"a":1e}', "Miss exponent in number. at offset: 7"),
        (b'{"a":1e999}', "Number too big to be stored in double. at offset: 5"),
        (b'{"a":"b', "Missing a closing quotation mark in string. at offset: 7"),
        (b'{"a":"\\q"}', "Invalid escape character in string. at offset: 6"),
        (b'{"a":"\x01"}', "Invalid escape character in string. at offset: 6"),
        (b'{"a":"\\u12"}', "Incorrect hex digit after \\u escape in string. at offset: 6"),
        (b'{"a":"\\ud800"}', "The surrogate pair in string is invalid. at offset: 6"),
        (b"\xef\xbb\xbf", "The document is empty. at offset: 3"),
        (b'\xef\xbb\xbf{"a":x}', "Invalid value. at offset: 8"),
        (b'{"\xff\xfe":x}', "Invalid value. at offset: 6"),
    ],
)
def test_parse_what_is_no_json_says_where(body: bytes, words: str) -> None:
    assert invalid(parse_document, body) == f"JSON Parse error: {words}"


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"[1, 2.5]", "[1, 2.5]"),
        (b'"x"', '"x"'),
        (b"null", "null"),
        (b"01", "0"),  # the root ends after its first digit
        (b'[{"a":true}]', '[{\n        "a": true\n    }]'),
        (b"[1e20,1e21,1e22,1.5e-7,1e-6,-0.0]", None),
    ],
)
def test_parse_root_that_is_no_object_shows_it(body: bytes, shown: str | None) -> None:
    shown = shown or "[100000000000000000000.0, 1e21, 1e22, 1.5e-7, 0.000001, -0.0]"
    assert invalid(parse_document, body) == f"JSON Value: {shown} Is not object"


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("NaN", math.nan),
        ("-NaN", math.nan),
        ("Inf", math.inf),
        ("-Inf", -math.inf),
        ("Infinity", math.inf),
        ("-Infinity", -math.inf),
    ],
)
def test_parse_number_that_is_not_finite_is_taken(text: str, number: float) -> None:
    found = parse_document(f'{{"a":{text}}}'.encode())["a"]
    assert type(found) is float
    assert repr(found) == repr(number)


def test_parse_numbers_keep_their_kind() -> None:
    numbers = parse_document(
        b'{"a":[1, 1.0, 1e2, -0, 18446744073709551615, 18446744073709551616]}'
    )["a"]
    assert numbers == [1, 1.0, 100.0, 0, 2**64 - 1, 2.0**64]
    assert list(map(type, numbers)) == [int, float, float, int, int, float]


@pytest.mark.parametrize("after", [b" x", b"}", b'{"b":2}', b"\0\xff", b"[" * 5000])
def test_parse_text_after_the_root_is_ignored(after: bytes) -> None:
    assert parse_document(b'{"a":1}' + after) == {"a": 1}


@pytest.mark.parametrize(
    ("body", "document"),
    [
        (b'{"a":1,"a":2}', {"a": 1}),
        (b'{"a":1,"a" :2}', {"a": 1}),
        (b'{"a":NaN,"b":"x:","b":{"c":1}}', None),
        (b'{"x":[{"a":1,"b":":","a":2}]}', {"x": [{"a": 1, "b": ":"}]}),
        (b'{"x":{"y":"{"},"x":{"y":{"z":1}}}', {"x": {"y": "{"}}),
        (b'{"a":1,"\\u0061":2}', {"a": 1}),
    ],
)
def test_parse_repeated_name_first_counts(body: bytes, document: dict[str, object] | None) -> None:
    found = parse_document(body)
    if document is None:
        assert math.isnan(found["a"])
        assert found["b"] == "x:"
    else:
        assert found == document


def test_parse_colons_in_strings_change_nothing() -> None:
    body = b'{"when":"2015-10-01 00:15:00","x" : "a\\":b", "y":" :", "z":{"b":"{\\":"}}'
    assert parse_document(body) == json.loads(body)


def test_parse_bytes_that_are_not_utf8_are_kept() -> None:
    found = parse_document(b'{"a\xff":["\xfe\\u00e9", "\xc3\xa9"]}')
    [(name, texts)] = found.items()
    assert name.encode("utf-8", "surrogateescape") == b"a\xff"
    assert [each.encode("utf-8", "surrogateescape") for each in texts] == [
        b"\xfe\xc3\xa9",
        b"\xc3\xa9",
    ]


def test_parse_byte_order_mark_is_skipped() -> None:
    assert parse_document(b'\xef\xbb\xbf{"a":1} x') == {"a": 1}


def test_parse_deep_nesting_beside_what_counts_is_taken() -> None:
    deep = b"[" * 500_000 + b"]" * 500_000
    assert parse_document(b'{"instances":[1],"nested":' + deep + b"}")["instances"] == [1]


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_parse_deep_nesting_without_an_end_is_an_error(opening: bytes) -> None:
    assert invalid(parse_document, opening * 100_000).startswith("JSON Parse error: ")


def test_pretty_long_value_is_cut_after_the_limit() -> None:
    shown = pretty({"a": ["x" * 100, "y" * 100, "z" * 100, "never"]})
    assert shown == f'{{\n    "a": ["{"x" * 100}", "{"y" * 100}", "{"z" * 100}"'


def test_pretty_number_that_is_not_finite_ends_the_text() -> None:
    assert pretty({"a": [1, math.nan, 2]}) == '{\n    "a": [1, '


def test_pretty_empty_and_nested_values_follow_the_layout() -> None:
    assert pretty({"a": [], "b": {}, "c": [{"d": "\x0b"}]}) == (
        '{\n    "a": [],\n    "b": {},\n    "c": [{\n            "d": "\\u000B"\n        }]\n}'
    )


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.integers(-(10**9), 10**9).map(lambda number: number / 1000)  # exact in both libraries
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
)


@given(st.dictionaries(st.text("ab:{ \"'\\"), JSON_VALUES))
@settings(max_examples=60, deadline=None)
def test_parse_any_document_is_the_same_on_every_path(document: dict[str, object]) -> None:
    body = orjson.dumps(document)
    assert parse_document(body) == document
    assert _load_exactly(body) == document
    spaced = json.dumps(document, indent=1, separators=(" , ", " : ")).encode()
    assert parse_document(spaced) == document


PIECES = (
    b'{ } [ ] , : " \\ 0 1 - . e NaN Inf inity true null a \xff \xc3\xa9 \x00 "a": \\u00'.split(
        b" "
    )
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join) | st.binary(max_size=20))
@settings(max_examples=300, deadline=None)
def test_parse_any_bytes_gives_an_object_or_an_error_for_the_client(body: bytes) -> None:
    code, message = Code.INVALID_ARGUMENT, "JSON Value: "
    try:
        assert isinstance(parse_document(body), dict)
    except ServingError as error:
        code, message = error.code, error.message
    assert code is Code.INVALID_ARGUMENT
    assert message.startswith(("JSON Parse error: ", "JSON Value: "))
