from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_pipeline.serving.tensors.reading import decode
from tfx_pipeline.serving.tensors.writing import encode

pytestmark = pytest.mark.slow

ARRAYS = [
    np.float32([[1.5, -2], [3, np.inf]]),
    np.float32(7),
    np.float64([0.1]),
    np.int32([-1]),
    np.int32([2**31 - 1, -(2**31)]),
    np.uint8([0, 255]),
    np.uint8([200]),
    np.int16([[-5]]),
    np.int8([-128]),
    np.uint16([65535]),
    np.int64([[-(2**63)]]),
    np.int64([5]),
    np.int64([1, 2, 3]),
    np.uint32([2**32 - 1]),
    np.uint64([2**64 - 1]),
    np.array([True]),
    np.array([True, False, True]),
    np.float16([1.5, -0.1]),
    np.complex64([1 + 2j]),
    np.complex128([[1 - 2j, 3j]]),
    np.zeros((0, 3), np.float32),
    np.array(b"one", object),
    np.array(b"", object),
    np.array([b""], object),
    np.array([[b"a" * 300]], object),
    np.array([b"", b"\xff\0", b"three"], object),
    np.array([], object),
    np.arange(1000, dtype=np.float32).reshape(10, 100),
]
IDS = [f"{i}-{array.dtype}{list(array.shape)}" for i, array in enumerate(ARRAYS)]


def same(one: Any, other: Any) -> None:
    assert (one.dtype, one.shape) == (other.dtype, other.shape)
    np.testing.assert_array_equal(one, other)


def proto(**fields: Any) -> Any:
    """Make a TensorProto; `shape` is a list."""
    from tensorflow.core.framework import tensor_pb2

    shape = fields.pop("shape", [])
    message = tensor_pb2.TensorProto(**fields)
    message.tensor_shape.SetInParent()
    for size in shape:
        message.tensor_shape.dim.add(size=size)
    return message


def body(**fields: Any) -> bytes:
    return proto(**fields).SerializeToString()


@pytest.mark.parametrize("array", ARRAYS, ids=IDS)
def test_decode_of_what_tensorflow_writes_gives_the_array(array: Any) -> None:
    import tensorflow as tf

    same(decode(tf.make_tensor_proto(array).SerializeToString()), array)


@pytest.mark.parametrize("as_content", [False, True])
@pytest.mark.parametrize("array", ARRAYS, ids=IDS)
def test_decode_of_what_encode_writes_gives_the_array(array: Any, as_content: bool) -> None:
    same(decode(encode(array, as_content)), array)


@pytest.mark.parametrize("array", ARRAYS, ids=IDS)
def test_encode_is_read_by_tensorflow(array: Any) -> None:
    import tensorflow as tf

    message = proto()
    message.ParseFromString(encode(array))
    assert not message.tensor_content
    same(tf.make_ndarray(message), array)


def test_encode_of_an_array_that_is_not_contiguous_writes_its_values() -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3).T
    same(decode(encode(array)), array)
    same(decode(encode(array.astype(np.float16))), array.astype(np.float16))


def test_bfloat16_goes_both_ways() -> None:
    import tensorflow as tf

    array = np.asarray([1.5, -2], tf.bfloat16.as_numpy_dtype)
    same(decode(encode(array)), array)
    same(decode(encode(array, as_content=True)), array)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (body(dtype=1, shape=[3], float_val=[1, 2]), np.float32([1, 2, 2])),
        (body(dtype=1, shape=[3], float_val=[1]), np.float32([1, 1, 1])),
        (body(dtype=1, shape=[2]), np.float32([0, 0])),
        (body(dtype=1, shape=[1], float_val=[1, 2]), np.float32([1])),
        (body(dtype=9, shape=[2], int64_val=[7]), np.int64([7, 7])),
        (body(dtype=9, shape=[1], int64_val=[7, 8]), np.int64([7])),
        (body(dtype=4, shape=[1], int_val=[257]), np.uint8([1])),
        (body(dtype=19, shape=[2], half_val=[0x3C00]), np.float16([1, 1])),
        (body(dtype=8, shape=[2], scomplex_val=[1, 2]), np.complex64([1 + 2j, 1 + 2j])),
        (body(dtype=7, shape=[2], string_val=[b"a"]), np.array([b"a", b"a"], object)),
        (body(dtype=7, shape=[2]), np.array([b"", b""], object)),
        (body(dtype=7, shape=[2], tensor_content=b"\1\2abc"), np.array([b"a", b"bc"], object)),
        (body(dtype=10, shape=[], bool_val=[True]), np.array(True)),
    ],
)
def test_decode_of_shorthand_follows_tensorflow(data: bytes, expected: Any) -> None:
    same(decode(data), expected)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"\x08\x01\x12",
        body(dtype=0, shape=[1], float_val=[1]),
        body(dtype=99, shape=[1], float_val=[1]),
        body(dtype=20, shape=[1]),
        body(dtype=1, shape=[-1], float_val=[1]),
        body(dtype=1, shape=[2], tensor_content=b"1234"),
        body(dtype=1, shape=[1], tensor_content=b"12345678"),
        body(dtype=1, shape=[2**40], float_val=[1]),
        body(dtype=7, shape=[2**40], string_val=[b"a"]),
        body(dtype=11, shape=[2**40], int_val=[1]),
        body(dtype=1, shape=[2**40, 2**40]),
        body(dtype=1, shape=[1] * 40, float_val=[1]),
        body(dtype=7, shape=[2], tensor_content=b"\1\3abc"),
        body(dtype=7, shape=[3], tensor_content=b"\1"),
        body(dtype=7, shape=[1], tensor_content=b"\xff\xff"),
    ],
)
def test_decode_of_what_is_no_tensor_raises(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the text is for nobody
        decode(data)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=40), st.sampled_from(range(len(ARRAYS))), st.integers(0, 60))
def test_decode_of_damaged_bytes_gives_an_array_or_raises(
    damage: bytes, which: int, place: int
) -> None:
    data = encode(ARRAYS[which])
    try:
        array = decode(data[:place] + damage + data[place + len(damage) :])
    except ValueError:
        return
    assert isinstance(array, np.ndarray)
