from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.serving.fakes import invalid
from tfx_pipeline.serving.tensors.predict_body import (
    PredictBody,
    _read_usual,
    read_request,
    write_response,
)
from tfx_pipeline.serving.tensors.reading import decode
from tfx_pipeline.serving.tensors.rows import TensorRows
from tfx_pipeline.serving.tensors.wire import message_class, spec_of
from tfx_pipeline.serving.types import ModelSpec

pytestmark = pytest.mark.slow
MIXED = {"s": np.array([b"hi"], object), "i": np.int64([300]), "f": np.float32([[2.5]])}
SMALL = {"a": np.float32([[1.5]]), "bb": np.int64([1, 2]), "c": np.float64(3)}


def request(inputs: dict[str, Any], **spec: Any) -> Any:
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    message = predict_pb2.PredictRequest()
    message.model_spec.name = "m"
    for name, value in spec.items():
        setattr(message.model_spec, name, value)
    for alias, value in inputs.items():
        message.inputs[alias].CopyFrom(tf.make_tensor_proto(value))
    return message


def arrays(body: PredictBody) -> dict[str, Any]:
    if isinstance(body.inputs, TensorRows):
        return body.inputs.by_alias()
    return {alias: body.inputs[alias] for alias in body.inputs}


def same_arrays(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for alias, array in one.items():
        assert (array.dtype, array.shape) == (other[alias].dtype, other[alias].shape)
        np.testing.assert_array_equal(array, other[alias])


@pytest.mark.parametrize(
    ("inputs", "usual"),
    [
        (SMALL, True),
        ({}, True),
        ({"a": np.zeros((1, 31), np.float32)}, False),  # a length of two bytes
        ({"a": np.zeros((0, 2), np.float32)}, False),
        ({"a" * 200: np.float32([1, 2])}, False),
        ({"s": np.array([b"text"], object), **SMALL}, True),
        ({"s": np.array([b""], object)}, True),
        ({"s": np.array([b"two", b"texts"], object)}, False),
        ({"i": np.int32([-1])}, True),
        ({"i": np.int64([[300]]), "j": np.int64(-(2**62)), "b": np.array([True])}, True),
    ],
)
def test_read_request_gives_the_arrays_and_the_spec(inputs: dict[str, Any], usual: bool) -> None:
    data = request(inputs, signature_name="s").SerializeToString()
    assert isinstance(read_request(data).inputs, TensorRows) is usual
    found = read_request(data)
    same_arrays(arrays(found), inputs)
    assert (found.spec, list(found.output_filter)) == (ModelSpec("m", signature_name="s"), [])


def test_read_request_takes_version_label_and_filter() -> None:
    message = request(SMALL)
    message.model_spec.version.value = 7
    message.output_filter.extend(["y", "z"])
    found = read_request(message.SerializeToString())
    assert (found.spec, list(found.output_filter)) == (ModelSpec("m", 7), ["y", "z"])

    labelled = read_request(request({}, version_label="stable").SerializeToString())
    assert labelled.spec == ModelSpec("m", version_label="stable")
    message.ClearField("model_spec")
    assert read_request(message.SerializeToString()).spec is None


def test_read_request_of_the_same_opening_gives_each_its_own_values() -> None:
    for value in (1.0, 2.0, -3.5):
        data = request({"x": np.float32([value, 0])}).SerializeToString()
        assert arrays(read_request(data))["x"].tolist() == [value, 0.0]


def test_read_request_of_a_bad_tensor_fails_where_it_is_asked_for() -> None:
    message = request({"a": np.float32([1, 2])})
    message.inputs["a"].tensor_content = b"123"
    inputs = read_request(message.SerializeToString()).inputs
    assert list(inputs) == ["a"]
    assert invalid(inputs.__getitem__, "a") == "tensor parsing error: a"


def test_write_response_is_read_by_the_official_class() -> None:
    import tensorflow as tf
    from tensorflow_serving.apis import predict_pb2

    outputs = {"y": np.float32([[1], [2]]), "long" * 50: np.arange(300)}
    data = write_response(outputs, ModelSpec("m"), 2**40, False)
    message = predict_pb2.PredictResponse.FromString(data)
    same_arrays({key: tf.make_ndarray(each) for key, each in message.outputs.items()}, outputs)
    spec = message.model_spec
    assert (spec.name, spec.version.value, spec.signature_name) == ("m", 2**40, "serving_default")


def _hidden_key() -> bytes:
    """An entry with its value before its key, where the key looks like a tensor too."""
    tensor = b"\x08\x01\x12\x04\x12\x02\x08\x01\x22\x04" + bytes(4)
    entry = b"\x12" + bytes((len(tensor),)) + tensor + b"\x0a" + bytes((len(tensor),)) + tensor
    return b"\x12" + bytes((len(entry),)) + entry


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 110), damage=st.binary(max_size=6), more=st.binary(max_size=6))
@example(place=0, damage=_hidden_key(), more=b"")
@example(place=39, damage=b"\x08", more=b"")  # a tensor with two data types
def test_usual_reading_agrees_with_protobuf(place: int, damage: bytes, more: bytes) -> None:
    data = request(MIXED).SerializeToString()
    data = data[:place] + damage + data[place + len(damage) :] + more
    try:
        usual = _read_usual(data)
    except (IndexError, TypeError):
        return
    if usual is None:
        return
    message = message_class("PredictRequest").FromString(data)
    assert message.HasField("model_spec") is (usual.spec is not None)
    if usual.spec is not None:
        assert spec_of(message.model_spec) == usual.spec
    same_arrays(arrays(usual), {k: decode(v) for k, v in message.inputs.items()})
    assert not message.output_filter
