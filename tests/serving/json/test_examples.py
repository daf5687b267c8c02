"""Examples of classify and regress requests."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving.fakes import invalid
from tfx_pipeline.serving.errors import Code, ServingError
from tfx_pipeline.serving.json.examples import serialized_examples
from tfx_pipeline.serving.json.parse import parse_document

pytestmark = pytest.mark.slow


def features_of(body: str) -> list[dict[str, list[Any]]]:
    from tensorflow.core.example import example_pb2

    read = []
    for serialized in serialized_examples(parse_document(body.encode())):
        features = example_pb2.Example.FromString(serialized).features.feature
        kinds = {name: feature.WhichOneof("kind") for name, feature in features.items()}
        read.append(
            {
                name: [kind, *getattr(features[name], kind).value] if kind else []
                for name, kind in kinds.items()
            }
        )
    return read


def test_examples_kinds_follow_the_json() -> None:
    body = """{"examples": [
        {"names": ["foo", {"b64": "aGVsbG8="}], "ratings": [8.0, NaN, -Infinity, 1e300], "age": 20},
        {"mix": [1, true, false], "one": 6.5, "none": [], "yes": true}]}"""
    first, second = features_of(body)
    assert first["names"] == ["bytes_list", b"foo", b"hello"]
    assert first["age"] == ["int64_list", 20]
    kind, eight, nan, *infinities = first["ratings"]
    assert (kind, eight, infinities) == ("float_list", 8.0, [-math.inf, math.inf])
    assert math.isnan(nan)
    assert second == {
        "mix": ["int64_list", 1, 1, 0],
        "one": ["float_list", 6.5],
        "none": [],
        "yes": ["int64_list", 1],
    }


def test_examples_context_is_in_front_of_each() -> None:
    body = '{"context": {"query": "pizza", "n": 1}, "examples": [{"n": 2}, {}]}'
    assert features_of(body) == [
        {"query": ["bytes_list", b"pizza"], "n": ["int64_list", 2]},
        {"query": ["bytes_list", b"pizza"], "n": ["int64_list", 1]},
    ]


WRONG = [
    (
        '{"x":1}',
        "JSON Value: {\n    \"x\": 1\n} When method is classify, key 'examples' is expected"
        " and was not found",
    ),
    (
        '{"examples":{}}',
        "JSON Value: {\n    \"examples\": {}\n} Expecting 'examples' value to be an list/array",
    ),
    (
        '{"examples":[]}',
        "JSON Value: {\n    \"examples\": []\n} 'examples' value is an empty array",
    ),
    ('{"context":[]}', "Example must be JSON object but got JSON Array"),
    ('{"examples":[1]}', "Example must be JSON object but got JSON Number"),
    ('{"examples":[{"n":[10,null]}]}', "Feature: n has element with unexpected JSON type: Null"),
    (
        '{"examples":[{"n":[10,{"t":10}]}]}',
        "Feature: n has element with unexpected JSON type: Object",
    ),
    ('{"examples":[{"n":[[10],20]}]}', "Feature: n has element with unexpected JSON type: Array"),
    (
        '{"examples":[{"n":[10,10.0]}]}',
        "Unexpected element type in feature: n expecting type: int64",
    ),
    ('{"examples":[{"n":["a",1]}]}', "Unexpected element type in feature: n expecting type: bytes"),
    (
        '{"examples":[{"n":[20,18446744073709551603]}]}',
        "Feature: n has uint64_t element. Only int64_t is supported.",
    ),
    ('{"examples":[{"n":{"b64":"*"}}]}', "Unable to base64 decode"),
]


@pytest.mark.parametrize(("body", "message"), WRONG)
def test_examples_that_are_wrong_are_told(body: str, message: str) -> None:
    assert invalid(serialized_examples, parse_document(body.encode())) == message


def test_examples_name_that_is_not_utf8_is_told() -> None:
    document = parse_document(b'{"examples":[{"\xff":1}]}')
    assert "Feature name is not UTF-8" in invalid(serialized_examples, document)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text("aé\0"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "b64"]), inner, max_size=2)
    ),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["examples", "context"]), VALUES | st.lists(VALUES)))
@settings(max_examples=150, deadline=None)
def test_examples_any_document_gives_bytes_or_an_error_for_the_client(
    document: dict[str, Any],
) -> None:
    code = Code.OK
    try:
        assert all(isinstance(each, bytes) for each in serialized_examples(document))
    except ServingError as error:
        code = error.code
    assert code in (Code.OK, Code.INVALID_ARGUMENT)
