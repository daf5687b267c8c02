"""Arrays to serialized `TensorProto`s, as TensorFlow's `Tensor::AsProtoField` writes them."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from tfx_pipeline.serving.tensors.reading import (
    CONTENT_TAG,
    HALF,
    RAW_TAGS,
    REMEMBERED,
    STRING,
    TYPES,
)

_NUMBERS = {np.dtype(name): number for number, (name, _, _) in TYPES.items()}


def encode(array: Any, as_content: bool = False) -> bytes:
    """Make a serialized `TensorProto` of an array; strings are an object array of `bytes`.

    `as_content`: write `tensor_content`, and not the typed fields.
    """
    if array.dtype == object:
        return _dtype_and_shape(STRING, array.shape) + _encoded_strings(array, as_content)
    number = _NUMBERS.get(array.dtype)
    if number is None:
        return _encode_rare(array, as_content)
    tag = CONTENT_TAG if as_content else RAW_TAGS.get(number)
    if tag is None:
        return _dtype_and_shape(number, array.shape) + _encoded_values(number, array)
    data = array.tobytes()
    if not data:
        return _dtype_and_shape(number, array.shape)
    return b"".join(
        (_dtype_and_shape(number, array.shape), bytes((tag,)), varint_bytes(len(data)), data)
    )


def _encoded_strings(array: Any, as_content: bool) -> bytes:
    from tensorflow.core.framework import tensor_pb2

    strings = array.ravel().tolist()
    if not as_content:
        return tensor_pb2.TensorProto(string_val=strings).SerializeToString()
    lengths = b"".join(varint_bytes(len(each)) for each in strings)
    return tensor_pb2.TensorProto(tensor_content=lengths + b"".join(strings)).SerializeToString()


def _encoded_values(number: int, array: Any) -> bytes:
    from tensorflow.core.framework import tensor_pb2

    _, field, stored = TYPES[number]
    values = array.ravel()
    if number == HALF:
        values = values.view("uint16")
    elif array.dtype.kind == "c":
        values = values.view(stored)
    return tensor_pb2.TensorProto(**{field: values.tolist()}).SerializeToString()


@functools.lru_cache(REMEMBERED)
def _dtype_and_shape(number: int, shape: tuple[int, ...]) -> bytes:
    from tensorflow.core.framework import tensor_pb2

    proto = tensor_pb2.TensorProto(dtype=number)
    proto.tensor_shape.SetInParent()
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto.SerializeToString()


def _encode_rare(array: Any, as_content: bool) -> bytes:
    import tensorflow as tf
    from tensorflow.core.framework import tensor_pb2

    field = "half_val" if array.dtype.name == "bfloat16" else "int_val"
    if (field == "half_val" or array.dtype.names) and not as_content:  # bfloat16, quantized
        values = array.view("uint16") if field == "half_val" else array[array.dtype.names[0]]
        opening = _dtype_and_shape(tf.as_dtype(array.dtype).as_datatype_enum, array.shape)
        return (
            opening + tensor_pb2.TensorProto(**{field: values.ravel().tolist()}).SerializeToString()
        )
    proto = tf.make_tensor_proto(array)
    if as_content and proto.dtype != STRING:
        content = tf.make_ndarray(proto).tobytes()
        proto = type(proto)(
            dtype=proto.dtype, tensor_shape=proto.tensor_shape, tensor_content=content
        )
    return proto.SerializeToString()


def varint_bytes(value: int) -> bytes:
    """Write a number as protobuf does."""
    if value < 0x80:
        return bytes((value,))
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
