"""The serialized `tf.Example`s of a classify or regress request."""

from __future__ import annotations

from typing import Any

import numpy as np

from tfx_pipeline.serving.errors import invalid_argument
from tfx_pipeline.serving.json.columns import decoded, encoded, is_base64, json_type
from tfx_pipeline.serving.json.text import pretty

_KINDS = {bool: "int64", int: "int64", float: "float", str: "bytes"}
_LARGEST_INT64 = 2**63 - 1


def serialized_examples(document: dict[str, Any]) -> list[bytes]:
    """Serialize the examples, with the context in front of each: an example's feature prevails.

    INVALID_ARGUMENT: they are none.
    """
    context = _example(document["context"]) if "context" in document else b""
    return [context + _example(each) for each in _listed(document)]


def _listed(document: dict[str, Any]) -> list[Any]:
    listed = document.get("examples")
    if "examples" not in document:
        problem = "When method is classify, key 'examples' is expected and was not found"
    elif type(listed) is not list:
        problem = "Expecting 'examples' value to be an list/array"
    elif not listed:
        problem = "'examples' value is an empty array"
    else:
        return listed
    raise invalid_argument(f"JSON Value: {pretty(document)} {problem}")


def _example(value: Any) -> bytes:
    from tensorflow.core.example import example_pb2

    if type(value) is not dict:
        raise invalid_argument(f"Example must be JSON object but got JSON {json_type(value)}")
    example = example_pb2.Example()
    features = example.features.feature
    for name, content in value.items():
        kind, values = _values(name, content if type(content) is list else [content])
        try:
            feature = features[name]
        except ValueError as error:  # protobuf's names are UTF-8
            raise invalid_argument(f"Feature name is not UTF-8: {pretty(name)}") from error
        if kind:
            getattr(feature, f"{kind}_list").value.extend(values)
    return bytes(example.SerializeToString())


def _values(name: str, elements: list[Any]) -> tuple[str, list[Any]]:
    """Return the kind of a feature, empty if it has no values, and its values."""
    kind = ""
    values = []
    for element in elements:
        its_kind = _kind(name, element)
        kind = kind or its_kind
        if its_kind != kind:
            raise invalid_argument(
                f"Unexpected element type in feature: {name} expecting type: {kind}"
            )
        if kind == "int64" and element > _LARGEST_INT64:
            raise invalid_argument(
                f"Feature: {name} has uint64_t element. Only int64_t is supported."
            )
        if kind == "bytes":
            element = decoded(element) if type(element) is dict else encoded(element)
        values.append(element)
    if kind == "float":
        with np.errstate(over="ignore"):
            values = np.array(values, np.float64).astype(np.float32).tolist()
    if kind == "int64":
        values = list(map(int, values))  # of true and false too
    return kind, values


def _kind(name: str, element: Any) -> str:
    if is_base64(element):
        return "bytes"
    if type(element) not in _KINDS:
        raise invalid_argument(
            f"Feature: {name} has element with unexpected JSON type: {json_type(element)}"
        )
    return _KINDS[type(element)]
